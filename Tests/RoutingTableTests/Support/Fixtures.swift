import Testing
@testable import Compiler

typealias IR = IntermediateRepresentation

/// Intermediate representations built by hand, so that the reader is tested without the resolver.
enum Fixtures {
    static func position(_ line: Int) -> IR.Position { IR.Position(file: "gateway.yaml", line: line) }

    static func reference(_ name: String) -> IR.Reference { IR.Reference(namespace: "llm", name: name) }

    static func backend(
        _ name: String, scheme: IR.Backend.Scheme = .https, host: String = "p", port: Int = 443, basePath: String = "/v1",
        credential: IR.Credential? = nil, settings: IR.BackendSettings = IR.BackendSettings()
    ) -> IR.Backend {
        IR.Backend(
            object: reference(name), scheme: scheme, host: host, port: port, basePath: basePath, credential: credential,
            settings: settings, position: position(90))
    }

    static func credential(_ kind: IR.Credential.Kind) -> IR.Credential {
        let name = switch kind { case .header: "api-key"; case .query: "key"; case .basic: "authorization" }
        return IR.Credential(
            kind: kind, secret: reference("s"), name: name, key: "k", passwordKey: kind == .basic ? "w" : nil)
    }

    static func targets(_ weights: [Int], backend: String) -> [IR.Target] {
        weights.enumerated().map { number, weight in
            IR.Target(model: "m\(number)", backend: reference(backend), weight: weight, tier: 0, position: position(40 + number))
        }
    }

    static let provider = IR.Provider(object: nil, requestModel: .body(["model"]))

    static func models(
        _ targets: [IR.Target], environment: IR.Environment = .production, provider: IR.Provider = provider,
        options: IR.Options = IR.Options()
    ) -> IR.Pool {
        IR.Pool(
            kind: .models, environment: environment, ownerKind: .apiPolicy, owner: reference("policy"), ruleIndex: nil,
            targets: targets, options: options, provider: provider, position: position(30))
    }

    static func backends(_ names: [String], ruleIndex: Int = 0, environment: IR.Environment = .production) -> IR.Pool {
        let targets = names.map { IR.Target(model: nil, backend: reference($0), weight: 1, tier: 0, position: position(20)) }
        return IR.Pool(
            kind: .backends, environment: environment, ownerKind: .httpRoute, owner: reference("route"), ruleIndex: ruleIndex,
            targets: targets, options: IR.Options(), provider: nil, position: position(21))
    }

    static func match(_ type: IR.Match.PathType, _ path: String, _ method: String? = nil, basePath: String = "/a/1") -> IR.Match {
        IR.Match(type: type, basePath: basePath, path: path, method: method)
    }

    static func rule(
        _ index: Int, hosts: [String], matches: [IR.Match], rewrite: IR.Rewrite = .none, modelPool: Int? = 0,
        backendPool: Int? = nil, environment: IR.Environment = .production
    ) -> IR.Rule {
        IR.Rule(
            environment: environment, route: reference("route"), index: index, hosts: hosts, matches: matches, rewrite: rewrite,
            modelPool: modelPool, backendPool: backendPool, position: position(10 + index))
    }

    static func api(
        _ name: String, basePath: String = "/a/1", environments: [IR.Environment] = [.production], pools: [IR.Pool], rules: [IR.Rule]
    ) -> IR.API {
        IR.API(
            object: reference(name), apiName: "A", apiVersion: "1", basePath: basePath, organization: "o",
            isDefaultVersion: false, isOpen: true, environments: environments, pools: pools, rules: rules, position: position(1))
    }
}

// MARK: - Whole representations

extension Fixtures {
    /// Small, and with something in every section.
    static func small() -> IR {
        var ir = IR()
        var settings = IR.BackendSettings()
        settings.responseTimeoutMillis = 5
        ir.backends = [
            backend("b", credential: credential(.basic)),
            backend("c", scheme: .http, port: 8080, basePath: "", credential: credential(.query), settings: settings),
        ]
        let provider = IR.Provider(object: reference("ai"), requestModel: .body(["a", "b"]), totalTokens: .header("x-t"))
        let production = models(targets([2, 1], backend: "b"), provider: provider)
        let rules = [
            rule(0, hosts: ["h"], matches: [match(.exact, "/a/1/x", "POST")], rewrite: .replaceFullPath("/y"), backendPool: 1),
            rule(1, hosts: ["h", "*.w"], matches: [match(.prefix, "/a/1/x")], rewrite: .replacePrefixMatch("/z")),
        ]
        ir.apis = [api("a", pools: [production, backends(["b", "c"])], rules: rules)]
        return ir
    }

    /// What one team has: two APIs, both environments, rewrites, several hosts and credentials.
    static func typical() -> IR {
        var ir = IR()
        ir.backends = [
            backend("anthropic", host: "api.anthropic.com", credential: credential(.header)),
            backend("azure", host: "x.openai.azure.com", basePath: "/openai", credential: credential(.query)),
            backend("mistral", host: "api.mistral.ai", credential: credential(.basic)),
            backend("openai", host: "api.openai.com", credential: credential(.header)),
        ]
        var options = IR.Options()
        options.suspendSeconds = 60
        options.allSuspended = .leastRemaining
        ir.apis = ["chat", "embed"].map { name in
            let base = "/\(name)/2.0"
            let pools = [
                models(targets([5, 1, 1], backend: "openai"), options: options),
                models(targets([1, 1], backend: "azure") + targets([3], backend: "mistral"), environment: .sandbox),
                backends(["anthropic", "openai"], ruleIndex: 1),
            ]
            func at(_ type: IR.Match.PathType, _ path: String, _ method: String? = nil) -> IR.Match {
                match(type, base + path, method, basePath: base)
            }
            let rules = [
                rule(0, hosts: ["llm.example.com"], matches: [at(.exact, "/chat/completions", "POST"), at(.exact, "/models", "GET")]),
                rule(1, hosts: ["llm.example.com", "*.example.com"], matches: [at(.prefix, "/v1")], rewrite: .replacePrefixMatch("/"),
                     modelPool: nil, backendPool: 2),
                rule(2, hosts: ["*.sandbox.example.com"], matches: [at(.prefix, "")], rewrite: .replaceFullPath("/all"), modelPool: 1,
                     environment: .sandbox),
            ]
            return api(name, basePath: base, environments: [.production, .sandbox], pools: pools, rules: rules)
        }
        return ir
    }

    /// `count` APIs on `hosts` hosts, of two rules each.
    static func many(_ count: Int, hosts: Int = 20) -> IR {
        var ir = IR()
        ir.backends = (0..<max(1, count / 10)).map { backend("b\($0)", host: "b\($0).example.com") }
        ir.apis = (0..<count).map { number in
            let base = "/team\(number / hosts)/\(number)"
            let pool = models(targets([1 + number % 7, 1, 2], backend: "b\(number % ir.backends.count)"))
            let rules = [
                rule(0, hosts: ["h\(number % hosts).example.com"], matches: [match(.exact, base + "/chat/completions", "POST", basePath: base)]),
                rule(1, hosts: ["h\(number % hosts).example.com"], matches: [match(.prefix, base + "/v1", basePath: base)]),
            ]
            return api("api\(number)", basePath: base, pools: [pool], rules: rules)
        }
        return ir
    }
}

/// A whole representation by its name, which is what a test's report should say of it.
enum Fixture: String, CaseIterable, CustomTestStringConvertible {
    case small, typical, medium

    var ir: IR {
        switch self {
        case .small: Fixtures.small()
        case .typical: Fixtures.typical()
        case .medium: Fixtures.many(300)
        }
    }

    var testDescription: String { rawValue }
}
