import Compiler
import Policies
import Testing

/// Authentication, TokenIssuers, limits and cORSPolicy: what the layers say together.
@Suite struct ResolveSecurityTests {
    typealias IR = IntermediateRepresentation

    /// An API of organization "acme" with two rules; the first names an Authentication and a RateLimitPolicy.
    private static let base = """
        apiVersion: dp.wso2.com/v1alpha3
        kind: API
        metadata: {name: chat}
        spec: {apiName: chat, apiVersion: "1", basePath: /chat/1, organization: acme, environment: live, production: [{routeRefs: [route]}]}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: route}
        spec:
          hostnames: [a.example]
          parentRefs: [{name: gateway}]
          rules:
            - matches: [{path: {type: Exact, value: /x}}]
              filters:
                - {type: ExtensionRef, extensionRef: {group: dp.wso2.com, kind: Authentication, name: rule}}
                - {type: ExtensionRef, extensionRef: {group: dp.wso2.com, kind: RateLimitPolicy, name: rule}}
              backendRefs: [{group: dp.wso2.com, kind: Backend, name: b}]
            - matches: [{path: {type: Exact, value: /y}}]
              backendRefs: [{group: dp.wso2.com, kind: Backend, name: b}]
        ---
        apiVersion: dp.wso2.com/v1alpha2
        kind: Backend
        metadata: {name: b}
        spec: {services: [{host: b.example, port: 80}]}

        """

    private static func policy(_ kind: String, _ name: String, _ target: String, override: String = "{}", default fallback: String = "{}", version: String = "v1alpha2") -> String {
        """
        ---
        apiVersion: dp.wso2.com/\(version)
        kind: \(kind)
        metadata: {name: \(name)}
        spec: {override: \(override), default: \(fallback), targetRef: {group: gateway.networking.k8s.io, kind: \(target), name: \(target == "Gateway" ? "gateway" : "chat")}}

        """
    }

    private static func authentication(_ name: String, _ target: String, override: String = "{}", default fallback: String = "{}") -> String {
        policy("Authentication", name, target, override: override, default: fallback)
    }

    private static func limit(_ name: String, _ target: String, override: Int? = nil, default fallback: Int? = nil) -> String {
        let text = { (count: Int?) in count.map { "{api: {requestsPerUnit: \($0), unit: Hour}}" } ?? "{}" }
        return policy("RateLimitPolicy", name, target, override: text(override), default: text(fallback), version: "v1alpha3")
    }

    private static func issuer(_ name: String, organization: String = "acme", environments: String = "[]", more: String = "") -> String {
        """
        ---
        apiVersion: dp.wso2.com/v1alpha2
        kind: TokenIssuer
        metadata: {name: \(name)}
        spec:
          {name: \(name), organization: \(organization), issuer: "https://\(name).example", consumerKeyClaim: azp, scopesClaim: scope, environments: \(environments),
           signatureValidation: {jwks: {url: "https://\(name).example/jwks"}}\(more)}

        """
    }

    private static let ruleAuthentication = authentication("rule", "Resource", default: "{authTypes: {}}")
    private static let ruleLimit = limit("rule", "Resource", default: 1)

    private func compile(_ parts: String...) throws -> IR {
        let compilation = Compilation(Self.base + parts.joined())
        return try #require(compilation.representation, "\(compilation.text)")
    }

    private func codes(_ parts: String...) -> [DiagnosticCode] {
        Compilation(Self.base + parts.joined()).report.diagnostics.filter { $0.severity == .error }.map(\.code)
    }

    /// `disabled` in one to four layers: the highest decides, for the rule with an Authentication and for the other.
    @Test(arguments: 1..<16) func theHighestLayerSaysWhetherTheRuleIsOpen(_ present: Int) throws {
        // Alternating, so that each layer differs from its neighbours: API.override closed, Resource.override open, …
        let layer = { (bit: Int, isDisabled: Bool) in present & bit == 0 ? "{}" : "{disabled: \(isDisabled)}" }
        let ir = try compile(
            Self.issuer("idp"), Self.ruleLimit, Self.authentication("api", "API", override: layer(1, false), default: layer(8, true)),
            Self.authentication("rule", "Resource", override: layer(2, true), default: layer(4, false)))
        let isDisabled = [1: false, 2: true, 4: false, 8: true]
        let first = { (bits: [Int]) in bits.first { present & $0 != 0 }.flatMap { isDisabled[$0] } ?? false }
        #expect(ir.apis[0].rules.map { $0.authentication == nil } == [first([1, 2, 4, 8]), first([1, 8])])
        #expect(ir.apis[0].isOpen == (first([1, 2, 4, 8]) && first([1, 8])))
    }

    @Test func anIssuerAloneAsksForTokens() throws {
        let ir = try compile(Self.issuer("b-idp"), Self.issuer("a-idp"), Self.ruleLimit, Self.authentication("rule", "Resource", default: "{disabled: true}"))
        #expect(ir.apis[0].rules.map { $0.authentication } == [nil, 0])
        #expect(ir.authentications == [IR.Authentication(oauth2: IR.TokenScheme(), issuers: [0, 1])])
        #expect(ir.tokenIssuers.map(\.name) == ["a-idp", "b-idp"])
        #expect(ir.tokenIssuers[0].keySetURL == "https://a-idp.example/jwks" && ir.tokenIssuers[0].consumerKeyClaim == "azp")
        #expect(!ir.apis[0].isOpen)
    }

    @Test func issuersAreThoseOfOrganizationEnvironmentAndGateway() throws {
        let ir = try compile(
            Self.issuer("mine", environments: "[test, live]"), Self.issuer("other", organization: "other"), Self.issuer("staging", environments: "[staging]"),
            Self.issuer("gateway", more: ", targetRef: {kind: Gateway, name: gateway}"), Self.issuer("elsewhere", more: ", targetRef: {kind: Gateway, name: edge}"),
            Self.ruleAuthentication, Self.ruleLimit)
        #expect(ir.tokenIssuers.map(\.name) == ["gateway", "mine"])
    }

    @Test func schemesAreMergedFieldByField() throws {
        let ir = try compile(
            Self.issuer("idp"), Self.ruleLimit,
            Self.authentication("api", "API", override: "{authTypes: {oauth2: {header: X-Token}}}",
                                default: "{authTypes: {oauth2: {header: ignored, sendTokenToUpstream: true}, jwt: {disabled: false, audience: [one]}, apiKey: [{in: Query, name: key}]}}"),
            Self.authentication("rule", "Resource", default: "{authTypes: {jwt: {audience: [two, three]}, apiKey: [{in: Header, name: X-Key}]}}"))
        let (first, second) = (ir.authentications[0], ir.authentications[1])
        #expect(first.oauth2 == IR.TokenScheme(header: "x-token", sendsTokenUpstream: true) && second.oauth2 == first.oauth2)
        #expect(first.jwt == IR.TokenScheme(header: "internal-key", audiences: ["two", "three"]) && second.jwt?.audiences == ["one"])
        #expect(first.apiKeys == [IR.APIKeyScheme(in: .header, name: "x-key")] && second.apiKeys == [IR.APIKeyScheme(in: .query, name: "key")])
        #expect(first.object?.name == "api")
    }

    @Test func aGatewaysLayersStandAround() throws {
        let ir = try compile(
            Self.issuer("idp"), Self.ruleLimit, Self.ruleAuthentication,
            Self.authentication("gateway", "Gateway", override: "{authTypes: {oauth2: {header: top}}}", default: "{authTypes: {oauth2: {sendTokenToUpstream: true}}}"),
            Self.authentication("api", "API", override: "{authTypes: {oauth2: {header: middle}}}", default: "{authTypes: {oauth2: {sendTokenToUpstream: false}}}"))
        #expect(Set(ir.authentications.map(\.oauth2)) == [IR.TokenScheme(header: "top")])
    }

    @Test func clientCertificatesAreListedWholeAndNeedNoIssuer() throws {
        let pem = "-----BEGIN CERTIFICATE-----\n\(String(repeating: "MIIBAAAA", count: 16))\n-----END CERTIFICATE-----"
        let map = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: clients}\ndata:\n  ca.crt: |\n" + ("some text\n" + pem).split(separator: "\n").map { "    \($0)\n" }.joined()
        let types = { (oauth2: String, required: String) in
            "{authTypes: {oauth2: {\(oauth2)}, mtls: {required: \(required), configMapRefs: [{name: clients, key: ca.crt}]}}}"
        }
        let ir = try compile(map, Self.ruleLimit, Self.ruleAuthentication, Self.authentication("api", "API", default: types("disabled: true", "optional")))
        let found = try #require(ir.authentications.first)
        #expect(found.oauth2 == nil && found.issuers.isEmpty && found.mutualTLS?.isMandatory == false)
        #expect(found.mutualTLS?.certificates.hasPrefix("-----BEGIN CERTIFICATE-----\nMIIBAAAA") == true)
        let both = try compile(map, Self.issuer("idp"), Self.ruleLimit, Self.ruleAuthentication, Self.authentication("api", "API", default: types("", "mandatory")))
        #expect(both.authentications.first?.oauth2?.isMandatory == true && both.authentications.first?.mutualTLS?.isMandatory == true)
        let one = try compile(map, Self.issuer("idp"), Self.ruleLimit, Self.ruleAuthentication, Self.authentication("api", "API", default: types("required: mandatory", "optional")))
        #expect(one.authentications.first?.oauth2?.isMandatory == false)
    }

    @Test func aKeySetMayStandForACertificate() throws {
        let keys = Self.issuer("idp").replacing("jwks: {url: \"https://idp.example/jwks\"}", with: "certificate: {certificateInline: '{\"keys\": []}'}")
        let ir = try compile(keys, Self.ruleLimit, Self.ruleAuthentication)
        #expect(ir.tokenIssuers.map(\.keySet) == ["{\"keys\": []}"] && ir.tokenIssuers[0].certificates == nil)
    }

    @Test func limitsFollowTheLayersAndSayWhatSharesACounter() throws {
        let open = Self.authentication("rule", "Resource", default: "{disabled: true}")
        let limits = { (ir: IR) in ir.apis[0].rules.map { rule in rule.rateLimits.map { "\(ir.rateLimits[$0].requests) \(ir.rateLimits[$0].scope)" } } }
        #expect(try limits(compile(open, Self.limit("rule", "Resource", override: 10), Self.limit("api", "API", default: 2))) == [["10 resource"], ["2 api"]])
        #expect(try limits(compile(open, Self.limit("rule", "Resource", override: 10), Self.limit("api", "API", override: 3, default: 2))) == [["3 api"], ["3 api"]])
        #expect(try limits(compile(open, Self.limit("rule", "Resource", default: 10))) == [["10 resource"], []])
    }

    @Test func aBackendsTokenLimitIsItsPolicys() throws {
        let policy = Self.policy("AIRateLimitPolicy", "tokens", "Backend", override: "{tokenCount: {unit: Hour, totalTokenCount: 9}}",
                                 default: "{tokenCount: {unit: Minute, requestTokenCount: 4}, requestCount: {requestsPerUnit: 7, unit: Day}}", version: "v1alpha3")
            .replacing("name: chat}", with: "name: b}")
        let ir = try compile(Self.authentication("rule", "Resource", default: "{disabled: true}"), Self.ruleLimit, policy)
        #expect(ir.backends[0].aiRateLimit == IR.AIRateLimit(
            object: IR.Reference(namespace: "default", name: "tokens"), tokens: .init(unit: .hour, total: 9), requests: .init(unit: .day, limit: 7)))
    }

    @Test func corsIsMergedAndMayBeSwitchedOff() throws {
        let open = Self.authentication("rule", "Resource", default: "{disabled: true}") + Self.ruleLimit
        let policy = { (override: String, fallback: String) in Self.policy("APIPolicy", "cors", "API", override: override, default: fallback, version: "v1alpha4") }
        let ir = try compile(open, policy("{cORSPolicy: {accessControlAllowOrigins: [\"*.example.com\"]}}", "{cORSPolicy: {accessControlAllowOrigins: [\"*\"], accessControlMaxAge: 60}}"))
        #expect(ir.corsPolicies == [IR.CORS(origins: ["*.example.com"], maxAgeSeconds: 60)] && ir.apis[0].rules.map(\.cors) == [0, 0])
        let off = try compile(open, policy("{cORSPolicy: {enabled: false}}", "{cORSPolicy: {accessControlAllowOrigins: [\"*\"]}}"))
        #expect(off.corsPolicies.isEmpty && off.apis[0].rules.allSatisfy { $0.cors == nil })
    }

    @Test func tokensThatNobodyIssuesAreAnError() {
        #expect(codes(Self.ruleAuthentication, Self.ruleLimit) == [.noIssuer])
        #expect(codes(Self.issuer("other", organization: "other"), Self.ruleLimit, Self.authentication("rule", "Resource", default: "{disabled: true}")) == [.noIssuer])
    }
}
