import CTable
import RoutingTable

private typealias IR = IntermediateRepresentation

/// The features since format 1.1, read back from a table into the parts of the representation that they came from.
extension RoutingTable {
    func text(_ offset: UInt32) -> String { string(offset).text }

    private func reference(_ namespace: UInt32, _ name: UInt32) -> IntermediateRepresentation.Reference {
        IR.Reference(namespace: text(namespace), name: text(name))
    }

    private func texts(_ list: rtbl_strings) -> [String] { (0..<Int(list.count)).map { string($0, of: list).text } }

    private func numbers(_ range: Range<Int>) -> [Int] { range.map { Int(features.numberLists[$0]) } }

    func conditions(of route: rtbl_route) -> (headers: [IntermediateRepresentation.Condition], queryParameters: [IntermediateRepresentation.Condition]) {
        guard let index = route.conditionsIndex else { return ([], []) }
        let set = features.conditionSets[index]
        func read(_ number: Int) -> IR.Condition {
            let condition = features.conditions[number]
            guard condition.regex != RTBL_NONE else { return IR.Condition(name: text(condition.name), value: text(condition.value)) }
            return IR.Condition(name: text(condition.name), value: text(regexes[Int(condition.regex)].pattern), isRegularExpression: true)
        }
        return (set.headers.map(read), set.queryParameters.map(read))
    }

    func headerOperations(_ range: Range<Int>) -> [IntermediateRepresentation.HeaderOperation] {
        range.map { number in
            let operation = features.headerOperations[number]
            switch Int(operation.operation) {
            case RTBL_HEADER_SET: return IR.HeaderOperation(.set, name: text(operation.name), value: text(operation.value))
            case RTBL_HEADER_ADD: return IR.HeaderOperation(.add, name: text(operation.name), value: text(operation.value))
            default: return IR.HeaderOperation(.remove, name: text(operation.name))
            }
        }
    }

    func redirect(_ index: Index<rtbl_redirect>) -> IntermediateRepresentation.Redirect {
        let redirect = features.redirects[index]
        func named(_ offset: UInt32) -> String? { offset == 0 ? nil : text(offset) }
        let path: IR.Rewrite =
            switch Int(redirect.path) {
            case RTBL_REWRITE_FULL: .replaceFullPath(text(redirect.path_value))
            case RTBL_REWRITE_PREFIX: .replacePrefixMatch(text(redirect.path_value))
            default: .none
            }
        return IR.Redirect(
            scheme: named(redirect.scheme), hostname: named(redirect.hostname), port: redirect.port == 0 ? nil : Int(redirect.port), path: path,
            statusCode: Int(redirect.status))
    }

    func cors(_ index: Index<rtbl_cors>) -> IntermediateRepresentation.CORS {
        let cors = features.corsPolicies[index]
        return IR.CORS(
            allowsCredentials: cors.flags & UInt32(RTBL_CORS_ALLOW_CREDENTIALS) != 0, origins: texts(cors.origins), methods: texts(cors.methods),
            headers: texts(cors.headers), exposedHeaders: texts(cors.exposed_headers), maxAgeSeconds: present(cors.max_age_seconds))
    }

    func rateLimit(_ number: Int) -> IntermediateRepresentation.RateLimit {
        let limit = features.rateLimits[number]
        let scope: IR.RateLimit.Scope =
            switch Int(limit.scope) {
            case RTBL_LIMIT_API: .api
            case RTBL_LIMIT_RESOURCE: .resource
            default: .custom
            }
        func named(_ offset: UInt32) -> String? { offset == 0 ? nil : text(offset) }
        return IR.RateLimit(
            object: reference(limit.object_namespace, limit.object_name), scope: scope, requests: Int(limit.requests), unit: window(limit.window),
            key: named(limit.key), value: named(limit.value), organization: named(limit.organization))
    }

    func rateLimits(of extras: rtbl_rule_extras) -> [Int] { numbers(extras.rateLimits) }

    func authentication(_ number: Int) -> IntermediateRepresentation.Authentication {
        let record = features.authentications[number]
        var authentication = IR.Authentication(issuers: numbers(record.issuers))
        if record.object_name != 0 { authentication.object = reference(record.object_namespace, record.object_name) }
        for number in record.schemes {
            let scheme = features.authenticationSchemes[number]
            let isMandatory = Int(scheme.flags) & RTBL_AUTHENTICATION_MANDATORY != 0
            let sendsUpstream = Int(scheme.flags) & RTBL_AUTHENTICATION_SEND_UPSTREAM != 0
            var token: IR.TokenScheme {
                IR.TokenScheme(header: text(scheme.name), sendsTokenUpstream: sendsUpstream, isMandatory: isMandatory, audiences: texts(scheme.audiences))
            }
            switch Int(scheme.kind) {
            case RTBL_AUTHENTICATION_OAUTH2: authentication.oauth2 = token
            case RTBL_AUTHENTICATION_JWT: authentication.jwt = token
            case RTBL_AUTHENTICATION_API_KEY_HEADER:
                authentication.apiKeys.append(IR.APIKeyScheme(in: .header, name: text(scheme.name), sendsTokenUpstream: sendsUpstream))
            case RTBL_AUTHENTICATION_API_KEY_QUERY:
                authentication.apiKeys.append(IR.APIKeyScheme(in: .query, name: text(scheme.name), sendsTokenUpstream: sendsUpstream))
            default:
                authentication.mutualTLS = IR.MutualTLS(
                    certificates: blob(scheme.certificates)?.text ?? "", certificateSecrets: secrets(scheme.certificates), isMandatory: isMandatory)
            }
        }
        return authentication
    }

    func tokenIssuer(_ number: Int) -> IntermediateRepresentation.TokenIssuer {
        let issuer = features.tokenIssuers[number]
        let claims = texts(issuer.claim_mappings)
        var out = IR.TokenIssuer(
            object: reference(issuer.object_namespace, issuer.object_name), name: text(issuer.name), issuer: text(issuer.issuer),
            organization: text(issuer.organization), environments: texts(issuer.environments),
            consumerKeyClaim: text(issuer.consumer_key_claim), scopesClaim: text(issuer.scopes_claim),
            claimMappings: stride(from: 0, to: claims.count, by: 2).map { .init(remote: claims[$0], local: claims[$0 + 1]) },
            certificates: plainText(issuer.certificates), keySet: blob(issuer.key_set)?.text,
            keySetURL: issuer.key_set_url == 0 ? nil : text(issuer.key_set_url), keySetURLCertificates: plainText(issuer.key_set_url_certificates))
        out.certificateSecret = secrets(issuer.certificates).first
        out.keySetURLCertificateSecret = secrets(issuer.key_set_url_certificates).first
        return out
    }

    /// Of a long text what is in Secrets, and what is in the table; nil: nothing.
    private func secrets(_ raw: UInt32) -> [IntermediateRepresentation.SecretText] {
        secretTexts(raw).map { IR.SecretText(secret: reference($0.secret_namespace, $0.secret_name), key: text($0.key)) }
    }

    private func plainText(_ raw: UInt32) -> String? { blob(raw).flatMap { $0.isEmpty ? nil : $0.text } 
    }

    // MARK: - Backends and pools

    func tls(_ index: Index<rtbl_backend_tls>) -> IntermediateRepresentation.BackendTLS {
        let tls = features.backendTLS[index]
        return IR.BackendTLS(certificates: plainText(tls.certificates), certificateSecret: secrets(tls.certificates).first, allowedSANs: texts(tls.allowed_sans))
    }

    func retry(_ index: Index<rtbl_retry>) -> IntermediateRepresentation.Retry {
        let retry = features.retries[index]
        return IR.Retry(count: Int(retry.count), baseIntervalMillis: Int(retry.base_interval_millis), statusCodes: numbers(retry.statuses))
    }

    func circuitBreaker(_ index: Index<rtbl_circuit_breaker>) -> IntermediateRepresentation.CircuitBreaker {
        let breaker = features.circuitBreakers[index]
        return IR.CircuitBreaker(
            maxConnections: Int(breaker.max_connections), maxPendingRequests: Int(breaker.max_pending_requests),
            maxRequests: Int(breaker.max_requests), maxRetries: Int(breaker.max_retries), maxConnectionPools: present(breaker.max_connection_pools))
    }

    func healthCheck(_ index: Index<rtbl_health_check>) -> IntermediateRepresentation.HealthCheck {
        let check = features.healthChecks[index]
        return IR.HealthCheck(
            timeoutSeconds: Int(check.timeout_seconds), intervalSeconds: Int(check.interval_seconds),
            unhealthyThreshold: Int(check.unhealthy_threshold), healthyThreshold: Int(check.healthy_threshold))
    }

    func aiRateLimit(_ index: Index<rtbl_ai_rate_limit>) -> IntermediateRepresentation.AIRateLimit {
        let limit = features.aiRateLimits[index]
        return IR.AIRateLimit(
            object: reference(limit.object_namespace, limit.object_name), organization: limit.organization == 0 ? nil : text(limit.organization),
            tokens: limit.token_window == 0 ? nil : IR.AIRateLimit.Tokens(
                unit: window(limit.token_window), prompt: present(limit.prompt_tokens), completion: present(limit.completion_tokens),
                total: present(limit.total_tokens)),
            requests: limit.request_window == 0 ? nil : IR.AIRateLimit.Requests(unit: window(limit.request_window), limit: Int(limit.requests)))
    }

    func sticky(of pool: Index<rtbl_pool>) -> IntermediateRepresentation.Sticky? {
        guard let extras = extras(of: pool) else { return nil }
        return Int(extras.sticky) == RTBL_STICKY_HEADER ? .header(text(extras.sticky_name)) : .claim(text(extras.sticky_name))
    }

    func present(_ number: UInt32) -> Int? { number == RTBL_NONE ? nil : Int(number) }

    private func window(_ code: UInt8) -> IntermediateRepresentation.Window {
        switch Int(code) {
        case RTBL_WINDOW_MINUTE: .minute
        case RTBL_WINDOW_HOUR: .hour
        default: .day
        }
    }
}
