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

    /// The hash of the value by which a request keeps to one target; nil: the pool asks for none, or the request has none.
    func stickyHash(of request: RequestLine) -> UInt64? {
        guard let extras = table.extras(of: index), Int(extras.sticky) == RTBL_STICKY_HEADER else { return nil }
        let fields = request.fields
        return withExtendedLifetime(fields) { fields.header(table.string(extras.sticky_name)).map { StickyPick.hash(of: $0) } }
    }

    /// The target of request `now`; nil: none takes it. `isExhausted`: every one is suspended.
    func pick(at now: Int, stickyHash: UInt64?) -> (target: Int?, isExhausted: Bool) {
        let ends = (0..<rotation.targetCount).map { state.suspendedUntil(pool.target($0)) }
        if let number = table.pick(index, state, movesRotation: true, stickyHash: stickyHash, Active(suspended: ends.map { $0 > UInt64(now) })) { return (number, false) }
        // As the dataplane's `targetOfExhaustedPool` does.
        guard allSuspended == RTBL_ALL_SUSPENDED_LEAST_REMAINING else { return (nil, true) }
        return (ends.indices.min { ends[$0] < ends[$1] }, true)
    }
}
