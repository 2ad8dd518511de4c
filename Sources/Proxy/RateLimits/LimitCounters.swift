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
        unsafe body(region.counter(row(limit)).pointee)
    }

    // MARK: - AIRateLimitPolicy

    /// The end of the window in which a limit is used up; at or before now: it is not.
    func limitedUntil(_ limit: Index<rtbl_ai_rate_limit>) -> UInt64 { unsafe region.limitedUntilWord(row(limit)).pointee.load(ordering: .relaxed) }

    /// What was used up.
    func limitedBy(_ limit: Index<rtbl_ai_rate_limit>) -> TokenKind {
        unsafe TokenKind(rawValue: Int(clamping: region.limitedByWord(row(limit)).pointee.load(ordering: .relaxed))) ?? .total
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
        let before = unsafe region.counter(row(limit), kind).pointee.add(amount, in: window.number(seconds), below: isCharged ? .max : most)
        let after = before < most || isCharged ? before + amount : before
        if after >= most { region.noteUsedUp(row(limit), kind, window, wallSeconds: seconds) }
        return before < most
    }
}

extension StateRegion {
    // Safe: the words of a limit's row are counters and atomics, and only ever touched as those.
    @unsafe
    fileprivate func counter(_ row: UInt32, _ kind: TokenKind? = nil) -> UnsafePointer<WindowCounter> {
        unsafe UnsafePointer(self.row(row).assumingMemoryBound(to: WindowCounter.self) + (kind?.rawValue ?? 0))
    }

    @unsafe
    fileprivate func limitedUntilWord(_ row: UInt32) -> UnsafeMutablePointer<Atomic<UInt64>> {
        unsafe (self.row(row) + MemoryLayout<rtbl_ai_rate_limit_state>.offset(of: \.limited_until)!).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    @unsafe
    fileprivate func limitedByWord(_ row: UInt32) -> UnsafeMutablePointer<Atomic<UInt64>> {
        unsafe (self.row(row) + MemoryLayout<rtbl_ai_rate_limit_state>.offset(of: \.limited_by)!).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    fileprivate func noteUsedUp(_ row: UInt32, _ kind: TokenKind, _ window: Window, wallSeconds: UInt64) {
        unsafe limitedByWord(row).pointee.store(UInt64(kind.rawValue), ordering: .relaxed)
        unsafe limitedUntilWord(row).pointee.store(cl_boot_nanos() + window.secondsLeft(wallSeconds) * 1_000_000_000, ordering: .relaxed)
    }

    // MARK: - Between instances

    /// What has been counted here in a window.
    func count(_ counter: LimitExchange.Counter, in window: UInt64) -> UInt64 {
        unsafe self.counter(counter.row, counter.kind).pointee.count(in: window)
    }

    /// Adds what other instances have counted in a window, unless another one has begun here.
    func takeIn(_ amount: UInt64, _ counter: LimitExchange.Counter, in window: UInt64) {
        guard let after = unsafe self.counter(counter.row, counter.kind).pointee.takeIn(amount, in: window), let kind = counter.kind else { return }
        let seconds = cl_wall_nanos() / 1_000_000_000
        if after >= UInt64(counter.most), counter.window.number(seconds) == window { noteUsedUp(counter.row, kind, counter.window, wallSeconds: seconds) }
    }
}
