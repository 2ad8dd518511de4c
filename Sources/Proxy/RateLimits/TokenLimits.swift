import CLinux
import CTable
import RoutingTable
import Synchronization

/// What is known of the tokens that one answer takes, while it passes.
struct TokenMeter: BitwiseCopyable {
    /// nil: for the histograms and the access log only.
    let limit: Index<rtbl_ai_rate_limit>?
    /// Whose fields the answer has.
    let provider: Index<rtbl_provider>?
    var scanner: UsageScanner
    var bytes: UInt64 = 0
    /// Without a usage, what has passed is estimated by its bytes: of a stream, and of what is coded and cannot be read.
    let estimates: Bool
    let isReadable: Bool
}

/// AIRateLimitPolicy: requests to a Backend and the tokens that its answers took. Over a limit, the Backend's targets
/// count as suspended until the window ends.
extension Worker {
    private mutating func tokenLimit(of target: Index<rtbl_target>) -> Index<rtbl_ai_rate_limit>? {
        endpoint(of: target).tokenLimit
    }

    /// Whether the answers of this target are read for their usage, so that they must come without a content coding.
    mutating func countsTokens(_ target: Index<rtbl_target>) -> Bool {
        guard let limit = tokenLimit(of: target) else { return false }
        return unsafe configuration.pointee.snapshot.pointee.table.features.aiRateLimits[limit].token_window != 0
    }

    /// Counts one more request to the target's Backend.
    ///
    /// - Returns: false: another worker has just taken the last one of the window.
    mutating func admitAttempt(_ target: Index<rtbl_target>) -> Bool {
        guard let limit = tokenLimit(of: target) else { return true }
        let snapshot = unsafe configuration.pointee.snapshot
        let record = unsafe snapshot.pointee.table.features.aiRateLimits[limit]
        guard record.requests != RTBL_NONE else { return true }
        return unsafe snapshot.pointee.state.count(1, .requests, of: limit, most: record.requests, Window(record.request_window), isCharged: false)
    }

    /// The head of an answer is in `responseHead`: begins to read its usage, exactly where a limit depends on it, else in
    /// passing.
    mutating func beginTokenMeter(_ slot: Int, _ head: Bytes) {
        guard let target = clients[slot].target else { return }
        let limit = countsTokens(target) ? tokenLimit(of: target) : nil
        guard limit != nil || maySayUsage(slot, head) else { return }
        let table = unsafe configuration.pointee.snapshot.pointee.table
        let coding = responseHead.fields.first(.contentEncoding)
        let isReadable = coding.map { head[$0.value.indices].equalsIgnoringCase("identity") } ?? true
        let isDone = (200..<300).contains(responseHead.statusCode)
        let provider = clients[slot].pool.flatMap { table.pools[$0].providerIndex }
        var skims = false
        if limit == nil { unsafe configuration.pointee.snapshot.pointee.withUsageFields(provider) { skims = $0.commonKey != nil } }
        var meter = TokenMeter(
            limit: limit, provider: provider, scanner: UsageScanner(isEventStream: responseHead.isEventStream, skims: skims),
            estimates: limit != nil && isDone && (responseHead.isEventStream || !isReadable), isReadable: isReadable)
        unsafe configuration.pointee.snapshot.pointee.withUsageFields(meter.provider) { fields in
            guard fields.hasHeaders else { return }
            for field in 0..<3 where !fields.header(field).isEmpty {
                for i in 0..<responseHead.fields.count where head[responseHead.fields[i].name.indices].equalsIgnoringCase(fields.header(field)) {
                    let value = DecimalBytes.parseNumber(head.span, responseHead.fields[i].value)
                    if let value, value >= 0 { meter.scanner.note(field, UInt64(min(value, Double(Limits.tokensOfOneAnswer)))) }
                }
            }
        }
        meters[slot] = meter
        clients[slot].flags.insert(.isMetered)
    }

    /// Whether it is the answer of a model: JSON or events, to a request that had content.
    private mutating func maySayUsage(_ slot: Int, _ head: Bytes) -> Bool {
        guard clients[slot].bodyBytes > 0, (200..<300).contains(responseHead.statusCode) else { return false }
        return responseHead.isEventStream || responseHead.fields.first(.contentType).map { head[$0.value.indices].isJSONContentType } ?? false
    }

    /// A piece of the answer's body on its way to the client.
    mutating func meterTokens(_ slot: Int, _ body: Bytes, isLast: Bool) {
        guard clients[slot].flags.contains(.isMetered) else { return }
        meters[slot].bytes += UInt64(body.count)
        guard meters[slot].isReadable else { return }
        let provider = meters[slot].provider
        unsafe configuration.pointee.snapshot.pointee.withUsageFields(provider) { fields in meters[slot].scanner.scan(body, fields, isLast: isLast) }
    }

    /// The answer has ended, or was cut off: what it took is counted.
    mutating func settleTokens(_ slot: Int) {
        guard clients[slot].flags.contains(.isMetered) else { return }
        clients[slot].flags.remove(.isMetered)
        let meter = meters[slot]
        var counts = meter.scanner.counts
        records[slot].tokens = counts
        guard let limit = meter.limit else { return }
        if counts.isEmpty, meter.estimates {
            let estimate = (meter.bytes + Limits.bytesPerToken - 1) / Limits.bytesPerToken
            counts.completion = estimate
            counts.total = estimate
            shared.estimatedTokens.add(Int(clamping: estimate), ordering: .relaxed)
        }
        let snapshot = unsafe configuration.pointee.snapshot
        let record = unsafe snapshot.pointee.table.features.aiRateLimits[limit]
        let window = Window(record.token_window)
        func charge(_ kind: TokenKind, _ amount: UInt64, _ most: UInt32) {
            guard most != RTBL_NONE, amount > 0 else { return }
            unsafe snapshot.pointee.state.count(amount, kind, of: limit, most: most, window, isCharged: true)
        }
        charge(.prompt, counts.prompt ?? 0, record.prompt_tokens)
        charge(.completion, counts.completion ?? 0, record.completion_tokens)
        charge(.total, counts.sum, record.total_tokens)
    }

    /// Nanoseconds of the boot clock until which the target's Backend is over its limit; at or before now: it is not.
    mutating func limitedUntil(_ target: Index<rtbl_target>) -> UInt64 {
        unsafe configuration.pointee.snapshot.pointee.limitedUntil(target)
    }

    /// What the policy of the target's Backend allows of what is used up.
    mutating func limitThatIsUsedUp(_ target: Index<rtbl_target>) -> UInt32? {
        guard let limit = tokenLimit(of: target) else { return nil }
        let snapshot = unsafe configuration.pointee.snapshot
        let record = unsafe snapshot.pointee.table.features.aiRateLimits[limit]
        let most = switch unsafe snapshot.pointee.state.limitedBy(limit) {
        case .prompt: record.prompt_tokens
        case .completion: record.completion_tokens
        case .total: record.total_tokens
        case .requests: record.requests
        }
        return most == RTBL_NONE ? nil : most
    }
}

extension Limits {
    /// An answer's usage, with all details that are in use, and what OpenAI and others write behind it.
    static let usageBytesAtEnd = 512
    /// A stream that does not say what it took counts a token for each so many bytes.
    static let bytesPerToken: UInt64 = 4
    /// What one answer can say that it took: more is a mistake that must not close a Backend for longer than its window.
    static let tokensOfOneAnswer: UInt64 = 1 << 32
}
