import TestSupport
import CTable
import RoutingTable
import Synchronization
@testable import Compiler

/// Lends the rotation of a pool with these weights, as a table has it.
func withRotation<Result>(_ weights: [Int], _ body: (RotationView) throws -> Result) throws -> Result {
    var ir = IR()
    ir.backends = [Fixtures.backend("b")]
    ir.apis = [Fixtures.api("a", pools: [Fixtures.models(Fixtures.targets(weights, backend: "b"))], rules: [])]
    return try withTable(ir) { table in try body(table.rotation(of: table.pools[0])) }
}

/// A cursor that expectations can name.
final class Cursor: Sendable {
    private let atomic: Atomic<UInt64>
    init(_ position: UInt64 = 0) { atomic = Atomic(position) }

    var position: Int { Int(atomic.load(ordering: .relaxed)) }

    func pick(_ rotation: RotationView, _ filter: some TargetFilter) -> Int? { rotation.pick(atomic, filter) }

    /// The next `count` picks.
    func picks(_ count: Int, of rotation: RotationView, without suspended: Set<Int> = []) -> [Int] {
        let filter = Suspended(suspended)
        return (0..<count).compactMap { _ in pick(rotation, filter) }
    }
}

/// Random weights without a common divisor, so that the cycle is as long as their sum.
func weights(_ count: ClosedRange<Int>, upTo most: Int, _ random: inout SplitMix64) -> [Int] {
    let weights = (0..<Int.random(in: count, using: &random)).map { _ in Int.random(in: 1...most, using: &random) }
    return weights.contains(1) ? weights : weights + [1]
}

extension Index<rtbl_pool> {
    /// The only pool, or the first.
    static var first: Self { Index(unchecked: 0) }
}

/// A state that tests and their threads can capture and name in expectations, which want what can be copied.
final class StateHolder: Sendable {
    struct NoMemory: Error {}
    private let state: SharedState

    init(pools: Int = 1, targets: Int) throws {
        guard let state = SharedState(pools: pools, targets: targets) else { throw NoMemory() }
        self.state = state
    }

    func pick(_ rotation: RotationView, without tried: Set<Int> = []) -> Int? { state.pick(.first, rotation, Suspended(tried)) }
    func pickAgain(_ rotation: RotationView, without tried: Set<Int> = []) -> Int? { state.pickAgain(.first, rotation, Suspended(tried)) }
    func cursor(_ pool: Index<rtbl_pool> = .first) -> UInt64 { state.cursor(pool) }
    func setCursor(to position: UInt64) { state.setCursor(.first, to: position) }

    @discardableResult
    func suspend(_ target: UInt32, until: UInt64, now: UInt64, wallMillis: UInt64 = 0, _ reason: SuspensionReason) -> Bool {
        state.suspend(Index(unchecked: target), until: until, now: now, wallMillis: wallMillis, reason: reason) == .begun
    }

    func resume(_ target: UInt32) { state.resume(Index(unchecked: target)) }
    func until(_ target: UInt32) -> UInt64 { state.suspendedUntil(Index(unchecked: target)) }
    func since(_ target: UInt32) -> UInt64 { state.suspension(Index(unchecked: target)).sinceWallMillis }
    func reason(_ target: UInt32) -> SuspensionReason? { state.suspension(Index(unchecked: target)).reason }
}
