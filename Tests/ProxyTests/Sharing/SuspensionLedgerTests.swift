import CTable
import RoutingTable
import Testing

@testable import Proxy

private let second: UInt64 = 1_000_000_000

/// One instance: a ledger, and the rows that it goes by.
private struct Instance {
    let region: StateRegion
    var ledger: SuspensionLedger
    let rows: [UInt64: UInt32]

    init(_ targets: [UInt64]) throws {
        let region = try #require(StateRegion(rows: targets.count))
        let numbers = try #require(region.rows(of: targets.map { StateKey(raw: $0 << 3 | UInt64(RTBL_STATE_TARGET)) }))
        rows = Dictionary(uniqueKeysWithValues: zip(targets, numbers))
        ledger = SuspensionLedger(region: region, rows: rows)
        self.region = region
    }

    mutating func suspend(_ target: UInt64, seconds: UInt64, now: UInt64) {
        region.suspend(rows[target]!, until: now + seconds * second, now: now, wallMillis: now / 1_000_000, reason: .quota)
        ledger.note(.init(target: target, isResumption: false), now: now)
    }

    mutating func resume(_ target: UInt64, now: UInt64) {
        region.resume(rows[target]!)
        ledger.note(.init(target: target, isResumption: true), now: now)
    }

    mutating func hear(_ isResumption: Bool, _ entries: (UInt64, UInt64)..., now: UInt64) -> [UInt32] {
        ledger.hear(
            SuspensionMessage(sender: 1, isResumption: isResumption, entries: entries.map { .init(target: $0.0, millis: $0.1) }), now: now, wallMillis: now / 1_000_000)
    }

    mutating func reconcile(_ entries: (UInt64, UInt64)..., now: UInt64) -> [UInt32] {
        ledger.reconcile(entries.map { .init(target: $0.0, millis: $0.1) }, now: now, wallMillis: now / 1_000_000)
    }

    func left(_ target: UInt64, now: UInt64) -> UInt64 {
        let until = region.suspendedUntil(rows[target]!)
        return until > now ? (until - now) / 1_000_000 : 0
    }
}

@Suite("What instances tell each other of suspensions")
struct SuspensionLedgerTests {
    private let t = 1000 * second

    @Test("A suspension is told once, with what is left of it, and again when it is prolonged")
    func telling() throws {
        var one = try Instance([1, 2])
        one.suspend(1, seconds: 30, now: t)
        #expect(one.ledger.takeSuspensions(now: t + second) == [.init(target: 1, left: 29_000, age: 1000)])
        #expect(one.ledger.takeSuspensions(now: t + second).isEmpty && one.ledger.takeResumptions(now: t).isEmpty)
        one.ledger.note(.init(target: 1, isResumption: false), now: t + second)
        #expect(!one.ledger.hasDue, "its end has not moved")
        one.suspend(1, seconds: 60, now: t + 2 * second)
        #expect(one.ledger.takeSuspensions(now: t + 2 * second) == [.init(target: 1, left: 60_000, age: 0)])
        one.ledger.note(.init(target: 77, isResumption: true), now: t)
        #expect(!one.ledger.hasDue, "of no target of the table")
    }

    @Test("What was heard is not told again, and no end travels back and forth")
    func hearing() throws {
        var one = try Instance([1, 2])
        #expect(one.hear(false, (1, 30_000), (77, 1000), now: t) == [one.rows[1]!])
        #expect(one.left(1, now: t) == 30_000 && one.region.suspension(one.rows[1]!).reason == .shared)
        #expect(one.hear(false, (1, 20_000), now: t).isEmpty && one.left(1, now: t) == 30_000)
        #expect(one.hear(false, (1, 40_000), now: t).isEmpty && one.left(1, now: t) == 40_000)
        one.ledger.note(.init(target: 1, isResumption: false), now: t)
        // it stands there a little shorter, for what is heard took its time
        #expect(one.reconcile((1, 39_000 - 10), now: t + second).isEmpty && !one.ledger.hasDue)
    }

    @Test("What was found here keeps its reason, and is told although others' end is near")
    func both() throws {
        var one = try Instance([1])
        one.suspend(1, seconds: 30, now: t)
        #expect(one.hear(false, (1, 60_000), now: t).isEmpty)
        #expect(one.region.suspension(one.rows[1]!).reason == .quota && one.left(1, now: t) == 60_000)
        #expect(!one.ledger.hasDue, "theirs is later")
        one.suspend(1, seconds: 90, now: t)
        #expect(one.ledger.takeSuspensions(now: t).map(\.left) == [90_000])
    }

    @Test("A row that a worker has just suspended is not taken for one that was heard of")
    func racing() throws {
        var one = try Instance([1])
        one.region.suspend(one.rows[1]!, until: t + 60 * second, now: t, wallMillis: 0, reason: .quota)
        _ = one.hear(false, (1, 30_000), now: t)
        one.ledger.note(.init(target: 1, isResumption: false), now: t)
        #expect(one.ledger.takeSuspensions(now: t).map(\.left) == [60_000])
    }

    @Test("A resumption ends what was found before it, and not what was found since")
    func resuming() throws {
        var one = try Instance([1, 2])
        one.suspend(1, seconds: 30, now: t)
        _ = one.hear(false, (2, 30_000), now: t)
        _ = one.ledger.takeSuspensions(now: t)
        #expect(one.hear(true, (1, 0), (2, 0), now: t + second).isEmpty)
        #expect(one.left(1, now: t + second) == 0 && one.left(2, now: t + second) == 0 && !one.ledger.hasDue)
        // one that was told late: meanwhile the target was found exhausted again
        one.suspend(1, seconds: 30, now: t + 10 * second)
        _ = one.ledger.takeSuspensions(now: t + 10 * second)
        _ = one.hear(true, (1, 5000), now: t + 12 * second)
        #expect(one.left(1, now: t + 12 * second) == 28_000)
        #expect(one.ledger.takeSuspensions(now: t + 12 * second) == [.init(target: 1, left: 28_000, age: 2000)], "and is told again")
    }

    @Test("A resumption by hand is told until it is confirmed")
    func confirming() throws {
        var one = try Instance([1])
        one.suspend(1, seconds: 30, now: t)
        one.resume(1, now: t + second)
        #expect(one.ledger.takeSuspensions(now: t + second).isEmpty)
        #expect(one.ledger.takeResumptions(now: t + second) == [.init(target: 1, left: 0, age: 0)])
        one.ledger.repeatUnconfirmed()
        #expect(one.ledger.takeResumptions(now: t + 61 * second) == [.init(target: 1, left: 0, age: 60_000)])
        // what stands there still is not taken for news
        one.ledger.willReconcile()
        #expect(one.reconcile((1, 5000), now: t + 62 * second).isEmpty && one.left(1, now: t + 62 * second) == 0)
        one.ledger.confirm(resumptions: [1], sent: t + 61 * second)
        one.ledger.repeatUnconfirmed()
        #expect(!one.ledger.hasDue)
    }

    @Test("What Redis refuses was resumed elsewhere, unless it was found again since")
    func refusing() throws {
        var one = try Instance([1, 2])
        one.suspend(1, seconds: 30, now: t)
        one.suspend(2, seconds: 30, now: t)
        _ = one.ledger.takeSuspensions(now: t + second)
        one.suspend(2, seconds: 60, now: t + 2 * second)
        one.ledger.refuse([1, 2, 77], sent: t + second)
        #expect(one.left(1, now: t) == 0 && one.left(2, now: t + 2 * second) == 60_000)
    }

    @Test("Redis has lost its memory: what was found and what was heard is told again")
    func restoring() throws {
        var one = try Instance([1, 2, 3])
        one.suspend(1, seconds: 30, now: t)
        _ = one.hear(false, (2, 30_000), (3, 500), now: t)
        _ = one.ledger.takeSuspensions(now: t)
        #expect(one.reconcile(now: t + second).isEmpty)
        #expect(Set(one.ledger.takeSuspensions(now: t + second).map(\.target)) == [1, 2], "what is over is over")
        // own ends that are later there than they are known stay as they are
        #expect(one.reconcile((1, 29_000), (2, 29_000), now: t + second).isEmpty && !one.ledger.hasDue)
        #expect(one.reconcile((1, 20_000), (2, 20_000), now: t + second).isEmpty)
        #expect(one.ledger.takeSuspensions(now: t + second).map(\.target) == [1])
    }

    @Test("Events that were lost are found again, resumptions too")
    func scanning() throws {
        var one = try Instance(Array(1...1000))
        for target in 1...600 as ClosedRange<UInt64> {
            one.region.suspend(one.rows[target]!, until: t + 30 * second, now: t, wallMillis: t / 1_000_000, reason: .quota)
        }
        one.ledger.scan(now: t + second, wallMillis: (t + second) / 1_000_000)
        var told: [SuspensionLedger.Announcement] = []
        while case let batch = one.ledger.takeSuspensions(now: t + second), !batch.isEmpty {
            #expect(batch.count <= Limits.suspensionsOfMessage)
            told += batch
        }
        #expect(Set(told.map(\.target)) == Set(1...600) && told.allSatisfy { $0.left == 29_000 && $0.age == 1000 })
        one.region.resume(one.rows[5]!)
        one.ledger.scan(now: t + 2 * second, wallMillis: 0)
        #expect(one.ledger.takeResumptions(now: t + 2 * second).map(\.target) == [5] && one.ledger.takeSuspensions(now: t).isEmpty)
    }

    @Test("Another table takes over what both have")
    func another() throws {
        var one = try Instance([1, 2])
        one.suspend(1, seconds: 30, now: t)
        one.suspend(2, seconds: 30, now: t)
        var later = SuspensionLedger(one.ledger, region: one.region, rows: [2: one.rows[2]!])
        #expect(later.takeSuspensions(now: t).map(\.target) == [2])
    }
}
