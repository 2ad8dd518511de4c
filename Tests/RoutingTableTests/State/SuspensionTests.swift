import CTable
import Foundation
import RoutingTable
import Synchronization
import Testing

@Suite("Suspensions")
struct SuspensionTests {
    @Test("Nobody is suspended at first, and there may be nobody at all")
    func fresh() throws {
        let state = try StateHolder(pools: 2, targets: 3)
        for number in 0..<3 as Range<UInt32> {
            #expect(state.until(number) == 0)
            #expect(state.reason(number) == nil)
        }
        _ = try StateHolder(pools: 0, targets: 0)
    }

    @Test("A suspension begins with its time and reason; its neighbours are untouched")
    func begins() throws {
        let state = try StateHolder(targets: 3)
        #expect(state.suspend(1, until: 100, now: 10, wallMillis: 7, .quota))
        #expect(state.until(1) == 100)
        #expect(state.since(1) == 7 && state.reason(1) == .quota)
        for number in [0, 2] as [UInt32] {
            #expect(state.until(number) == 0)
        }
    }

    @Test("The end only moves later; a suspension that is prolonged keeps its beginning and reason")
    func onlyLater() throws {
        let state = try StateHolder(targets: 1)
        let target: UInt32 = 0
        #expect(state.suspend(target, until: 100, now: 10, wallMillis: 7, .quota))
        #expect(!state.suspend(target, until: 90, now: 20, wallMillis: 8, .connect))
        #expect(!state.suspend(target, until: 100, now: 20, wallMillis: 8, .connect))
        #expect(state.until(target) == 100)
        #expect(!state.suspend(target, until: 200, now: 20, wallMillis: 9, .connect))
        #expect(state.until(target) == 200)
        // Nor does one that is over begin anew.
        #expect(!state.suspend(target, until: 200, now: 300, wallMillis: 9, .connect))
        #expect(state.since(target) == 7 && state.reason(target) == .quota)
    }

    @Test("After its end, and after a resume, another one begins")
    func beginsAgain() throws {
        let state = try StateHolder(targets: 1)
        let target: UInt32 = 0
        state.suspend(target, until: 100, now: 10, wallMillis: 7, .quota)
        #expect(state.suspend(target, until: 300, now: 100, wallMillis: 8, .timeout))
        #expect(state.since(target) == 8 && state.reason(target) == .timeout)
        state.resume(target)
        #expect(state.until(target) == 0)
        #expect(state.suspend(target, until: 250, now: 110, wallMillis: 9, .timeout))
        #expect(state.until(target) == 250)
        #expect(state.since(target) == 9 && state.reason(target) == .timeout)
    }

    @Test("Every reason has its own name")
    func reasons() throws {
        let state = try StateHolder(targets: 1)
        for reason in SuspensionReason.allCases {
            #expect(state.suspend(0, until: 2, now: 1, reason))
            #expect(state.reason(0) == reason)
            state.resume(0)
        }
        #expect(Set(SuspensionReason.allCases.map(\.name)).count == SuspensionReason.allCases.count)
    }

    private final class Count: Sendable { let begun = Atomic<Int>(0) }

    @Test("Eight threads that see the same failure begin one suspension, and the latest end stands")
    func race() throws {
        for _ in 0..<50 {
            let holder = try StateHolder(targets: 1), count = Count()
            let done = DispatchGroup()
            for thread in 0..<8 as Range<UInt64> {
                done.enter()
                Thread.detachNewThread {
                    for step in 0..<100 as Range<UInt64> {
                        let until = 1000 + (step * 8 + thread) * 31 % 800
                        if holder.suspend(0, until: until, now: 10, wallMillis: 1, .serverError) {
                            count.begun.add(1, ordering: .relaxed)
                        }
                    }
                    done.leave()
                }
            }
            done.wait()
            #expect(count.begun.load(ordering: .relaxed) == 1)
            #expect(holder.until(0) == 1799)
        }
    }
}
