import CLinux
import CTable
import RoutingTable

/// RateLimitPolicy: requests to an API or rule, counted at arrival in fixed windows.
extension Worker {
    /// Counts the request against every limit of its rule.
    ///
    /// - Returns: why it is refused; nil: it is within all of them.
    mutating func refusalOfRateLimits(_ slot: Int) -> Refusal? {
        guard let extras = ruleExtras(slot), !extras.rateLimits.isEmpty else { return nil }
        let snapshot = unsafe configuration.pointee.snapshot
        let table = unsafe snapshot.pointee.table
        let seconds = cl_wall_nanos() / 1_000_000_000
        for position in extras.rateLimits {
            let number = Index<rtbl_rate_limit>(unchecked: table.features.numberLists[position])
            let limit = table.features.rateLimits[number]
            let window = Window(limit.window)
            let before = unsafe snapshot.pointee.state.withRequests(number) { $0.add(1, in: window.number(seconds), below: UInt64(limit.requests)) }
            guard before >= UInt64(limit.requests) else { continue }
            // It is not let through, so it does not count against those that would have let it.
            for earlier in extras.rateLimits.lowerBound..<position {
                let counted = Index<rtbl_rate_limit>(unchecked: table.features.numberLists[earlier])
                let window = Window(table.features.rateLimits[counted].window)
                unsafe snapshot.pointee.state.withRequests(counted) { $0.takeBack(in: window.number(seconds)) }
            }
            return .rateLimited(limit.requests, secondsLeft: window.secondsLeft(seconds))
        }
        return nil
    }
}

extension Refusal {
    static func rateLimited(_ limit: UInt32, secondsLeft: UInt64) -> Refusal {
        var refusal = Refusal(429, "rate_limit_exceeded", "the rate limit of this route is used up; try again later", retryAfter: secondsLeft)
        refusal.rateLimit = limit
        return refusal
    }
}
