import NIOCore
import Synchronization

/// Counts each model's requests in fixed windows; a window begins with the first request after the last one's end.
final class QuotaLedger: Sendable {
    /// What one request found.
    struct Entry {
        let limit: Int
        /// Requests left in the window after this one; 0 with the last that is allowed, and with every one refused.
        let remaining: Int
        /// Time until the window ends.
        let reset: TimeAmount
        let isAllowed: Bool
    }

    private struct Window {
        var end: NIODeadline
        var used: Int
    }

    private let quotas: [String: Quota]
    private let windows = Mutex<[String: Window]>([:])

    init(_ quotas: [String: Quota]) {
        self.quotas = quotas
    }

    /// Counts one request for `model`. Without a quota of its own it gets a limit that nobody reaches.
    func enter(_ model: String, at now: NIODeadline) -> Entry {
        guard let quota = quotas[model] else {
            return Entry(limit: 10_000, remaining: 9_999, reset: .milliseconds(6), isAllowed: true)
        }
        return windows.withLock { windows in
            var window = windows[model] ?? Window(end: now, used: 0)
            if now >= window.end { window = Window(end: now + .seconds(Int64(quota.seconds)), used: 0) }
            let isAllowed = window.used < quota.requests
            if isAllowed { window.used += 1 }
            windows[model] = window
            return Entry(limit: quota.requests, remaining: quota.requests - window.used, reset: window.end - now, isAllowed: isAllowed)
        }
    }
}
