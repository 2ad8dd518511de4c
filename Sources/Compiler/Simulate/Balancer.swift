import CTable
import RoutingTable

/// The dataplane's own rotation and suspensions, with a clock that counts requests.
struct Balancer: ~Copyable {
    private let table: RoutingTable
    private let index: Index<rtbl_pool>
    private let pool: rtbl_pool
    private let rotation: RotationView
    private let state: SharedState
    private let allSuspended: Int

    /// - Returns: nil if the system refuses the memory.
    init?(_ index: Index<rtbl_pool>, in table: RoutingTable) {
        guard let state = SharedState(pools: table.pools.count, targets: table.targets.count) else { return nil }
        (self.table, self.index) = (table, index)
        self.state = state
        pool = table.pools[index]
        rotation = table.rotation(of: pool)
        allSuspended = Int(table.poolOptions[pool.optionsIndex].all_suspended)
    }

    /// Not suspended; as the dataplane's filter, less what only a running one knows (credentials, tried targets).
    private struct Active: TargetFilter {
        let suspended: [Bool]
        func isUsable(_ number: Int) -> Bool { !suspended[number] }
    }

    func suspend(_ number: Int, at now: Int, for length: Int) {
        state.suspend(pool.target(number), until: UInt64(now + length), now: UInt64(now), wallMillis: 0, reason: .manual)
    }

    /// The target of request `now`; nil: none takes it. `isExhausted`: every one is suspended.
    func pick(at now: Int) -> (target: Int?, isExhausted: Bool) {
        let ends = (0..<rotation.targetCount).map { state.suspendedUntil(pool.target($0)) }
        let tiers = (0..<rotation.targetCount).map { table.targets[pool.target($0)].tier }
        // A tier is used only while all targets of the tiers before it are suspended.
        let tier = ends.indices.filter { ends[$0] <= UInt64(now) }.map { tiers[$0] }.min()
        if let number = state.pick(index, rotation, Active(suspended: ends.indices.map { ends[$0] > UInt64(now) || tiers[$0] != tier })) { return (number, false) }
        // As the dataplane's `targetOfExhaustedPool` does.
        guard allSuspended == RTBL_ALL_SUSPENDED_LEAST_REMAINING else { return (nil, true) }
        return (ends.indices.min { ends[$0] < ends[$1] }, true)
    }
}
