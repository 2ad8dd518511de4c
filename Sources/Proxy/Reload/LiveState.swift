import CTable
import RoutingTable

/// What outlives the tables that are served: the rows of cursors, suspensions and limits, and each thread's counts by the
/// same rows.
@safe
final class LiveState: @unchecked Sendable {
    let region: StateRegion
    // Safe: as many as there are threads that count; they live as long as this object, and so do the tables that use them.
    /// One for each worker, and behind them the control thread's, and that of the thread that shares.
    let counters: [UnsafePointer<Counters>]

    /// - Returns: nil if the system has no memory.
    init?(region: StateRegion, workers: Int) {
        self.region = region
        var counters: [UnsafePointer<Counters>] = unsafe []
        for _ in 0..<workers + 2 {
            guard let own = Counters(rows: region.capacity) else { return nil }
            let pointer = UnsafeMutablePointer<Counters>.allocate(capacity: 1)
            unsafe pointer.initialize(to: own)
            unsafe counters.append(UnsafePointer(pointer))
        }
        unsafe self.counters = counters
    }

    deinit {
        for unsafe pointer in unsafe counters {
            unsafe UnsafeMutablePointer(mutating: pointer).deinitialize(count: 1)
            unsafe pointer.deallocate()
        }
    }

    /// Of the control thread.
    var ownCounters: UnsafePointer<Counters> { unsafe counters[counters.count - 2] }
    /// Of the thread that shares.
    var sharingCounters: UnsafePointer<Counters> { unsafe counters[counters.count - 1] }

    /// A count of all threads together.
    func sum(_ count: (borrowing Counters) -> UInt64) -> UInt64 {
        unsafe counters.reduce(0) { unsafe $0 &+ count($1.pointee) }
    }

    /// Takes over what stands in the rows of a state that has become too small. Requests that still go by it count, and
    /// suspend, where nobody looks any more: that happens once in thousands of new targets.
    ///
    /// - Returns: false if the state has no room for them, or its file cannot be used.
    func takeOver(_ old: LiveState) -> Bool {
        guard let rows = region.rows(of: old.region.keys) else { return false }
        for (number, row) in rows.enumerated() {
            region.take(row, from: old.region, UInt32(number))
            for unsafe pointer in unsafe old.counters { unsafe ownCounters.pointee.take(row, from: pointer.pointee, UInt32(number)) }
        }
        unsafe ownCounters.pointee.takeUnrouted(from: old)
        return true
    }
}
