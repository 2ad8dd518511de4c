import CTable
import RoutingTable
import TestSupport
import Testing

@testable import Proxy

/// What the script does, on a dictionary.
private struct Store {
    var counts: [String: Int64] = [:]

    mutating func exchange(_ request: LimitExchange.Request) -> [UInt64] {
        request.parts.map { part in
            counts[part.key] = max(0, max(counts[part.key] ?? 0, Int64(part.known)) + part.added)
            return UInt64(counts[part.key]!)
        }
    }
}

private struct Instance {
    let region: StateRegion
    let counter: LimitExchange.Counter
    var exchange: LimitExchange

    init(wallSeconds: UInt64 = 0) throws {
        region = try #require(StateRegion(rows: 1))
        let row = try #require(region.rows(of: [StateKey(raw: 8 | UInt64(RTBL_STATE_AI_RATE_LIMIT))]))[0]
        counter = LimitExchange.Counter(limit: 7, kind: .total, window: Window(UInt8(RTBL_WINDOW_MINUTE)), most: 1000, row: row)
        exchange = LimitExchange(region: region, counters: [counter], wallSeconds: wallSeconds)
    }

    func count(_ amount: UInt64, in window: UInt64 = 0) { region.takeIn(amount, counter, in: window) }
    func count(in window: UInt64 = 0) -> UInt64 { region.count(counter, in: window) }

    mutating func exchange(with store: inout Store, now: UInt64, wallSeconds: UInt64 = 0) {
        guard let request = exchange.request(now: now, wallSeconds: wallSeconds) else { return }
        exchange.take(store.exchange(request), of: request, now: now)
    }
}

@Suite("Counts that instances exchange")
struct LimitExchangeTests {
    private let second: UInt64 = 1_000_000_000

    @Test("What each has counted all know after two exchanges; if Redis loses its memory, they agree, and on nothing that was not counted", arguments: [0, 10])
    func sums(losses: Int) throws {
        let seed = Seed(of: "LimitExchangeTests.sums")
        for round in 0..<200 {
            var random = seed.generator(round: round)
            var store = Store(), instances = try (0..<3).map { _ in try Instance() }, sum: UInt64 = 0, now: UInt64 = 1
            for _ in 0..<50 {
                now += second
                let who = random.below(3), amount = UInt64(random.below(5))
                instances[who].count(amount)
                sum += amount
                if random.chance(losses) { store.counts = [:] }
                let other = random.below(3)
                // a count that comes while Redis is asked
                guard let request = instances[other].exchange.request(now: now, wallSeconds: 0) else { continue }
                let totals = store.exchange(request)
                if random.chance(30) {
                    instances[other].count(1)
                    sum += 1
                }
                instances[other].exchange.take(totals, of: request, now: now)
            }
            for _ in 0..<2 {
                for place in instances.indices {
                    now += second
                    instances[place].exchange(with: &store, now: now)
                }
            }
            let agreed = instances[0].count()
            #expect(losses == 0 ? agreed == sum : agreed <= sum && agreed > 0, "\(seed) round \(round)")
            #expect(instances.allSatisfy { $0.count() == agreed } && store.counts.values.allSatisfy { $0 == agreed }, "\(seed) round \(round)")
        }
    }

    @Test("A window that ends takes its counts along")
    func windows() throws {
        var store = Store(), one = try Instance(), two = try Instance()
        one.count(5)
        one.exchange(with: &store, now: second)
        two.exchange(with: &store, now: second)
        #expect(two.count() == 5)
        // an answer that comes in the next window changes nothing there
        one.count(1)
        let asked = one.exchange.request(now: 2 * second, wallSeconds: 59)
        let late = try #require(asked)
        one.count(3, in: 1)
        one.exchange.take(store.exchange(late).map { $0 + 10 }, of: late, now: 2 * second)
        #expect(one.count(in: 1) == 3)
        one.exchange(with: &store, now: 3 * second, wallSeconds: 60)
        two.exchange(with: &store, now: 3 * second, wallSeconds: 60)
        #expect(two.count(in: 1) == 3 && store.counts == ["rtbl:count:0000000000000007:t:0": 6, "rtbl:count:0000000000000007:t:1": 3])
    }

    @Test("What a state file brings along was told already")
    func restarted() throws {
        var store = Store(), one = try Instance()
        one.count(5)
        one.exchange(with: &store, now: second)
        one.exchange = LimitExchange(region: one.region, counters: [one.counter], wallSeconds: 0)
        one.count(1)
        one.exchange(with: &store, now: 2 * second)
        #expect(store.counts.values.first == 6 && one.count() == 6)
    }

    @Test("A limit that is not touched is asked for once a second")
    func quiet() throws {
        var store = Store(), one = try Instance()
        one.exchange(with: &store, now: 10 * second)
        #expect(one.exchange.request(now: 10 * second + second / 10, wallSeconds: 0) == nil)
        one.count(1)
        let asked = one.exchange.request(now: 10 * second + second / 10, wallSeconds: 0)
        #expect(asked?.parts.count == 1)
        one.exchange(with: &store, now: 10 * second + second / 10)
        #expect(one.exchange.request(now: 11 * second, wallSeconds: 0) == nil && one.exchange.request(now: 12 * second, wallSeconds: 0) != nil)
    }
}
