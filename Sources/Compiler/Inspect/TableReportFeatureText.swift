/// The features since format 1.1 in words.
extension TableReport.Route {
    /// The path as a route is shown with: of a regular expression the base path and the expression.
    var pathText: String { path.isEmpty && pattern == nil ? "/" : path + (pattern ?? "") }

    func featureText(_ line: (String) -> Void) {
        var facts = TextTable([.left, .left])
        for header in headers ?? [] { facts.add(["if header", header.text]) }
        for parameter in queryParameters ?? [] { facts.add(["if query parameter", parameter.text]) }
        features?.add(to: &facts)
        guard !facts.isEmpty else { return }
        line("")
        line("  \(methods.isEmpty ? "any" : methods.joined(separator: ",")) \(host)\(pathText)\(match == "prefix" ? "/…" : "")\(position.map { "  (\($0))" } ?? "")")
        facts.lines(indent: 4, hasHeader: false).forEach(line)
    }
}

extension TableReport.RuleFeatures {
    fileprivate func add(to facts: inout TextTable) {
        for operation in requestHeaders ?? [] { facts.add(["request header", operation.text]) }
        for operation in responseHeaders ?? [] { facts.add(["response header", operation.text]) }
        if let redirect { facts.add(["redirect", redirect.text]) }
        if let requestTimeoutMillis { facts.add(["request timeout", timeout(requestTimeoutMillis)]) }
        if let backendRequestTimeoutMillis { facts.add(["backend request timeout", timeout(backendRequestTimeoutMillis)]) }
        if let cors { facts.add(["cors", "policy \(cors)"]) }
        if let authentication { facts.add(["authentication", "\(authentication)"]) }
        if let rateLimits { facts.add(["rate limits", rateLimits.map(String.init).joined(separator: ", ")]) }
    }
}

extension TableReport.Backend {
    func featureText(_ line: (String) -> Void) {
        guard let features else { return }
        var facts = TextTable([.left, .left])
        if let tls = features.tls {
            facts.add(["certificates", tls.certificates.map { "of its own, \(grouped($0.utf8.count)) bytes of PEM" } ?? tls.certificateSecret?.description ?? "the system's"])
            if !tls.allowedSANs.isEmpty { facts.add(["allowed SANs", tls.allowedSANs.joined(separator: ", ")]) }
        }
        if let retry = features.retry {
            facts.add(["retry", retry.text])
        }
        if let breaker = features.circuitBreaker { facts.add(["circuit breaker", breaker.text]) }
        if let check = features.healthCheck {
            facts.add(["health check", check.text])
        }
        if let limit = features.aiRateLimit { facts.add(["AI rate limit", "\(limit.text)  (\(features.aiRateLimitID ?? ""))"]) }
        if let millis = features.requestIdleTimeoutMillis { facts.add(["request idle timeout", timeout(millis)]) }
        line("")
        line("  Backend \(object)")
        facts.lines(indent: 4, hasHeader: false).forEach(line)
    }
}

extension TableReport.Shared {
    func text(_ line: (String) -> Void) {
        list("authentications", authentications, line) { number, authentication in authentication.text(number) }
        list("token issuers", tokenIssuers, line) { number, issuer in issuer.text(number) }
        list("cors policies", corsPolicies, line) { number, cors in ["\(number)", cors.text] }
        list("rate limits", rateLimits, line) { number, limit in ["\(number)", "\(limit.limit.text)  (\(limit.id))"] }
    }

    private func list<Element>(_ title: String, _ elements: [Element]?, _ line: (String) -> Void, _ text: (Int, Element) -> [String]) {
        guard let elements else { return }
        var facts = TextTable([.right, .left])
        for (number, element) in elements.enumerated() { facts.add(text(number, element)) }
        line("")
        line(title)
        facts.lines(indent: 2, hasHeader: false).forEach(line)
    }
}

// MARK: - Parts of the representation

extension IntermediateRepresentation.Condition {
    fileprivate var text: String { "\(name) \(isRegularExpression ? "matches" : "is") \(value)" }
}

extension IntermediateRepresentation.HeaderOperation: FactText {
    var text: String { "\(operation.rawValue) \(name)" + (value.map { ": \($0)" } ?? "") }
}

extension IntermediateRepresentation.Redirect: FactText {
    var text: String {
        var parts = ["\(statusCode)"]
        if let scheme { parts.append("scheme \(scheme)") }
        if let hostname { parts.append("host \(hostname)") }
        if let port { parts.append("port \(port)") }
        switch path {
        case .none: break
        case .replaceFullPath(let value): parts.append("path \(value)")
        case .replacePrefixMatch(let value): parts.append("path \(value)/…")
        }
        return parts.joined(separator: ", ")
    }
}

extension IntermediateRepresentation.Retry: FactText {
    var text: String { "\(count) times on \(statusCodes.map(String.init).joined(separator: ", ")), after \(baseIntervalMillis) ms at first" }
}

extension IntermediateRepresentation.HealthCheck: FactText {
    var text: String { "every \(intervalSeconds) s for up to \(timeoutSeconds) s; unhealthy after \(unhealthyThreshold), healthy after \(healthyThreshold)" }
}

extension IntermediateRepresentation.CircuitBreaker: FactText {
    var text: String {
        "at most \(maxConnections) connections, \(maxPendingRequests) pending requests, \(maxRequests) requests, \(maxRetries) retries"
            + (maxConnectionPools.map { ", \($0) connection pools" } ?? "")
    }
}

extension IntermediateRepresentation.AIRateLimit: FactText {
    var text: String {
        var parts: [String] = []
        if let tokens {
            let limits = [("prompt", tokens.prompt), ("completion", tokens.completion), ("total", tokens.total)]
            parts += limits.compactMap { name, limit in limit.map { "\(grouped($0)) \(name) tokens per \(tokens.unit.rawValue)" } }
        }
        if let requests { parts.append("\(grouped(requests.limit)) requests per \(requests.unit.rawValue)") }
        return parts.joined(separator: ", ") + " by AIRateLimitPolicy \(object)" + (organization.map { " of organization \($0)" } ?? "")
    }
}

extension IntermediateRepresentation.RateLimit: FactText {
    var text: String {
        var text = "\(grouped(requests)) requests per \(unit.rawValue) and "
        switch scope {
        case .api: text += "API"
        case .resource: text += "rule"
        case .custom: text += (key ?? "") + (value.map { " = \($0)" } ?? "") + (organization.map { " of organization \($0)" } ?? "")
        }
        return text + " by RateLimitPolicy \(object)"
    }
}

extension IntermediateRepresentation.CORS: FactText {
    var text: String {
        var parts = ["origins \(origins.joined(separator: " "))"]
        if !methods.isEmpty { parts.append("methods \(methods.joined(separator: " "))") }
        if !headers.isEmpty { parts.append("headers \(headers.joined(separator: " "))") }
        if !exposedHeaders.isEmpty { parts.append("exposes \(exposedHeaders.joined(separator: " "))") }
        if allowsCredentials { parts.append("with credentials") }
        if let maxAgeSeconds { parts.append("for \(grouped(maxAgeSeconds)) s") }
        return parts.joined(separator: ", ")
    }
}

extension IntermediateRepresentation.Authentication {
    fileprivate func text(_ number: Int) -> [String] {
        ["\(number)", "\(schemes)\(issuers.isEmpty ? "" : "; issuers \(issuers.map(String.init).joined(separator: ", "))")  (\(source))"]
    }

    var source: String { object.map { "Authentication \($0)" } ?? "no Authentication" }

    /// What a caller may show.
    var schemes: String {
        var parts: [String] = []
        for (name, scheme) in [("oauth2", oauth2), ("jwt", jwt)] {
            guard let scheme else { continue }
            let audiences = scheme.audiences.isEmpty ? "" : " for \(scheme.audiences.joined(separator: " or "))"
            parts.append("\(scheme.isMandatory ? "mandatory " : "")\(name) in \(scheme.header)\(audiences)\(scheme.sendsTokenUpstream ? ", sent upstream" : "")")
        }
        parts += apiKeys.map { "API key in \($0.location.rawValue) \($0.name)\($0.sendsTokenUpstream ? ", sent upstream" : "")" }
        if let mutualTLS { parts.append((mutualTLS.isMandatory ? "mandatory " : "") + "client certificate" + mutualTLS.certificateSecrets.map { " of \($0)" }.joined(separator: " and")) }
        return parts.joined(separator: "; or ")
    }
}

extension IntermediateRepresentation.TokenIssuer {
    fileprivate func text(_ number: Int) -> [String] { ["\(number)", "\(text)  (TokenIssuer \(object))"] }

    var text: String {
        var parts = ["\(issuer) (\(name) of \(organization))", "environments \(environments.isEmpty ? "all" : environments.joined(separator: " "))"]
        if certificates != nil { parts.append("certificate") }
        if let certificateSecret { parts.append("certificate or JWK Set in \(certificateSecret)") }
        if keySet != nil { parts.append("JWK Set") }
        if let keySetURL { parts.append("JWK Set at \(keySetURL)\(keySetURLCertificates == nil ? "" : " with its own certificates")\(keySetURLCertificateSecret.map { " with certificates in \($0)" } ?? "")") }
        parts.append("consumer key in \(consumerKeyClaim), scopes in \(scopesClaim)")
        parts += claimMappings.map { "\($0.remote) as \($0.local)" }
        return parts.joined(separator: ", ")
    }
}

extension IntermediateRepresentation.SecretText: CustomStringConvertible {
    package var description: String { "Secret \(secret) [\(key)]" }
}

private func timeout(_ millis: Int) -> String { millis == 0 ? "never" : seconds(millis) }
