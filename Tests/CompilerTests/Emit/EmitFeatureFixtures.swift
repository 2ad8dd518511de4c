import Compiler

extension EmitFixtures {
    static let certificate = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n"

    /// A table that uses everything that format 1.1 added.
    static func everything() -> IR {
        var ir = minimal()
        ir.backends = [backend("a"), featuredBackend(), backend("c")]
        ir.tokenIssuers = [
            IR.TokenIssuer(
                object: object("issuer"), name: "default", issuer: "https://idp/token", organization: "o", environments: ["production"],
                consumerKeyClaim: "azp", scopesClaim: "scope", claimMappings: [.init(remote: "sub", local: "user")],
                certificates: certificate, keySet: #"{"keys":[]}"#, keySetURL: "https://idp/jwks?x=1", keySetURLCertificates: certificate),
            IR.TokenIssuer(object: object("other"), name: "other", issuer: "i2", organization: "o", keySetURL: "http://idp2/jwks"),
        ]
        ir.authentications = [
            IR.Authentication(
                object: object("auth"), oauth2: .init(isMandatory: true), jwt: .init(header: "internal-key", sendsTokenUpstream: true, audiences: ["x", "y"]),
                apiKeys: [.init(in: .header, name: "apikey"), .init(in: .query, name: "Key", sendsTokenUpstream: true)],
                mutualTLS: .init(certificates: certificate, isMandatory: true), issuers: [1, 0]),
            IR.Authentication(jwt: .init(header: "internal-key"), issuers: [0]),
        ]
        ir.corsPolicies = [
            IR.CORS(allowsCredentials: true, origins: ["https://a", "https://b"], methods: ["GET"], headers: ["x-a"], exposedHeaders: ["x-b"], maxAgeSeconds: 0),
            IR.CORS(origins: ["*"]),
        ]
        ir.rateLimits = [
            IR.RateLimit(object: object("limits"), scope: .api, requests: 10, unit: .minute),
            IR.RateLimit(object: object("limits"), scope: .resource, requests: 20, unit: .hour),
            IR.RateLimit(object: object("limits"), scope: .custom, requests: 30, unit: .day, key: "user", value: "u", organization: "o"),
        ]
        var api = api("a", host: "h", matches: [], targets: [target("m", "b"), target("m", "c")])
        api.pools[0].targets[1].tier = 1
        api.pools[0].options.sticky = .header("x-session")
        api.rules = [featuredRule(), secondRule(), rule(2, host: "h", matches: [match(.prefix, "/a/1/z")]), regexRule()]
        ir.apis = [api]
        return ir
    }

    private static func object(_ name: String) -> IR.Reference { IR.Reference(namespace: "n", name: name) }

    private static func featuredBackend() -> IR.Backend {
        var backend = backend("b")
        backend.tls = IR.BackendTLS(certificates: certificate, allowedSANs: ["p", "*.q"])
        backend.retry = IR.Retry(count: 2, statusCodes: [429, 503])
        backend.circuitBreaker = IR.CircuitBreaker(maxConnections: 7)
        backend.healthCheck = IR.HealthCheck(intervalSeconds: 5)
        backend.aiRateLimit = IR.AIRateLimit(
            object: object("ai"), organization: "o", tokens: .init(unit: .hour, prompt: 100, total: 1_000), requests: .init(unit: .day, limit: 5))
        backend.requestIdleTimeoutMillis = 300_000
        return backend
    }

    private static func featuredRule() -> IR.Rule {
        var match = match(.exact, "/a/1/x", "POST")
        match.headers = [IR.Condition(name: "x-version", value: "2"), IR.Condition(name: "x-kind", value: "a, b|c.*", isRegularExpression: true)]
        match.queryParameters = [IR.Condition(name: "Q", value: "")]
        var rule = rule(0, host: "h", matches: [match])
        rule.requestHeaders = [.init(.set, name: "x-a", value: "1"), .init(.add, name: "x-b", value: "é"), .init(.remove, name: "x-c")]
        rule.responseHeaders = [.init(.remove, name: "server")]
        rule.timeouts = IR.Timeouts(requestMillis: 0, backendRequestMillis: 1_500)
        (rule.cors, rule.authentication, rule.rateLimits) = (0, 0, [0, 1, 2])
        return rule
    }

    private static func regexRule() -> IR.Rule {
        var match = match(.regularExpression, "/a/1/w/")
        match.pattern = "/w/([^/]+)/x"
        var rule = rule(3, host: "h", matches: [match])
        rule.rewrite = .replaceFullPath("/v/\\1")
        return rule
    }

    private static func secondRule() -> IR.Rule {
        var rule = rule(1, host: "h", matches: [match(.prefix, "/a/1/y")], modelPool: nil)
        rule.redirect = IR.Redirect(scheme: "https", hostname: "www", port: 8443, path: .replacePrefixMatch("/b"), statusCode: 301)
        (rule.cors, rule.authentication, rule.rateLimits) = (1, 1, [0, 1])
        return rule
    }
}
