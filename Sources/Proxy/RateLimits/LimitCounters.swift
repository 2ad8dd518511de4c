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

/// The counters of one table's RateLimitPolicies and AIRateLimitPolicies, shared by all workers.
@safe
struct LimitCounters: ~Copyable, @unchecked Sendable {
    // Safe: as many as the table has of each, four for an AIRateLimitPolicy; every access checks its index.
    private let requests: UnsafeMutablePointer<WindowCounter>
    private let requestLimits: Int
    private let tokens: UnsafeMutablePointer<WindowCounter>
    /// Of an AIRateLimitPolicy that is used up: nanoseconds of the boot clock at which its window ends, and the kind that
    /// was used up first.
    private let limitedUntil: UnsafeMutablePointer<Atomic<UInt64>>
    private let limitedBy: UnsafeMutablePointer<Atomic<UInt64>>
    private let tokenLimits: Int

    init(_ table: RoutingTable) {
        requestLimits = table.features.rateLimits.count
        tokenLimits = table.features.aiRateLimits.count
        unsafe requests = .allocate(capacity: max(1, requestLimits))
        unsafe tokens = .allocate(capacity: max(1, tokenLimits * TokenKind.allCases.count))
        unsafe limitedUntil = .allocate(capacity: max(1, tokenLimits))
        unsafe limitedBy = .allocate(capacity: max(1, tokenLimits))
        for i in 0..<requestLimits { unsafe (requests + i).initialize(to: WindowCounter()) }
        for i in 0..<tokenLimits * TokenKind.allCases.count { unsafe (tokens + i).initialize(to: WindowCounter()) }
        for i in 0..<tokenLimits {
            unsafe (limitedUntil + i).initialize(to: Atomic(0))
            unsafe (limitedBy + i).initialize(to: Atomic(0))
        }
    }

    deinit {
        unsafe requests.deallocate()
        unsafe tokens.deallocate()
        unsafe limitedUntil.deallocate()
        unsafe limitedBy.deallocate()
    }

    /// Whether any Backend of the table has an AIRateLimitPolicy: else a pick need not ask.
    var hasTokenLimits: Bool { tokenLimits > 0 }

    /// Lends the counter of a RateLimitPolicy's limit.
    func withRequests<Result>(_ limit: Int, _ body: (borrowing WindowCounter) -> Result) -> Result {
        precondition(limit < requestLimits)
        return unsafe body(requests[limit])
    }

    // MARK: - AIRateLimitPolicy

    /// The end of the window in which a limit is used up; at or before now: it is not.
    func limitedUntil(_ limit: Index<rtbl_ai_rate_limit>) -> UInt64 {
        precondition(limit.number < tokenLimits)
        return unsafe limitedUntil[limit.number].load(ordering: .relaxed)
    }

    /// What was used up.
    func limitedBy(_ limit: Index<rtbl_ai_rate_limit>) -> TokenKind {
        precondition(limit.number < tokenLimits)
        return unsafe TokenKind(rawValue: Int(limitedBy[limit.number].load(ordering: .relaxed))) ?? .total
    }

    /// Counts `amount` of a kind, and notes where that uses the limit up.
    ///
    /// - Parameters:
    ///   - most: what the policy allows in a window.
    ///   - isCharged: false: it is only counted where the limit was not used up before.
    /// - Returns: false: the limit had been used up already, and, unless `isCharged`, nothing was counted.
    @discardableResult
    func count(_ amount: UInt64, _ kind: TokenKind, of limit: Index<rtbl_ai_rate_limit>, most: UInt32, _ window: Window, isCharged: Bool) -> Bool {
        precondition(limit.number < tokenLimits)
        let seconds = cl_wall_nanos() / 1_000_000_000
        let most = UInt64(most)
        let before = unsafe tokens[limit.number * TokenKind.allCases.count + kind.rawValue].add(amount, in: window.number(seconds), below: isCharged ? .max : most)
        let after = before < most || isCharged ? before + amount : before
        if after >= most {
            unsafe limitedBy[limit.number].store(UInt64(kind.rawValue), ordering: .relaxed)
            unsafe limitedUntil[limit.number].store(cl_boot_nanos() + window.secondsLeft(seconds) * 1_000_000_000, ordering: .relaxed)
        }
        return before < most
    }
}
