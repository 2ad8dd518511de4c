import CTable

/// BACKEND_EXTRAS and what they lead to.
struct BackendExtraSections {
    private(set) var extras: [rtbl_backend_extras] = []
    private(set) var tls = RecordPool<rtbl_backend_tls>()
    private(set) var retries = RecordPool<rtbl_retry>()
    private(set) var circuitBreakers = RecordPool<rtbl_circuit_breaker>()
    private(set) var healthChecks = RecordPool<rtbl_health_check>()
    private(set) var aiRateLimits: [rtbl_ai_rate_limit] = []

    init(
        _ backends: [IntermediateRepresentation.Backend], numberLists: inout ListPool<UInt32>, blobs: inout BlobPool, strings: inout StringPool
    ) throws(EmitError) {
        for (number, backend) in backends.enumerated() where backend.hasExtras {
            extras.append(rtbl_backend_extras(
                backend: UInt32(number), tls: try tls(of: backend, &blobs, &strings), retry: try retry(of: backend, &numberLists),
                circuit_breaker: try circuitBreaker(of: backend), health_check: try healthCheck(of: backend),
                ai_rate_limit: try aiRateLimit(of: backend, &strings),
                request_idle_timeout_millis: try optional(
                    backend.requestIdleTimeoutMillis, "the request idle timeout in milliseconds", of: backend.subject, at: backend.position)))
        }
    }

    private mutating func tls(
        of backend: IntermediateRepresentation.Backend, _ blobs: inout BlobPool, _ strings: inout StringPool
    ) throws(EmitError) -> UInt32 {
        guard let tls = backend.tls else { return RTBL_NONE }
        return try self.tls.index(of: rtbl_backend_tls(
            certificates: try blobs.index(of: tls.certificates, tls.certificateSecret.map { [$0] } ?? [], "the certificates", of: backend.subject, &strings),
            allowed_sans: try strings.strings(tls.allowedSANs, "allowed SANs", of: backend.subject)))
    }

    private mutating func retry(of backend: IntermediateRepresentation.Backend, _ numberLists: inout ListPool<UInt32>) throws(EmitError) -> UInt32 {
        guard let retry = backend.retry else { return RTBL_NONE }
        let ascend = zip(retry.statusCodes, retry.statusCodes.dropFirst()).allSatisfy { $0 < $1 }
        guard ascend, retry.statusCodes.allSatisfy((401...598).contains) else {
            throw EmitError(backend.subject, "the status codes to retry do not ascend from 401 to 598", at: backend.position)
        }
        return try retries.index(of: rtbl_retry(
            count: try optional(retry.count, "the number of retries", of: backend.subject, at: backend.position),
            base_interval_millis: try positive(retry.baseIntervalMillis, "the interval between retries in milliseconds", of: backend.subject, at: backend.position),
            first_status: try numberLists.first(of: retry.statusCodes.map(UInt32.init)),
            status_count: UInt16(retry.statusCodes.count), reserved: 0))
    }

    private mutating func circuitBreaker(of backend: IntermediateRepresentation.Backend) throws(EmitError) -> UInt32 {
        guard let breaker = backend.circuitBreaker else { return RTBL_NONE }
        func limit(_ value: Int?, _ what: String) throws(EmitError) -> UInt32 {
            try optional(value, "the greatest number of \(what)", of: backend.subject, at: backend.position)
        }
        return try circuitBreakers.index(of: rtbl_circuit_breaker(
            max_connections: try limit(breaker.maxConnections, "connections"),
            max_pending_requests: try limit(breaker.maxPendingRequests, "pending requests"),
            max_requests: try limit(breaker.maxRequests, "requests"), max_retries: try limit(breaker.maxRetries, "retries"),
            max_connection_pools: try limit(breaker.maxConnectionPools, "connection pools")))
    }

    private mutating func healthCheck(of backend: IntermediateRepresentation.Backend) throws(EmitError) -> UInt32 {
        guard let check = backend.healthCheck else { return RTBL_NONE }
        func number(_ value: Int, _ what: String) throws(EmitError) -> UInt32 {
            try positive(value, "the health check's \(what)", of: backend.subject, at: backend.position)
        }
        return try healthChecks.index(of: rtbl_health_check(
            timeout_seconds: try number(check.timeoutSeconds, "timeout"), interval_seconds: try number(check.intervalSeconds, "interval"),
            unhealthy_threshold: try number(check.unhealthyThreshold, "unhealthy threshold"),
            healthy_threshold: try number(check.healthyThreshold, "healthy threshold")))
    }

    private mutating func aiRateLimit(of backend: IntermediateRepresentation.Backend, _ strings: inout StringPool) throws(EmitError) -> UInt32 {
        guard let limit = backend.aiRateLimit else { return RTBL_NONE }
        let subject = "AIRateLimitPolicy \(limit.object)"
        func number(_ value: Int?, _ what: String) throws(EmitError) -> UInt32 {
            guard let value else { return RTBL_NONE }
            return try positive(value, "the limit of \(what)", of: subject, at: backend.position)
        }
        let tokens = limit.tokens
        guard tokens == nil || tokens?.prompt != nil || tokens?.completion != nil || tokens?.total != nil, tokens != nil || limit.requests != nil else {
            throw EmitError(subject, "limits nothing", at: backend.position)
        }
        let index = try newIndex(after: aiRateLimits.count, of: "AI rate limit")
        aiRateLimits.append(rtbl_ai_rate_limit(
            identity: Identity.of(limit, backend: backend.object),
            object_namespace: try strings.offset(of: limit.object.namespace), object_name: try strings.offset(of: limit.object.name),
            organization: try strings.offset(of: limit.organization ?? ""),
            prompt_tokens: try number(tokens?.prompt, "prompt tokens"), completion_tokens: try number(tokens?.completion, "completion tokens"),
            total_tokens: try number(tokens?.total, "tokens"), requests: try number(limit.requests?.limit, "requests"),
            token_window: tokens?.unit.code ?? 0, request_window: limit.requests?.unit.code ?? 0, reserved: 0))
        return index
    }
}

extension IntermediateRepresentation.Backend {
    var subject: String { "Backend \(object)" }

    fileprivate var hasExtras: Bool {
        tls != nil || retry != nil || circuitBreaker != nil || healthCheck != nil || aiRateLimit != nil || requestIdleTimeoutMillis != nil
    }
}
