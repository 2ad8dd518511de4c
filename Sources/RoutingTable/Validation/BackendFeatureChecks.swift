import CTable

/// What backends ask for since format 1.1.
extension RoutingTable {
    func validateBackendFeatures(_ known: borrowing StringStarts) throws(TableFault) {
        try validateBackendExtras()
        for i in features.backendTLS.indices {
            let tls = features.backendTLS[i], name = "BACKEND_TLS[\(i)]"
            try checkOptionalIndex(tls.certificates, below: features.blobs.count, "\(name).certificates")
            try checkStrings(tls.allowed_sans, "\(name).allowed_sans")
        }
        try validateRetries()
        for i in features.healthChecks.indices {
            let check = features.healthChecks[i]
            guard check.timeout_seconds > 0, check.interval_seconds > 0, check.unhealthy_threshold > 0, check.healthy_threshold > 0 else {
                throw TableFault("HEALTH_CHECKS[\(i)] has a 0")
            }
        }
        try validateAIRateLimits(known)
    }

    private func validateBackendExtras() throws(TableFault) {
        var previous: UInt32?
        for i in features.backendExtras.indices {
            let extras = features.backendExtras[i], name = "BACKEND_EXTRAS[\(i)]"
            try checkIndex(extras.backend, below: backends.count, "\(name).backend")
            guard previous.map({ $0 < extras.backend }) ?? true else { throw TableFault("\(name).backend does not ascend") }
            previous = extras.backend
            try checkOptionalIndex(extras.tls, below: features.backendTLS.count, "\(name).tls")
            try checkOptionalIndex(extras.retry, below: features.retries.count, "\(name).retry")
            try checkOptionalIndex(extras.circuit_breaker, below: features.circuitBreakers.count, "\(name).circuit_breaker")
            try checkOptionalIndex(extras.health_check, below: features.healthChecks.count, "\(name).health_check")
            try checkOptionalIndex(extras.ai_rate_limit, below: features.aiRateLimits.count, "\(name).ai_rate_limit")
        }
    }

    private func validateRetries() throws(TableFault) {
        for i in features.retries.indices {
            let retry = features.retries[i], name = "RETRIES[\(i)]"
            guard retry.base_interval_millis > 0, retry.reserved == 0 else { throw TableFault("\(name).base_interval_millis is 0") }
            try checkRange(retry.statuses.lowerBound, retry.statuses.count, of: features.numberLists.count, "\(name).first_status")
            var previous: UInt32 = 400
            for number in retry.statuses {
                let status = features.numberLists[number]
                guard status > previous, status <= 598 else { throw TableFault("\(name) has status codes that do not ascend from 401 to 598") }
                previous = status
            }
        }
    }

    private func validateAIRateLimits(_ known: borrowing StringStarts) throws(TableFault) {
        var identities = Set<UInt64>(minimumCapacity: features.aiRateLimits.count)
        for i in features.aiRateLimits.indices {
            let limit = features.aiRateLimits[i], name = "AI_RATE_LIMITS[\(i)]"
            for field in [limit.object_namespace, limit.object_name, limit.organization] { try known.check(field, "a string in \(name)") }
            let tokens = [limit.prompt_tokens, limit.completion_tokens, limit.total_tokens]
            guard (tokens + [limit.requests]).allSatisfy({ $0 > 0 }) else { throw TableFault("\(name) has a limit of 0") }
            let limitsTokens = tokens.contains { $0 != RTBL_NONE }, limitsRequests = limit.requests != RTBL_NONE
            guard limitsTokens || limitsRequests, isWindow(limit.token_window, if: limitsTokens), isWindow(limit.request_window, if: limitsRequests),
                limit.reserved == 0
            else { throw TableFault("\(name) limits nothing, or has an unknown window") }
            guard identities.insert(limit.identity).inserted else { throw TableFault("\(name) has the identity of another limit") }
        }
    }

    private func isWindow(_ window: UInt8, if isLimited: Bool) -> Bool {
        isLimited ? (RTBL_WINDOW_MINUTE...RTBL_WINDOW_DAY).contains(Int(window)) : window == 0
    }
}
