import CLinux
import CTable
import RoutingTable
import Synchronization

/// What counts towards the limits of an AIRateLimitPolicy.
enum TokenKind: Int, CaseIterable {
    case prompt, completion, total
    /// No token: requests have a limit and a window of their own.
    case requests
}

/// The counters of RateLimitPolicies and AIRateLimitPolicies, shared by all workers, and by all tables that have the limit.
extension SharedState {
    /// Lends the counter of a RateLimitPolicy's limit.
    func withRequests<Result>(_ limit: Index<rtbl_rate_limit>, _ body: (borrowing WindowCounter) -> Result) -> Result {
        unsafe body(UnsafeMutableRawPointer(memory(limit)).assumingMemoryBound(to: WindowCounter.self).pointee)
    }

    // MARK: - AIRateLimitPolicy

    // Safe: `limited_until` and `limited_by` are words of the row, only ever touched as atomics.
    private func limitedUntilWord(_ limit: Index<rtbl_ai_rate_limit>) -> UnsafeMutablePointer<Atomic<UInt64>> {
        unsafe (UnsafeMutableRawPointer(memory(limit)) + MemoryLayout<rtbl_ai_rate_limit_state>.offset(of: \.limited_until)!).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    private func limitedByWord(_ limit: Index<rtbl_ai_rate_limit>) -> UnsafeMutablePointer<Atomic<UInt64>> {
        unsafe (UnsafeMutableRawPointer(memory(limit)) + MemoryLayout<rtbl_ai_rate_limit_state>.offset(of: \.limited_by)!).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// The end of the window in which a limit is used up; at or before now: it is not.
    func limitedUntil(_ limit: Index<rtbl_ai_rate_limit>) -> UInt64 { unsafe limitedUntilWord(limit).pointee.load(ordering: .relaxed) }

    /// What was used up.
    func limitedBy(_ limit: Index<rtbl_ai_rate_limit>) -> TokenKind {
        unsafe TokenKind(rawValue: Int(clamping: limitedByWord(limit).pointee.load(ordering: .relaxed))) ?? .total
    }

    /// Counts `amount` of a kind, and notes where that uses the limit up.
    ///
    /// - Parameters:
    ///   - most: what the policy allows in a window.
    ///   - isCharged: false: it is only counted where the limit was not used up before.
    /// - Returns: false: the limit had been used up already, and, unless `isCharged`, nothing was counted.
    @discardableResult
    func count(_ amount: UInt64, _ kind: TokenKind, of limit: Index<rtbl_ai_rate_limit>, most: UInt32, _ window: Window, isCharged: Bool) -> Bool {
        let seconds = cl_wall_nanos() / 1_000_000_000
        let most = UInt64(most)
        let counters = unsafe UnsafeMutableRawPointer(memory(limit)).assumingMemoryBound(to: WindowCounter.self)
        let before = unsafe counters[kind.rawValue].add(amount, in: window.number(seconds), below: isCharged ? .max : most)
        let after = before < most || isCharged ? before + amount : before
        if after >= most {
            unsafe limitedByWord(limit).pointee.store(UInt64(kind.rawValue), ordering: .relaxed)
            unsafe limitedUntilWord(limit).pointee.store(cl_boot_nanos() + window.secondsLeft(seconds) * 1_000_000_000, ordering: .relaxed)
        }
        return before < most
    }
}
