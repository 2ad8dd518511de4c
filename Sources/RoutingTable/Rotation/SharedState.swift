import CLinux
import CTable
import Synchronization

/// Cursors and suspensions of every pool and target: the little that changes while a table is served, in
/// memory of its own that all workers share through atomics. There are no timers and no sweeping thread: a
/// suspension is a deadline that each pick compares with the clock.
@safe
package struct SharedState: ~Copyable, @unchecked Sendable {
    // Safe: both arrays lie in one mapping that this value owns; every access checks its index against the
    // counts, and every field is only touched as an atomic.
    private let pools: UnsafeMutablePointer<rtbl_pool_state>
    private let targets: UnsafeMutablePointer<rtbl_target_state>
    package let poolCount: Int
    package let targetCount: Int
    private let mapping: UnsafeMutableRawPointer
    private let byteCount: Int

    /// Zeroed: every cursor at the beginning, no target suspended. Pages cost memory once they are touched.
    ///
    /// - Returns: nil if the system refuses the memory.
    package init?(pools poolCount: Int, targets targetCount: Int) {
        let poolBytes = poolCount * MemoryLayout<rtbl_pool_state>.stride
        byteCount = max(1, poolBytes + targetCount * MemoryLayout<rtbl_target_state>.stride)
        guard let mapping = unsafe cl_map_anonymous(byteCount) else { return nil }
        unsafe self.mapping = mapping
        unsafe pools = mapping.bindMemory(to: rtbl_pool_state.self, capacity: poolCount)
        unsafe targets = (mapping + poolBytes).bindMemory(to: rtbl_target_state.self, capacity: targetCount)
        self.poolCount = poolCount
        self.targetCount = targetCount
    }

    deinit { unsafe _ = cl_unmap(mapping, byteCount) }

    /// Field `offset` of a pool's or target's record, as the atomic that it is.
    @inline(__always)
    private static func atomic<Record>(_ record: UnsafeMutablePointer<Record>, _ offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        unsafe (UnsafeMutableRawPointer(record) + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    private func pool(_ index: Index<rtbl_pool>) -> UnsafeMutablePointer<rtbl_pool_state> {
        precondition(index.number < poolCount)
        return unsafe pools + index.number
    }

    private func target(_ index: Index<rtbl_target>) -> UnsafeMutablePointer<rtbl_target_state> {
        precondition(index.number < targetCount)
        return unsafe targets + index.number
    }

    // MARK: - Picks

    /// A request's first pick: moves the rotation.
    package func pick(_ pool: Index<rtbl_pool>, _ rotation: RotationView, _ filter: some TargetFilter) -> Int? {
        unsafe rotation.pick(Self.atomic(self.pool(pool), 0).pointee, filter)
    }

    /// A later attempt of the same request: a cursor of its own, so that the load of a dead target spreads by
    /// weight and the rotation of first picks stays exact.
    package func pickAgain(_ pool: Index<rtbl_pool>, _ rotation: RotationView, _ filter: some TargetFilter) -> Int? {
        unsafe rotation.pick(Self.atomic(self.pool(pool), 8).pointee, filter)
    }

    /// The position in the pool's cycle from which the next first pick starts.
    package func cursor(_ pool: Index<rtbl_pool>) -> UInt64 {
        unsafe Self.atomic(self.pool(pool), 0).pointee.load(ordering: .relaxed)
    }

    package func setCursor(_ pool: Index<rtbl_pool>, to position: UInt64) {
        unsafe Self.atomic(self.pool(pool), 0).pointee.store(position, ordering: .relaxed)
    }

    // MARK: - Suspensions

    /// The end of the target's suspension in nanoseconds of the boot clock; at or before now: it is active.
    package func suspendedUntil(_ target: Index<rtbl_target>) -> UInt64 {
        unsafe Self.atomic(self.target(target), 0).pointee.load(ordering: .relaxed)
    }

    /// Suspends a target, or moves the end of its suspension later; never earlier.
    ///
    /// - Returns: whether a suspension began, as opposed to one being prolonged.
    @discardableResult
    package func suspend(
        _ target: Index<rtbl_target>, until: UInt64, now: UInt64, wallMillis: UInt64, reason: SuspensionReason
    ) -> Bool {
        let record = unsafe self.target(target)
        var seen = unsafe Self.atomic(record, 0).pointee.load(ordering: .relaxed)
        while true {
            guard seen < until else { return false }
            let (exchanged, original) = unsafe Self.atomic(record, 0).pointee.weakCompareExchange(
                expected: seen, desired: until, ordering: .relaxed)
            if exchanged { break }
            seen = original
        }
        guard seen <= now else { return false }
        unsafe Self.atomic(record, 8).pointee.store(wallMillis, ordering: .relaxed)
        unsafe Self.atomic(record, 16).pointee.store(reason.rawValue, ordering: .relaxed)
        unsafe counter(record, reason).pointee.add(1, ordering: .relaxed)
        return true
    }

    /// Ends a suspension at once.
    package func resume(_ target: Index<rtbl_target>) {
        unsafe Self.atomic(self.target(target), 0).pointee.store(0, ordering: .relaxed)
    }

    /// When the present suspension began, in milliseconds of the wall clock, and why.
    package func suspension(_ target: Index<rtbl_target>) -> (sinceWallMillis: UInt64, reason: SuspensionReason?) {
        let record = unsafe self.target(target)
        let since = unsafe Self.atomic(record, 8).pointee.load(ordering: .relaxed)
        let reason = unsafe Self.atomic(record, 16).pointee.load(ordering: .relaxed)
        return (since, SuspensionReason(rawValue: reason))
    }

    /// Suspensions of this target that began for `reason` since the start.
    package func suspensions(_ target: Index<rtbl_target>, _ reason: SuspensionReason) -> UInt32 {
        unsafe counter(self.target(target), reason).pointee.load(ordering: .relaxed)
    }

    private func counter(_ record: UnsafeMutablePointer<rtbl_target_state>, _ reason: SuspensionReason) -> UnsafeMutablePointer<Atomic<UInt32>> {
        let offset = 32 + Int(reason.rawValue) * MemoryLayout<UInt32>.stride
        return unsafe (UnsafeMutableRawPointer(record) + offset).assumingMemoryBound(to: Atomic<UInt32>.self)
    }
}
