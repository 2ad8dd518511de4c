import CLinux
import CTable
import Synchronization

/// Cursors and suspensions of every pool and target of one table, and the counts of its limits: the little that changes
/// while it is served. They lie in a region that outlives the table, and all workers share them through atomics. There
/// are no timers and no sweeping thread: a suspension is a deadline that each pick compares with the clock.
@safe
package struct SharedState: ~Copyable, @unchecked Sendable {
    package let region: StateRegion
    // Safe: a row of the region for each element, pools, targets, limits and APIs one behind the other; every access checks
    // its index against the counts. Freed in deinit.
    private let rows: UnsafeMutablePointer<UInt32>
    package let poolCount: Int
    package let targetCount: Int
    private let rateLimitCount: Int
    private let aiRateLimitCount: Int
    private let apiCount: Int

    /// - Returns: nil if the region has no room for what is new in the table.
    package init?(_ table: RoutingTable, in region: StateRegion) {
        var keys: [StateKey] = []
        keys.reserveCapacity(Self.rowCount(table))
        for number in table.pools.indices { keys.append(StateKey(table.pools[number], in: table)) }
        for number in table.targets.indices { keys.append(StateKey(table.targets[number])) }
        for number in table.features.rateLimits.indices { keys.append(StateKey(table.features.rateLimits[number])) }
        for number in table.features.aiRateLimits.indices { keys.append(StateKey(table.features.aiRateLimits[number])) }
        for number in table.apis.indices { keys.append(StateKey(table.apis[number], in: table)) }
        self.init(
            keys, pools: table.pools.count, targets: table.targets.count, rateLimits: table.features.rateLimits.count,
            aiRateLimits: table.features.aiRateLimits.count, apis: table.apis.count, in: region)
    }

    /// Rows that a table needs.
    package static func rowCount(_ table: RoutingTable) -> Int {
        table.pools.count + table.targets.count + table.features.rateLimits.count + table.features.aiRateLimits.count + table.apis.count
    }

    /// A state of its own: every cursor at the beginning, no target suspended.
    ///
    /// - Returns: nil if the system refuses the memory.
    package init?(pools: Int, targets: Int) {
        guard let region = StateRegion(rows: pools + targets) else { return nil }
        let keys = (0..<pools).map { StateKey(number: $0, kind: RTBL_STATE_POOL) } + (0..<targets).map { StateKey(number: $0, kind: RTBL_STATE_TARGET) }
        self.init(keys, pools: pools, targets: targets, rateLimits: 0, aiRateLimits: 0, apis: 0, in: region)
    }

    private init?(_ keys: [StateKey], pools: Int, targets: Int, rateLimits: Int, aiRateLimits: Int, apis: Int, in region: StateRegion) {
        guard let numbers = region.rows(of: keys) else { return nil }
        self.region = region
        unsafe rows = .allocate(capacity: max(1, numbers.count))
        for (i, number) in numbers.enumerated() { unsafe (rows + i).initialize(to: number) }
        (poolCount, targetCount) = (pools, targets)
        (rateLimitCount, aiRateLimitCount, apiCount) = (rateLimits, aiRateLimits, apis)
    }

    deinit { unsafe rows.deallocate() }

    // MARK: - Rows

    /// The number of a row, by which counters outlive a table too.
    @inline(__always)
    package func row(_ target: Index<rtbl_target>) -> UInt32 {
        precondition(target.number < targetCount)
        return unsafe rows[poolCount + target.number]
    }

    package func row(_ api: Index<rtbl_api>) -> UInt32 {
        precondition(api.number < apiCount)
        return unsafe rows[poolCount + targetCount + rateLimitCount + aiRateLimitCount + api.number]
    }

    package func row(_ pool: Index<rtbl_pool>) -> UInt32 {
        precondition(pool.number < poolCount)
        return unsafe rows[pool.number]
    }

    /// Those of a limit hold its counters, each an atomic.
    package func row(_ limit: Index<rtbl_rate_limit>) -> UInt32 {
        precondition(limit.number < rateLimitCount)
        return unsafe rows[poolCount + targetCount + limit.number]
    }

    package func row(_ limit: Index<rtbl_ai_rate_limit>) -> UInt32 {
        precondition(limit.number < aiRateLimitCount)
        return unsafe rows[poolCount + targetCount + rateLimitCount + limit.number]
    }

    package var hasTokenLimits: Bool { aiRateLimitCount > 0 }

    /// Field `offset` of a pool's row, as the atomic that it is.
    @inline(__always)
    private static func atomic(_ row: UnsafeMutableRawPointer, _ offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        unsafe (row + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    private func memory(_ pool: Index<rtbl_pool>) -> UnsafeMutableRawPointer { unsafe region.row(row(pool)) }

    // MARK: - Picks

    /// A request's first pick: moves the rotation.
    package func pick(_ pool: Index<rtbl_pool>, _ rotation: RotationView, _ filter: some TargetFilter) -> Int? {
        unsafe rotation.pick(Self.atomic(memory(pool), 0).pointee, filter)
    }

    /// A later attempt of the same request: a cursor of its own, so that the load of a dead target spreads by
    /// weight and the rotation of first picks stays exact.
    package func pickAgain(_ pool: Index<rtbl_pool>, _ rotation: RotationView, _ filter: some TargetFilter) -> Int? {
        unsafe rotation.pick(Self.atomic(memory(pool), 8).pointee, filter)
    }

    /// The position in the pool's cycle from which the next first pick starts.
    package func cursor(_ pool: Index<rtbl_pool>) -> UInt64 {
        unsafe Self.atomic(memory(pool), 0).pointee.load(ordering: .relaxed)
    }

    package func setCursor(_ pool: Index<rtbl_pool>, to position: UInt64) {
        unsafe Self.atomic(memory(pool), 0).pointee.store(position, ordering: .relaxed)
    }

    // MARK: - Suspensions

    /// The end of the target's suspension in nanoseconds of the boot clock; at or before now: it is active.
    @inline(__always)
    package func suspendedUntil(_ target: Index<rtbl_target>) -> UInt64 { region.suspendedUntil(row(target)) }

    /// Suspends a target, or moves the end of its suspension later; never earlier.
    @discardableResult
    package func suspend(
        _ target: Index<rtbl_target>, until: UInt64, now: UInt64, wallMillis: UInt64, reason: SuspensionReason
    ) -> SuspensionChange {
        region.suspend(row(target), until: until, now: now, wallMillis: wallMillis, reason: reason)
    }

    /// Ends a suspension at once.
    package func resume(_ target: Index<rtbl_target>) { region.resume(row(target)) }

    /// When the present suspension began, in milliseconds of the wall clock, and why.
    package func suspension(_ target: Index<rtbl_target>) -> (sinceWallMillis: UInt64, reason: SuspensionReason?) { region.suspension(row(target)) }
}
