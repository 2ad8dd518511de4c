import CLinux
import CTable
import RoutingTable

/// `retry` of a Backend: after one of the statuses that it lists, the same request goes to the same Backend again, a
/// little later. All attempts at a request count together, so a retry takes one that a failover could have had.
extension Worker {
    /// How long to wait before the target that has just answered is asked again; nil: it is not.
    mutating func retryWait(_ slot: Int) -> UInt64? {
        guard let target = clients[slot].target, let retry = retryPolicy(of: target), clients[slot].retries < retry.count,
            mayTryAgain(slot), lists(retry, status: responseHead.statusCode)
        else { return nil }
        let snapshot = unsafe configuration.pointee.snapshot
        // What this answer has suspended takes no more for now.
        guard unsafe snapshot.pointee.state.suspendedUntil(target) <= cl_boot_nanos(), enterRetry(slot, endpoint(of: target)) else { return nil }
        return RetryBackOff.millis(base: retry.base_interval_millis, retries: clients[slot].retries)
    }

    private mutating func retryPolicy(of target: Index<rtbl_target>) -> rtbl_retry? {
        let table = unsafe configuration.pointee.snapshot.pointee.table
        guard table.features.retries.count > 0 else { return nil }
        return table.extras(of: table.targets[target].backendIndex)?.retryIndex.map { table.features.retries[$0] }
    }

    private mutating func lists(_ retry: rtbl_retry, status: UInt16) -> Bool {
        let table = unsafe configuration.pointee.snapshot.pointee.table
        for number in retry.statuses where table.features.numberLists[number] == UInt32(status) { return true }
        return false
    }

    /// The answer is held: waits, without holding anything up.
    mutating func backOff(_ slot: Int, millis: UInt64) {
        clients[slot].state = .backingOff
        leaveBackend(slot)
        clients[slot].attemptDeadline = .max
        setClientTimer(slot, millis: limited(slot, millis))
    }

    mutating func retry(_ slot: Int) {
        guard let target = clients[slot].target, let poolIndex = clients[slot].pool else { preconditionFailure("only an attempt is repeated") }
        let pool = unsafe configuration.pointee.snapshot.pointee.table.pools[poolIndex]
        guard admitAttempt(target) else { // its AIRateLimitPolicy counts repeats too
            passOnHeldAnswer(slot)
            return
        }
        noteAttempt(slot, target.number - Int(pool.first_target))
        clients[slot].retries += 1
        unsafe counters.pointee.countRetry(row(target))
        reach(slot, target)
    }
}

/// The time before a repeat: the base after the first failure, twice as long after each further one, at most ten times.
enum RetryBackOff {
    static func millis(base: UInt32, retries: UInt32) -> UInt64 {
        min(UInt64(base) << UInt64(min(retries, 4)), UInt64(base) * 10)
    }
}
