import CTable
import RoutingTable
import TestSupport
import Testing
@testable import Compiler

@Suite("A pool's choice")
struct PoolPickTests {
    /// Makes picks in a pool with these weights and tiers.
    private func withPool<Result>(_ weights: [Int], tiers: [Int] = [], _ body: (RoutingTable, borrowing SharedState) throws -> Result) throws -> Result {
        var ir = IR()
        ir.backends = [Fixtures.backend("b")]
        var targets = Fixtures.targets(weights, backend: "b")
        for (number, tier) in tiers.enumerated() { targets[number].tier = tier }
        ir.apis = [Fixtures.api("a", pools: [Fixtures.models(targets)], rules: [])]
        return try withTable(ir) { table in
            guard let state = SharedState(pools: 1, targets: weights.count) else { throw StateHolder.NoMemory() }
            return try body(table, state)
        }
    }

    private func picks(
        _ count: Int, _ table: RoutingTable, _ state: borrowing SharedState, without suspended: Set<Int> = [], isFirst: Bool = true
    ) -> [Int?] {
        var made: [Int?] = []
        for _ in 0..<count { made.append(table.pick(.first, state, movesRotation: isFirst, stickyHash: nil, Suspended(suspended))) }
        return made
    }

    @Test("Without tiers it is the rotation")
    func plain() throws {
        let made = try withPool([5, 1, 1]) { picks(7, $0, $1) }
        #expect(made == [0, 0, 1, 0, 2, 0, 0])
    }

    @Test("A tier is used only while no target of those before it may be")
    func tiers() throws {
        try withPool([2, 1, 1, 3, 1], tiers: [0, 0, 1, 1, 2]) { table, state in
            #expect(Set(picks(30, table, state)) == [0, 1])
            #expect(Set(picks(30, table, state, without: [0])) == [1])
            let second = picks(8, table, state, without: [0, 1])
            #expect(second.filter { $0 == 3 }.count == 6 && second.filter { $0 == 2 }.count == 2)
            #expect(Set(picks(5, table, state, without: [0, 1, 2, 3])) == [4])
            #expect(picks(1, table, state, without: [0, 1, 2, 3, 4]) == [nil])
            // a target of the first tier that returns takes all again, by its weight
            let back = picks(6, table, state)
            #expect(back.filter { $0 == 0 }.count == 4 && back.filter { $0 == 1 }.count == 2)
            #expect(Set(picks(6, table, state, without: [0], isFirst: false)) == [1])
        }
    }

    private func hash(_ number: Int) -> UInt64 {
        let text = Array("user-\(number)".utf8)
        return unsafe text.withUnsafeBytes { StickyPick.hash(of: unsafe Bytes($0)) }
    }

    private func stuck(_ values: Int, _ table: RoutingTable, _ state: borrowing SharedState, without suspended: Set<Int> = []) -> [Int?] {
        var made: [Int?] = []
        for number in 0..<values { made.append(table.pick(.first, state, movesRotation: true, stickyHash: hash(number), Suspended(suspended))) }
        return made
    }

    @Test("The same value goes to the same target, and the shares of many follow the weights", arguments: [[1], [1, 1], [5, 1, 1], [7, 3, 2, 1], [60, 30, 9, 1]])
    func shares(weights: [Int]) throws {
        try withPool(weights) { table, state in
            let values = 20_000
            let first = stuck(values, table, state)
            #expect(stuck(values, table, state) == first)
            for number in weights.indices {
                let expected = Double(weights[number]) / Double(weights.reduce(0, +))
                let share = Double(first.filter { $0 == number }.count) / Double(values)
                // five standard deviations of a binomial share
                #expect(abs(share - expected) <= 5 * (expected * (1 - expected) / Double(values)).squareRoot(), "target \(number)")
            }
        }
    }

    @Test("When a target goes, only its values move, and they spread by weight; when it returns, they return")
    func suspension() throws {
        try withPool([5, 1, 3]) { table, state in
            let values = 20_000
            let before = stuck(values, table, state)
            let during = stuck(values, table, state, without: [0])
            var moved = [0, 0, 0]
            for (old, new) in zip(before, during) {
                if old == 0 { moved[new!] += 1 } else { #expect(old == new) }
            }
            #expect(moved[0] == 0 && abs(Double(moved[2]) / Double(moved[1] + moved[2]) - 0.75) < 0.03)
            #expect(stuck(values, table, state) == before)
            #expect(stuck(3, table, state, without: [0, 1, 2]) == [nil, nil, nil])
        }
    }

    @Test("A sticky value keeps to the tier that is in use, and takes no turn of the rotation")
    func stickyInTiers() throws {
        try withPool([1, 1, 1, 1], tiers: [0, 0, 1, 1]) { table, state in
            #expect(Set(stuck(200, table, state)) == [0, 1])
            #expect(Set(stuck(200, table, state, without: [0, 1])) == [2, 3])
            #expect(state.cursor(.first) == 0)
        }
    }
}
