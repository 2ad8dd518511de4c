import CTable
import Foundation
import RoutingTable
import Synchronization
import Testing
@testable import Compiler

/// Many threads on one state: no turn is lost, none given out twice.
@Suite("Shared rotation")
struct SharedCycleTests {
    private static let threads = 8

    /// A rotation for threads; the table that it is of outlives them.
    private struct Shared: @unchecked Sendable { let rotation: RotationView }

    private final class Counts: Sendable {
        let counts: Mutex<[Int]>
        init(targets: Int) { counts = Mutex([Int](repeating: 0, count: targets)) }
    }

    /// How often each target was picked when all threads pick `each` times.
    private static func pick(_ weights: [Int], each: Int, again: Bool = false, without suspended: Set<Int> = []) throws -> [Int] {
        try withRotation(weights) { rotation in
            let holder = try StateHolder(targets: weights.count)
            let all = Counts(targets: weights.count)
            let shared = Shared(rotation: rotation)
            let done = DispatchGroup()
            for _ in 0..<threads {
                done.enter()
                Thread.detachNewThread {
                    var counts = [Int](repeating: 0, count: weights.count)
                    for _ in 0..<each {
                        let target = again ? holder.pickAgain(shared.rotation, without: suspended) : holder.pick(shared.rotation, without: suspended)
                        if let target { counts[target] += 1 }
                    }
                    all.counts.withLock { for i in counts.indices { $0[i] += counts[i] } }
                    done.leave()
                }
            }
            done.wait()
            return all.counts.withLock { $0 }
        }
    }

    @Test("Eight threads share the cycle exactly", arguments: [[5, 1, 1], [1, 1], [7, 3, 2, 1], [1], [100, 1]])
    func exact(weights: [Int]) throws {
        let cycle = weights.reduce(0, +)
        let cycles = 20_000 / cycle
        // Every thread picks whole cycles, so that together they do.
        #expect(try Self.pick(weights, each: cycles * cycle) == weights.map { $0 * cycles * Self.threads })
    }

    @Test("Eight threads share what is left of the cycle exactly")
    func suspended() throws {
        #expect(try Self.pick([5, 3, 2], each: 8000, without: [2]) == [5 * 8000, 3 * 8000, 0])
        #expect(try Self.pick([5, 3, 2], each: 7000, without: [1]) == [5 * 8000, 0, 2 * 8000])
        #expect(try Self.pick([2, 1], each: 1000, without: [0, 1]) == [0, 0])
    }

    @Test("Later attempts share their own cycle exactly")
    func again() throws {
        #expect(try Self.pick([5, 3, 2], each: 8000, again: true, without: [2]) == [5 * 8000, 3 * 8000, 0])
    }

    @Test("Later attempts spread by weight, skip what was tried, and leave the rotation of first picks alone")
    func independent() throws {
        try withRotation([5, 3, 2]) { rotation in
            let state = try StateHolder(pools: 2, targets: 3)
            let expected = (0..<10).map { rotation.target(at: $0) }
            var later: [Int] = []
            for round in 0..<160 {
                #expect(state.pick(rotation) == expected[round % 10])
                later += [state.pickAgain(rotation, without: [0])].compactMap { $0 }
            }
            // 160 picks are 32 times what is left of the cycle, 3 + 2.
            #expect(later.count { $0 == 1 } == 96 && later.count { $0 == 2 } == 64)
            #expect(state.pickAgain(rotation, without: [0, 1, 2]) == nil)
            // Nor has the other pool moved.
            #expect(state.cursor(Index(unchecked: 1)) == 0)
        }
    }

    @Test("The cursor is a position, can be carried over, and survives another cycle's length")
    func cursor() throws {
        let state = try StateHolder(targets: 3)
        #expect(state.cursor() == 0)
        try withRotation([5, 1, 1]) { rotation in
            for _ in 0..<9 { _ = state.pick(rotation) }
            #expect(state.cursor() == 2)
            state.setCursor(to: 4)
            #expect(state.pick(rotation) == 2)
        }
        state.setCursor(to: 6)
        try withRotation([1, 1]) { rotation in
            #expect((0..<4).map { _ in state.pick(rotation) } == [0, 1, 0, 1])
        }
    }
}
