import NIOCore
import NIOHTTP1

/// The quota as OpenAI tells it.
enum RateLimit {
    /// So large that only the quota of requests is ever used up.
    private static let tokens = 2_000_000

    static func headers(_ entry: QuotaLedger.Entry, tokens used: Int) -> HTTPHeaders {
        [
            "x-ratelimit-limit-requests": String(entry.limit),
            "x-ratelimit-limit-tokens": String(tokens),
            "x-ratelimit-remaining-requests": String(entry.remaining),
            "x-ratelimit-remaining-tokens": String(max(1, tokens - used)),
            "x-ratelimit-reset-requests": duration(entry.reset),
            "x-ratelimit-reset-tokens": duration(.milliseconds(Int64(used) * 60_000 / Int64(tokens))),
        ]
    }

    /// 429, with the seconds until the window ends, begun ones included.
    static func refusal(model: String, entry: QuotaLedger.Entry) -> Answer {
        let seconds = (entry.reset.nanoseconds + 999_999_999) / 1_000_000_000
        return .error(
            .tooManyRequests,
            "Rate limit reached for \(model) in organization org-mock on requests per min (RPM): Limit \(entry.limit), Used \(entry.limit), Requested 1. Please try again in \(duration(entry.reset)). Visit https://platform.openai.com/account/rate-limits to learn more.",
            type: "requests", code: "rate_limit_exceeded", headers: ["Retry-After": String(seconds)])
    }

    /// `20ms`, `1.5s`, `6m0s`, `1h0m2s`
    static func duration(_ time: TimeAmount) -> String {
        let millis = time.nanoseconds / 1_000_000
        guard millis >= 1_000 else { return "\(millis)ms" }
        let (hours, minutes, seconds, fraction) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1_000 % 60, millis % 1_000)
        var digits = ""
        if fraction > 0 {
            digits = "." + String(fraction + 1_000).dropFirst()
            while digits.last == "0" { digits.removeLast() }
        }
        return (hours > 0 ? "\(hours)h" : "") + (hours > 0 || minutes > 0 ? "\(minutes)m" : "") + "\(seconds)\(digits)s"
    }
}
