import CLinux
import CTable
import RoutingTable

/// What an answer says about its target's quota, and what follows from it.
extension Worker {
    /// The bit of a status in a pool's options; nil: nothing ever depends on it.
    mutating func eventBit(of status: UInt16) -> UInt32? {
        switch status {
        case 408: UInt32(RTBL_ON_408)
        case 429: UInt32(RTBL_ON_429)
        case 500: UInt32(RTBL_ON_500)
        case 502: UInt32(RTBL_ON_502)
        case 503: UInt32(RTBL_ON_503)
        case 504: UInt32(RTBL_ON_504)
        case 529: UInt32(RTBL_ON_529)
        default: nil
        }
    }

    /// Counts the answer in `responseHead` (its bytes in the piece) and suspends the target that was picked where the
    /// answer says that its quota is exhausted.
    mutating func noteAnswer(_ slot: Int) {
        guard let target = clients[slot].target, let poolIndex = clients[slot].pool else { return }
        let status = responseHead.statusCode
        let result: AttemptResult = status == 429 ? .quota : status == 503 || status == 529 ? .unavailable : .answered
        unsafe counters.pointee.countAttempt(row(target), result)
        let table = unsafe configuration.pointee.snapshot.pointee.table
        let pool = table.pools[poolIndex]
        let options = table.poolOptions[pool.optionsIndex]
        guard Int(pool.kind) == RTBL_POOL_MODELS, options.suspend_seconds > 0 else { return }
        let head = scratch.piece.bytes
        let quota = QuotaSignals(responseHead, head)
        guard let reason = reason(status, quota, options) else { return }
        var millis = UInt64(options.suspend_seconds) * 1000
        if Int(options.suspend_for) == RTBL_SUSPEND_FOR_RESET {
            millis = quota.resetMillis(responseHead, head, wallMillis: cl_wall_nanos() / 1_000_000) ?? millis
        }
        if Int(options.retry_after) == RTBL_RETRY_AFTER_EXTEND {
            millis = max(millis, quota.retryAfterMillis(responseHead, head, wallSeconds: Int64(cl_wall_nanos() / 1_000_000_000)))
        }
        suspend(slot, target, millis: millis, reason)
    }

    private mutating func reason(_ status: UInt16, _ quota: QuotaSignals, _ options: rtbl_pool_options) -> SuspensionReason? {
        let event = eventBit(of: status) ?? 0
        if status == 429 {
            guard options.suspend_on & event != 0 else { return nil }
            // There is quota left: this request alone did not fit.
            return quota.hasRetryAfter || !quota.saysEnoughIsLeft ? .quota : nil
        }
        if options.suspend_on & event != 0 { return .serverError }
        return options.suspend_on & UInt32(RTBL_ON_REMAINING) != 0 && quota.isExhausted ? .remaining : nil
    }

    /// A target that could not be reached or did not answer is suspended only where the policy asks for it.
    mutating func suspendOnFailure(_ slot: Int, _ failure: AttemptFailure) {
        guard failure != .overflow, failure != .credential, let target = clients[slot].target, let poolIndex = clients[slot].pool else { return }
        let table = unsafe configuration.pointee.snapshot.pointee.table
        let pool = table.pools[poolIndex]
        let options = table.poolOptions[pool.optionsIndex]
        let event = UInt32(failure == .timeout ? RTBL_ON_TIMEOUT : RTBL_ON_CONNECT)
        guard Int(pool.kind) == RTBL_POOL_MODELS, options.suspend_seconds > 0, options.suspend_on & event != 0 else { return }
        suspend(slot, target, millis: UInt64(options.suspend_seconds) * 1000, failure == .timeout ? .timeout : .connect)
    }

    private mutating func suspend(_ slot: Int, _ target: Index<rtbl_target>, millis: UInt64, _ reason: SuspensionReason) {
        let present = cl_boot_nanos() // the turn's clock may be behind: a suspension must not end early
        let (end, overflow) = present.addingReportingOverflow(millis.multipliedReportingOverflow(by: 1_000_000).partialValue)
        let change = unsafe configuration.pointee.snapshot.pointee.state.suspend(
            target, until: overflow ? .max : end, now: present, wallMillis: cl_wall_nanos() / 1_000_000, reason: reason)
        if change == .begun {
            unsafe counters.pointee.countSuspension(row(target), reason)
            records[slot].suspension = UInt8(reason.rawValue)
        }
        if change != .none { unsafe shared.sharing?.noteSuspension(configuration.pointee.snapshot.pointee.table.targets[target].identity) }
    }
}

/// The fields of an answer that speak of quotas.
package struct QuotaSignals {
    /// A remaining quota is at or below 0, and its limit is not.
    package private(set) var isExhausted = false
    /// Both the remaining requests and the remaining tokens are there and above 0.
    package var saysEnoughIsLeft: Bool { remainingRequests ?? 0 > 0 && remainingTokens ?? 0 > 0 }
    package private(set) var hasRetryAfter = false
    private var remainingRequests: Double?
    private var remainingTokens: Double?

    package init(_ head: borrowing ResponseHead, _ bytes: Bytes) {
        for i in 0..<head.fields.count {
            let field = head.fields[i]
            switch field.id {
            case .retryAfter, .retryAfterMs: hasRetryAfter = true
            case .xRatelimitRemaining, .xRatelimitRemainingRequests, .xRatelimitRemainingTokens, .anthropicRatelimitRemaining:
                noteRemaining(field, head, bytes)
            default: break
            }
        }
    }

    private mutating func noteRemaining(_ field: HeaderField, _ head: borrowing ResponseHead, _ bytes: Bytes) {
        guard let value = DecimalBytes.parseNumber(bytes.span, field.value) else { return }
        if field.id == .xRatelimitRemainingRequests || bytes[field.anthropicDimension.indices].equalsIgnoringCase("requests") { remainingRequests = value }
        if field.id == .xRatelimitRemainingTokens || bytes[field.anthropicDimension.indices].equalsIgnoringCase("tokens") { remainingTokens = value }
        if value <= 0, !isNotMetered(field, head, bytes) { isExhausted = true }
    }

    /// Azure sends a limit of 0 or -1 with a remaining of 0 or -1 where it does not count.
    private func isNotMetered(_ remaining: HeaderField, _ head: borrowing ResponseHead, _ bytes: Bytes) -> Bool {
        let wanted: HeaderName = switch remaining.id {
        case .xRatelimitRemaining: .xRatelimitLimit
        case .xRatelimitRemainingRequests: .xRatelimitLimitRequests
        case .xRatelimitRemainingTokens: .xRatelimitLimitTokens
        default: .anthropicRatelimitLimit
        }
        return isAtMostZero(wanted, beside: remaining, head, bytes)
    }

    /// Whether a field `wanted` of the same dimension as `field` holds a number at or below 0.
    private func isAtMostZero(_ wanted: HeaderName, beside field: HeaderField, _ head: borrowing ResponseHead, _ bytes: Bytes) -> Bool {
        let dimension = bytes[field.anthropicDimension.indices]
        for i in 0..<head.fields.count where head.fields[i].id == wanted {
            let other = head.fields[i]
            guard bytes[other.anthropicDimension.indices].equalsIgnoringCase(dimension) else { continue }
            if let value = DecimalBytes.parseNumber(bytes.span, other.value), value <= 0 { return true }
        }
        return false
    }

    /// When the provider says that the quota is full again: of those that are exhausted, if it says which, else of all
    /// that it names, the latest. nil: it does not say.
    package func resetMillis(_ head: borrowing ResponseHead, _ bytes: Bytes, wallMillis: UInt64) -> UInt64? {
        var latest: UInt64?
        var latestOfExhausted: UInt64?
        for i in 0..<head.fields.count {
            let field = head.fields[i]
            switch field.id {
            case .xRatelimitReset, .xRatelimitResetRequests, .xRatelimitResetTokens, .anthropicRatelimitReset: break
            default: continue
            }
            guard let millis = QuotaReset.millis(bytes[field.value.indices], wallMillis: wallMillis) else { continue }
            latest = max(latest ?? 0, millis)
            if isRemainingExhausted(of: field, head, bytes) { latestOfExhausted = max(latestOfExhausted ?? 0, millis) }
        }
        return latestOfExhausted ?? latest
    }

    /// Whether the remaining quota that a reset belongs to is at or below 0.
    private func isRemainingExhausted(of reset: HeaderField, _ head: borrowing ResponseHead, _ bytes: Bytes) -> Bool {
        let wanted: HeaderName = switch reset.id {
        case .xRatelimitReset: .xRatelimitRemaining
        case .xRatelimitResetRequests: .xRatelimitRemainingRequests
        case .xRatelimitResetTokens: .xRatelimitRemainingTokens
        default: .anthropicRatelimitRemaining
        }
        return isAtMostZero(wanted, beside: reset, head, bytes)
    }

    /// How long the provider asks to wait: `Retry-After` in seconds or as a date, `retry-after-ms`, the longest; at
    /// most an hour. 0: it does not, or not in a form that can be read.
    package func retryAfterMillis(_ head: borrowing ResponseHead, _ bytes: Bytes, wallSeconds: Int64) -> UInt64 {
        guard hasRetryAfter else { return 0 }
        var longest: UInt64 = 0
        for i in 0..<head.fields.count {
            let field = head.fields[i]
            let limit = Double(Limits.retryAfterMillis)
            if field.id == .retryAfterMs, let millis = DecimalBytes.parseNumber(bytes.span, field.value) {
                longest = max(longest, UInt64(min(max(0, millis), limit).rounded(.up)))
            } else if field.id == .retryAfter {
                if let seconds = DecimalBytes.parseNumber(bytes.span, field.value) {
                    longest = max(longest, UInt64(min(max(0, seconds * 1000), limit).rounded(.up)))
                } else if let date = HTTPDate.parse(bytes.span, field.value, now: wallSeconds), date > wallSeconds {
                    longest = max(longest, min(UInt64(date - wallSeconds) * 1000, Limits.retryAfterMillis))
                }
            }
        }
        return longest
    }
}

extension Limits {
    /// What a provider's wish to wait counts for at most.
    package static let retryAfterMillis: UInt64 = 3_600_000
    /// Pieces that are passed on for one backend connection before others get their turn.
    static let piecesPerTurn = 16
    /// Draining: an idle client connection is closed after so long.
    static let drainIdleMillis: UInt64 = 5000
}
