/// Custom resources that compile, of random shape: several APIs, environments and namespaces, policies for APIs and for
/// rules, every annotation, credentials, rewrites, wildcards, browsers' origins, TokenIssuers with keys from every source,
/// Authentications and limits for APIs and for rules.
struct RandomPolicies {
    private var random: SeededRandom
    private var documents: [String] = []
    private var hasIssuers = false

    static func text(seed: UInt64) -> String {
        var policies = RandomPolicies(random: SeededRandom(state: seed))
        policies.fill()
        return policies.documents.shuffled(using: &policies.random).joined(separator: "---\n")
    }

    private init(random: SeededRandom) { self.random = random }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    private mutating func pick(_ choices: [String]) -> String { choices.randomElement(using: &random) ?? "" }
    private mutating func chance(_ oneIn: Int) -> Bool { number(1...oneIn) == 1 }

    private mutating func fill() {
        for backend in 0..<4 { addBackend("b\(backend)", backend == 3 ? "other" : "default") }
        documents.append("apiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: {name: g, namespace: other}\nspec:\n  from: [{group: dp.wso2.com, kind: APIPolicy, namespace: default}, {group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}]\n  to: [{group: dp.wso2.com, kind: Backend}]\n")
        documents.append("apiVersion: dp.wso2.com/v1alpha4\nkind: AIProvider\nmetadata: {name: prov, namespace: default}\nspec:\n  requestModel: {in: \(pick(["Body", "Header"])), value: \(pick(["model", "x-model", "the_model"]))}\n  rateLimitFields: {totalToken: {in: Body, value: $.a.\"b\".c}}\n".replacing("\"b\"", with: "b"))
        documents.append("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: keys, namespace: default}\ndata:\n  one.pem: \(Self.quoted("about\n" + Self.pem("A")))\n  set.json: '{\"keys\": []}'\n")
        hasIssuers = chance(2)
        if hasIssuers { addIssuers() }
        for api in 0..<number(1...3) { addAPI(api) }
    }

    private mutating func addBackend(_ name: String, _ namespace: String) {
        var spec = "  services: [{host: \(name).example.com, port: \(pick(["80", "443", "8080"]))}]\n  protocol: \(pick(["http", "https"]))\n"
        if chance(2) { spec += "  basePath: \(pick(["/v1", "/v1/", "/x%2fy", "/"]))\n" }
        if chance(3) { spec += "  timeout: {upstreamResponseTimeout: \(number(1...900))}\n" }
        if chance(4) { spec += "  retry: {count: 2, statusCodes: [502, 503]}\n" }
        if chance(4) { spec += "  circuitBreaker: {maxConnections: 7}\n" }
        if chance(4) { spec += "  healthCheck: {interval: 9}\n" }
        switch number(1...4) {
        case 1: spec += "  security: {apiKey: {in: Header, name: X-Key, valueFrom: {name: s, valueKey: k\(number(1...2))}}}\n"
        case 2: spec += "  security: {apiKey: {in: Query, name: key, valueFrom: {name: s, valueKey: k1}}}\n"
        case 3: spec += "  security: {basic: {secretRef: {name: s, usernameKey: u, passwordKey: p}}}\n"
        default: break
        }
        documents.append("apiVersion: dp.wso2.com/v1alpha2\nkind: Backend\nmetadata: {name: \(name), namespace: \(namespace)}\nspec:\n\(spec)")
        guard chance(4) else { return }
        let counts = [pick(["requestTokenCount: 5, totalTokenCount: 9", "responseTokenCount: 7"]), pick(["Minute", "Hour"]), pick(["", ", requestCount: {requestsPerUnit: 4, unit: Day}"])]
        documents.append("apiVersion: dp.wso2.com/v1alpha3\nkind: AIRateLimitPolicy\nmetadata: {name: tokens-\(name), namespace: \(namespace)}\nspec:\n  \(pick(["default", "override"])): {tokenCount: {unit: \(counts[1]), \(counts[0])}\(counts[2])}\n  targetRef: {group: dp.wso2.com, kind: Backend, name: \(name)}\n")
    }

    // MARK: - Callers

    /// For each organization one issuer for every environment, and perhaps another for one.
    private mutating func addIssuers() {
        for (number, organization) in ["default", "\"o: 1\""].enumerated() {
            addIssuer("issuer\(number)", organization, "")
            if chance(2) { addIssuer("issuer\(number)-dev", organization, "  environments: [dev]\n") }
        }
    }

    private mutating func addIssuer(_ name: String, _ organization: String, _ environments: String) {
        let keys = pick([
            "certificate: {certificateInline: \(Self.quoted(Self.pem("B")))}", "certificate: {configMapRef: {name: keys, key: one.pem}}", "certificate: {configMapRef: {name: keys, key: set.json}}",
            "jwks: {url: \"https://id.example.com/jwks\"}", "jwks: {url: \"https://id.example.com/jwks\", tls: {configMapRef: {name: keys, key: one.pem}}}",
        ])
        let mappings = chance(2) ? "  claimMappings: [{remoteClaim: a, localClaim: b}]\n" : ""
        documents.append("apiVersion: dp.wso2.com/v1alpha2\nkind: TokenIssuer\nmetadata: {name: \(name), namespace: default}\nspec:\n  name: \(name)\n  organization: \(organization)\n  issuer: https://\(name)\n  consumerKeyClaim: azp\n  scopesClaim: scope\n\(environments)\(mappings)  signatureValidation: {\(keys)}\n")
    }

    private mutating func addAuthentication(_ name: String, _ kind: String, _ target: String) {
        var types = [hasIssuers ? pick(["oauth2: {required: optional}", "oauth2: {header: X-Token, sendTokenToUpstream: true}", "oauth2: {disabled: true}"]) : "oauth2: {disabled: true}"]
        if hasIssuers, chance(2) { types.append("jwt: {disabled: false, header: X-Jwt, audience: [a, \"b c\"]}") }
        if hasIssuers, chance(2) { types.append("apiKey: [{in: Header, name: X-Key}, {in: Query, name: key, sendTokenToUpstream: true}]") }
        if chance(2) || !hasIssuers { types.append("mtls: {required: \(pick(["mandatory", "optional"])), certificatesInline: [\(Self.quoted(Self.pem("C")))], configMapRefs: [{name: keys, key: one.pem}]}") }
        let layer = chance(5) ? "{disabled: true}" : "{authTypes: {\(types.joined(separator: ", "))}}"
        documents.append("apiVersion: dp.wso2.com/v1alpha2\nkind: Authentication\nmetadata: {name: \(name), namespace: default}\nspec:\n  default: \(layer)\n  targetRef: {group: dp.wso2.com, kind: \(kind), name: \(target)}\n")
    }

    private mutating func addLimit(_ name: String, _ kind: String, _ target: String) {
        documents.append("apiVersion: dp.wso2.com/v1alpha3\nkind: RateLimitPolicy\nmetadata: {name: \(name), namespace: default}\nspec:\n  \(pick(["default", "override"])): {api: {requestsPerUnit: \(number(1...9)), unit: \(pick(["Minute", "Hour", "Day"]))}}\n  targetRef: {group: dp.wso2.com, kind: \(kind), name: \(target)}\n")
    }

    /// DER of no certificate; the compiler looks at the form alone.
    static func pem(_ letter: String) -> String { "-----BEGIN CERTIFICATE-----\nMIIB\(String(repeating: letter, count: 60))\n-----END CERTIFICATE-----\n" }

    private static func quoted(_ text: String) -> String { "\"\(text.replacing("\n", with: "\\n"))\"" }

    // MARK: - APIs

    private mutating func addAPI(_ api: Int) {
        let name = "api\(api)"
        let environments = [["production"], ["sandbox"], ["production", "sandbox"]].randomElement(using: &random) ?? []
        var rulePolicies: [String] = []
        for policy in 0..<number(0...2) {
            rulePolicies.append("\(name)-rule\(policy)")
            addPolicy("\(name)-rule\(policy)", "Resource", name, environments, layer: "default")
        }
        if chance(2) || rulePolicies.isEmpty { addPolicy("\(name)-policy", "API", name, environments, layer: pick(["default", "default", "override"])) }
        var spec = "  apiName: \(pick(["Chat", "No", "\"1\""]))\n  apiVersion: \"1.\(api)\"\n  basePath: /\(pick(["a", "b.c", "D~e"]))\(api)/1.\(api)\n  organization: \(pick(["default", "\"o: 1\""]))\n"
        if chance(4) { spec += "  isDefaultVersion: true\n" }
        if chance(3) { spec += "  environment: \(pick(["dev", "prod"]))\n" }
        var authentications: [String] = [], limits: [String] = []
        for rule in 0..<number(0...2) {
            authentications.append("\(name)-auth\(rule)")
            addAuthentication("\(name)-auth\(rule)", "Resource", name)
        }
        if chance(2) { addAuthentication("\(name)-auth", "API", name) }
        if chance(3) {
            limits.append("\(name)-limit0")
            addLimit("\(name)-limit0", "Resource", name)
        }
        if chance(3) { addLimit("\(name)-limit", "API", name) }
        for environment in environments {
            let count = number(1...2)
            spec += "  \(environment): [{routeRefs: [\((0..<count).map { "\(name)-\(environment)\($0)" }.joined(separator: ", "))]}]\n"
            for route in 0..<count { addRoute("\(name)-\(environment)\(route)", "\(environment).h\(route)", [("APIPolicy", rulePolicies), ("Authentication", authentications), ("RateLimitPolicy", limits)]) }
        }
        documents.append("apiVersion: dp.wso2.com/v1alpha3\nkind: API\nmetadata: {name: \(name), namespace: default}\nspec:\n\(spec)")
    }

    private mutating func addRoute(_ name: String, _ host: String, _ extensions: [(kind: String, names: [String])]) {
        var spec = "  hostnames: [\(chance(2) ? "\"*.\(host).z.com\", " : "")\(host).a.com\(chance(2) ? ", \(host).b.com" : "")]\n  rules:\n"
        for rule in 0..<number(1...4) {
            let isPrefix = chance(3), isRegex = !isPrefix && chance(3)
            spec += "  - matches:\n"
            for match in 0..<number(1...3) {
                spec += "    - {path: {type: \(isPrefix ? "PathPrefix" : isRegex ? "RegularExpression" : "Exact"), value: '\(pick(["/x", "/chat/completions", "/q%2Fr", "/%7e"]))/\(rule)\(match)\(isRegex ? pick(["/(.*)", "/([a-z]+)/x", "(/[0-9]+)?"]) : "")'}\(chance(4) ? ", headers: [{name: X-Tier, value: \(pick(["gold", "\"a b\""]))}], queryParams: [{type: RegularExpression, name: q, value: \"[0-9]+\"}]" : "")\(chance(2) ? ", method: \(pick(["GET", "POST", "PATCH"]))" : "")}\n"
            }
            var filters: [String] = []
            if chance(3) { filters.append(isPrefix && chance(2) ? "{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: \(pick(["/", "/p", "/p/"]))}}}" : "{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: \(isRegex ? pick(["/full/\\1", "/full"]) : "/full/path")}}}") }
            if chance(5) { filters.append("{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: X-A, value: b}], remove: [x-c]}}") }
            if chance(5) { filters.append("{type: ResponseHeaderModifier, responseHeaderModifier: {add: [{name: x-d, value: \"e f\"}]}}") }
            for (kind, names) in extensions where !names.isEmpty && chance(2) {
                filters.append("{type: ExtensionRef, extensionRef: {group: dp.wso2.com, kind: \(kind), name: \(pick(names))}}")
            }
            if !filters.isEmpty { spec += "    filters: [\(filters.joined(separator: ", "))]\n" }
            if chance(4) { spec += "    timeouts: {request: \(pick(["1m30s", "2h", "1500ms", "0s"]))}\n" }
            spec += "    backendRefs: [\((0..<number(1...3)).map { "{group: dp.wso2.com, kind: Backend, name: b\($0), weight: \(number(1...6))}" }.joined(separator: ", "))]\n"
        }
        documents.append("apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: \(name), namespace: default}\nspec:\n\(spec)")
    }

    private mutating func addPolicy(_ name: String, _ kind: String, _ target: String, _ environments: [String], layer: String) {
        var annotations: [String] = []
        for (annotation, values) in [
            ("all-suspended", ["reject", "least-remaining", "passthrough"]), ("failover-attempts", ["1", "5"]), ("failover-on", ["429,500,timeout", "connect"]),
            ("suspend-on", ["429,503", "remaining,connect"]), ("retry-after", ["ignore"]), ("suspend-for", ["reset"]), ("client-model", ["honour"]), ("missing-model", ["pass", "reject"]), ("sticky", ["header:x-user", "claim:sub"]),
        ] where chance(4) { annotations.append("rtbl/\(annotation): \"\(pick(values))\"") }
        var lists = ""
        for environment in environments {
            let models = (0..<number(1...4)).map { target in
                let backend = number(0...3)
                return "{model: \(pick(["gpt-4o", "\"a: b\"", "\"m@1\"", "ünï", "\"quote\\\"d\"", "\"null\""]))-\(target), backendRef: {name: b\(backend)\(backend == 3 ? ", namespace: other" : "")}, weight: \(number(1...9))}".replacing("\"-", with: "-")
            }
            lists += "      \(environment)Models:\n" + models.map { "      - \(Self.closed($0))\n" }.joined()
        }
        let provider = chance(2) ? "    aiProvider: {name: prov}\n" : ""
        let origins = pick(["[\"*\"]", "[\"https://a.example.com\", \"null\"]"]), age = chance(2) ? ", accessControlMaxAge: 60" : ""
        let cors = chance(3) ? "    cORSPolicy: {accessControlAllowOrigins: \(origins), accessControlAllowMethods: [GET], accessControlAllowCredentials: \(pick(["true", "false"]))\(age)}\n" : ""
        documents.append("apiVersion: dp.wso2.com/v1alpha4\nkind: APIPolicy\nmetadata:\n  name: \(name)\n  namespace: default\n  annotations: {\(annotations.joined(separator: ", "))}\nspec:\n  \(layer):\n\(cors)\(provider)    modelBasedRoundRobin:\n      onQuotaExceedSuspendDuration: \(number(0...99))\n\(lists)  targetRef: {group: dp.wso2.com, kind: \(kind), name: \(target)}\n")
    }

    /// A quoted model that got a number behind it ends with its quote.
    private static func closed(_ entry: String) -> String {
        guard entry.hasPrefix("{model: \""), let comma = entry.firstRange(of: ", backendRef") else { return entry }
        return entry[..<comma.lowerBound] + "\"" + entry[comma.lowerBound...]
    }
}
