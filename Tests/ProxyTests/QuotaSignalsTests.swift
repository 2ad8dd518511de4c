import RoutingTable
import TestSupport
import Testing

@testable import Proxy

/// What an answer's fields say about a quota (PRODUCT, "A request", 7).
@Suite struct QuotaSignalsTests {
    private struct Signals {
        var isExhausted = false, saysEnoughIsLeft = false, hasRetryAfter = false
        var retryAfterMillis: UInt64 = 0

        init(_ lines: [String], wallSeconds: Int64 = 0) {
            let bytes = Array(("HTTP/1.1 429 x\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n").utf8)
            var head = ResponseHead()
            var progress = HeadProgress()
            guard case .done = head.parse(bytes.span.raw, requestMethod: .post, progress: &progress) else {
                Issue.record("not a head: \(lines)")
                return
            }
            unsafe bytes.withUnsafeBytes { raw in
                let view = unsafe Bytes(raw)
                let signals = QuotaSignals(head, view)
                isExhausted = signals.isExhausted
                saysEnoughIsLeft = signals.saysEnoughIsLeft
                hasRetryAfter = signals.hasRetryAfter
                retryAfterMillis = signals.retryAfterMillis(head, view, wallSeconds: wallSeconds)
            }
        }
    }

    @Test(arguments: [
        ([], false),
        (["x-ratelimit-remaining: 0"], true), (["X-RateLimit-Remaining-Requests: -1"], true), (["x-ratelimit-remaining-tokens:  0 "], true),
        (["x-ratelimit-remaining: 1"], false), (["x-ratelimit-remaining: 0.5"], false), (["x-ratelimit-remaining: -0"], true),
        (["x-ratelimit-remaining: "], false), (["x-ratelimit-remaining: none"], false), (["x-ratelimit-remaining: 0 left"], false),
        (["x-ratelimit-remaining: 1", "x-ratelimit-remaining: 0"], true), (["x-ratelimit-remaining: 0, 5"], false),
        (["x-ratelimit-remaining-images: 0"], false), (["ratelimit-remaining: 0"], false),
        (["anthropic-ratelimit-requests-remaining: 0"], true), (["anthropic-ratelimit-input-tokens-remaining: 0"], true),
        (["anthropic-ratelimit-input-tokens-remaining: 4"], false), (["anthropic-ratelimit--remaining: 0"], false),
        // a limit at or below 0 says that nothing is metered, but only for its own counterpart
        (["x-ratelimit-remaining-tokens: -1", "x-ratelimit-limit-tokens: -1"], false),
        (["x-ratelimit-limit-tokens: 0", "x-ratelimit-remaining-tokens: 0"], false),
        (["x-ratelimit-remaining-tokens: 0", "x-ratelimit-limit-tokens: 10"], true),
        (["x-ratelimit-remaining-tokens: 0", "x-ratelimit-limit-requests: 0"], true),
        (["x-ratelimit-remaining: 0", "x-ratelimit-limit-tokens: 0"], true),
        (["anthropic-ratelimit-tokens-remaining: 0", "anthropic-ratelimit-requests-limit: 0"], true),
        (["anthropic-ratelimit-tokens-remaining: 0", "anthropic-ratelimit-tokens-limit: 0"], false),
    ] as [([String], Bool)])
    func exhaustion(_ lines: [String], _ isExhausted: Bool) {
        #expect(Signals(lines).isExhausted == isExhausted)
    }

    @Test(arguments: [
        (["x-ratelimit-remaining-requests: 1", "x-ratelimit-remaining-tokens: 1"], true),
        (["x-ratelimit-remaining-requests: 1"], false), (["x-ratelimit-remaining-tokens: 1"], false),
        (["x-ratelimit-remaining-requests: 1", "x-ratelimit-remaining-tokens: 0"], false),
        (["anthropic-ratelimit-requests-remaining: 5", "anthropic-ratelimit-tokens-remaining: 5"], true),
        (["x-ratelimit-remaining-requests: x", "x-ratelimit-remaining-tokens: 1"], false),
    ] as [([String], Bool)])
    func enoughIsLeft(_ lines: [String], _ expected: Bool) {
        #expect(Signals(lines).saysEnoughIsLeft == expected)
    }

    @Test(arguments: [
        ([], 0), (["Retry-After: 0"], 0), (["Retry-After: 7"], 7000), (["retry-after-ms: 1500"], 1500), (["retry-after: 0.5"], 500),
        (["retry-after-ms: 0.2"], 1), (["Retry-After: -5"], 0), (["retry-after-ms: -1"], 0), (["Retry-After: soon"], 0), (["Retry-After: "], 0),
        (["Retry-After: 2", "retry-after-ms: 1500"], 2000), (["Retry-After: 1", "retry-after-ms: 1500"], 1500), (["Retry-After: 1", "Retry-After: 3"], 3000),
        (["Retry-After: 3601"], 3_600_000), (["Retry-After: 99999999999999999999999999"], 3_600_000),
        (["retry-after-ms: " + String(repeating: "9", count: 300)], 3_600_000),
        // 784,111,777 is Sun, 06 Nov 1994 08:49:37 GMT; the clock stands 60 s before it
        (["Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"], 60_000), (["Retry-After: Sunday, 06-Nov-94 08:49:37 GMT"], 60_000),
        (["Retry-After: Sun Nov  6 08:49:37 1994"], 60_000), (["Retry-After: Sun, 06 Nov 1994 08:48:37 GMT"], 0),
        (["Retry-After: Sun, 06 Nov 1994 07:00:00 GMT"], 0), (["Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"], 3_600_000),
        (["Retry-After: Sun, 06 Nov 1994 08:49:37 UTC"], 0),
    ] as [([String], UInt64)])
    func retryAfter(_ lines: [String], _ millis: UInt64) {
        let signals = Signals(lines, wallSeconds: 784_111_777 - 60)
        #expect(signals.retryAfterMillis == millis)
        #expect(signals.hasRetryAfter == !lines.isEmpty)
    }
}
