import CTable
import RoutingTable

/// `timeouts` of a rule: how long a whole request may take, and how long one attempt (Gateway API HTTPRouteTimeouts).
///
/// Neither needs a timer of its own: whatever a request waits for has one already, which ends at the latest when the
/// rule says. Both reach to the end of the answer. 0 is no limit of the rule's; a Backend's own times hold all the same.
extension Worker {
    /// The route is known: the whole request's time runs from here.
    mutating func beginRequestTimeout(_ slot: Int) {
        clients[slot].requestDeadline = ruleExtras(slot).map { deadline($0.request_timeout_millis) } ?? .max
    }

    /// A target has been chosen.
    mutating func beginAttemptTimeout(_ slot: Int) {
        clients[slot].attemptDeadline = ruleExtras(slot).map { deadline($0.backend_request_timeout_millis) } ?? .max
    }

    private mutating func deadline(_ millis: UInt32) -> UInt64 { millis == 0 || millis == RTBL_NONE ? .max : now + UInt64(millis) }

    /// So long a client's request may wait for something that would be given `millis`.
    mutating func limited(_ slot: Int, _ millis: UInt64) -> UInt64 {
        let deadline = min(clients[slot].requestDeadline, clients[slot].attemptDeadline)
        return min(millis, deadline > now ? deadline - now : 0)
    }

    mutating func isRequestOverdue(_ slot: Int) -> Bool { now >= clients[slot].requestDeadline }
    mutating func isAttemptOverdue(_ slot: Int) -> Bool { now >= clients[slot].attemptDeadline }

    /// The whole request's time is over: 504, or the end of an answer that is on its way.
    mutating func requestTimedOut(_ slot: Int) {
        exchangeBroke(slot, Refusal(504, "request_timeout", "the request took longer than its route allows (HTTPRoute timeouts.request)"))
    }
}
