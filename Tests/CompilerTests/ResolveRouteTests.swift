import Compiler
import Policies
import Testing

/// HTTPRoute matches, filters and timeouts, and the parts of a Backend, as the representation has them.
@Suite struct ResolveRouteTests {
    typealias IR = IntermediateRepresentation

    private static func text(rule: String, backend: String = "", api: String = "", annotations: String = "{}") -> String {
        """
        apiVersion: dp.wso2.com/v1alpha3
        kind: API
        metadata: {name: chat}
        spec: {apiName: chat, apiVersion: "1.0", basePath: /chat/v1.0, production: [{routeRefs: [route]}]\(api)}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: route}
        spec:
          hostnames: [a.example]
          rules:
            - {\(rule)}
        ---
        apiVersion: dp.wso2.com/v1alpha2
        kind: Backend
        metadata: {name: b}
        spec: {services: [{host: b.example, port: 80}]\(backend)}
        ---
        apiVersion: dp.wso2.com/v1alpha4
        kind: APIPolicy
        metadata: {name: models, annotations: \(annotations)}
        spec:
          default:
            modelBasedRoundRobin:
              productionModels: [{model: one, backendRef: {name: b}}, {model: two, backendRef: {name: b}}, {model: three, backendRef: {name: b}}]
          targetRef: {kind: API, name: chat}

        """
    }

    private static let backends = "backendRefs: [{group: dp.wso2.com, kind: Backend, name: b}]"

    private func rule(_ text: String) throws -> IR.Rule { try #require(try compile(Self.text(rule: text)).apis.first?.rules.first) }

    private func compile(_ text: String) throws -> IR {
        let compilation = Compilation(text)
        return try #require(compilation.representation, "\(compilation.text)")
    }

    @Test func expressionsPassThrough() throws {
        let match = try #require(try rule("matches: [{path: {type: RegularExpression, value: '/v1/models/([^/]+)'}}], \(Self.backends)").matches.first)
        #expect(match.type == .regularExpression && match.pattern == "/v1/models/([^/]+)" && match.basePath == "/chat/v1.0")
        #expect(match.path.hasPrefix("/chat/v1.0/v1/models"))
        let literal = try #require(try rule("matches: [{path: {type: RegularExpression, value: '/v1\\.1/models'}}], \(Self.backends)").matches.first)
        #expect(literal.type == .exact && literal.path == "/chat/v1.0/v1.1/models" && literal.pattern == nil)
    }

    @Test func groupsMayBeNamedUpToTheirNumber() throws {
        let filter = { (path: String) in "filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: '\(path)'}}}], \(Self.backends)" }
        let match = "matches: [{path: {type: RegularExpression, value: '/(?:a|b)/(?P<name>.*)/(x)?'}}], "
        #expect(try rule(match + filter(#"/\2/\1"#)).rewrite == .replaceFullPath(#"/\2/\1"#))
        #expect(Compilation(Self.text(rule: match + filter(#"/\3"#))).report.diagnostics.contains { $0.code == .rewrite })
        #expect(Compilation(Self.text(rule: filter(#"/\1"#))).report.diagnostics.contains { $0.code == .rewrite })
    }

    @Test func conditionsKeepTheirOrder() throws {
        let match = try #require(try rule("matches: [{headers: [{name: X-B, value: 'a b'}, {type: RegularExpression, name: X-A, value: 'v[12]'}], queryParams: [{name: Tier, value: gold}]}], \(Self.backends)").matches.first)
        #expect(match.headers == [IR.Condition(name: "x-b", value: "a b"), IR.Condition(name: "x-a", value: "v[12]", isRegularExpression: true)])
        #expect(match.queryParameters == [IR.Condition(name: "Tier", value: "gold")])
    }

    /// Rules with one path: those that are reached draw no warning.
    @Test(arguments: [
        ("{}", "{headers: [{name: a, value: b}]}", []),                       // more conditions come first
        ("{headers: [{name: a, value: b}]}", "{}", []),
        ("{headers: [{name: a, value: b}]}", "{headers: [{name: a, value: c}]}", []),
        ("{headers: [{name: a, value: b}]}", "{headers: [{name: A, value: b}]}", [1]),
        ("{method: GET}", "{headers: [{name: a, value: b}]}", []),
        ("{method: GET}", "{method: GET, queryParams: [{name: a, value: b}]}", []),
        ("{method: GET}", "{method: GET}", [1]),
        ("{path: {type: RegularExpression, value: '/a.*'}}", "{path: {type: RegularExpression, value: '/ab.*'}}", []),
        ("{path: {type: RegularExpression, value: '/a.*'}}", "{path: {type: RegularExpression, value: '/a.*'}, headers: [{name: a, value: b}]}", []),
    ])
    func warnsOnlyWhereNothingIsReached(_ first: String, _ second: String, _ unreached: [Int]) {
        let compilation = Compilation(Self.text(rule: "matches: [\(first), \(second)], \(Self.backends)"))
        #expect(compilation.report.diagnostics.count { $0.code == .neverMatches } == unreached.count, "\(compilation.text)")
        #expect(!compilation.report.failed)
    }

    @Test func aDefaultVersionIsServedWithoutItsSegment() throws {
        let ir = try compile(Self.text(rule: "matches: [{path: {type: Exact, value: /x}}, {path: {type: RegularExpression, value: '/y.*'}}], \(Self.backends)", api: ", isDefaultVersion: true"))
        #expect(ir.apis[0].rules[0].matches.map { "\($0.basePath) \($0.path)" } == ["/chat/v1.0 /chat/v1.0/x", "/chat/v1.0 /chat/v1.0", "/chat /chat/x", "/chat /chat"])
        #expect(ir.apis[0].isDefaultVersion)
    }

    @Test func filtersBecomeOperations() throws {
        let rule = try rule("""
            filters: [{type: RequestHeaderModifier, requestHeaderModifier: {remove: [X-Old], add: [{name: X-B, value: '1'}], set: [{name: X-A, value: '2'}]}},
                      {type: ResponseHeaderModifier, responseHeaderModifier: {set: [{name: Server, value: ours}]}}], timeouts: {request: 1m30s, backendRequest: 500ms}, \(Self.backends)
            """)
        #expect(rule.requestHeaders == [.init(.set, name: "x-a", value: "2"), .init(.add, name: "x-b", value: "1"), .init(.remove, name: "x-old")])
        #expect(rule.responseHeaders == [.init(.set, name: "server", value: "ours")])
        #expect(rule.timeouts == IR.Timeouts(requestMillis: 90_000, backendRequestMillis: 500))
    }

    @Test func aRedirectNeedsNoBackend() throws {
        let rule = try rule("matches: [{path: {value: /old}}], filters: [{type: RequestRedirect, requestRedirect: {scheme: https, port: 8443, path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}, statusCode: 308}}]")
        #expect(rule.redirect == IR.Redirect(scheme: "https", port: 8443, path: .replacePrefixMatch("/new"), statusCode: 308))
        #expect(rule.modelPool == nil && rule.backendPool == nil)
    }

    @Test func backendsKeepWhatTheyAskFor() throws {
        let backend = try #require(try compile(Self.text(rule: Self.backends, backend: """
            , protocol: https, tls: {allowedSANs: [llm.example]}, retry: {count: 2, statusCodes: [503, 429, 503]}, circuitBreaker: {maxRequests: 8},
              healthCheck: {interval: 5}, timeout: {upstreamResponseTimeout: 60, downstreamRequestIdleTimeout: 40}
            """)).backends.first)
        #expect(backend.tls == IR.BackendTLS(allowedSANs: ["llm.example"]))
        #expect(backend.retry == IR.Retry(count: 2, statusCodes: [429, 503]))
        #expect(backend.circuitBreaker == IR.CircuitBreaker(maxRequests: 8))
        #expect(backend.healthCheck == IR.HealthCheck(intervalSeconds: 5))
        #expect(backend.settings.responseTimeoutMillis == 60_000 && backend.requestIdleTimeoutMillis == 40_000)
    }

    @Test func tiersAndStickinessComeFromTheListsPolicy() throws {
        let ir = try compile(Self.text(rule: Self.backends, annotations: "{rtbl/tiers: \"2, 1\", rtbl/sticky: \"header:X-User\"}"))
        let pool = try #require(ir.apis[0].pools.first { $0.kind == .models })
        #expect(pool.targets.map(\.tier) == [0, 0, 1])
        #expect(pool.options.sticky == .header("x-user"))
        let off = try compile(Self.text(rule: Self.backends, annotations: "{rtbl/tiers: \"off\", rtbl/sticky: \"off\"}"))
        #expect(off.apis[0].pools.allSatisfy { $0.options.sticky == nil && $0.targets.allSatisfy { $0.tier == 0 } })
    }

    @Test(arguments: [("https://a.example", true), ("http://a.example:8080", true), ("*.wso2.com", true), ("https://*.example.com", true), ("*", true), ("null", true),
                      ("https://a.example/", false), ("a b", false), ("https://", false), ("https://a.example:0", false), ("", false)])
    func originsHaveNoPath(_ origin: String, _ isGood: Bool) {
        let policy = Self.text(rule: Self.backends).replacing("default:\n", with: "default:\n    cORSPolicy: {accessControlAllowOrigins: [\"\(origin)\"]}\n")
        #expect(Compilation(policy).report.failed == !isGood, "\(Compilation(policy).text)")
    }
}
