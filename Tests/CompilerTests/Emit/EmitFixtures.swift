import Compiler

typealias IR = IntermediateRepresentation

/// Intermediate representations for the emitter's tests, built by hand so that they do not depend on the resolver.
enum EmitFixtures {
    /// One API, one route, one model at one backend: the smallest table that serves anything.
    static func minimal() -> IR {
        var ir = IR()
        ir.backends = [backend("b")]
        ir.apis = [api("a", host: "h", matches: [match(.exact, "/a/1/x", "POST")], targets: [target("m", "b")])]
        return ir
    }

    static func backend(_ name: String, host: String = "p", port: Int = 80) -> IR.Backend {
        decode("""
            {"object": {"namespace": "n", "name": "\(name)"}, "scheme": "http", "host": "\(host)", "port": \(port),
             "basePath": "/v1", "settings": {}, "position": {"file": "f.yaml", "line": 9}}
            """)
    }

    static func target(_ model: String, _ backend: String, weight: Int = 1) -> IR.Target {
        var target: IR.Target = decode("""
            {"model": "", "backend": {"namespace": "n", "name": "\(backend)"}, "weight": \(weight), "tier": 0}
            """)
        target.model = model
        return target
    }

    static func match(_ type: IR.Match.PathType, _ path: String, _ method: String? = nil, basePath: String = "/a/1") -> IR.Match {
        var match: IR.Match = decode(#"{"type": "\#(type.rawValue)", "basePath": "\#(basePath)", "path": "\#(path)"}"#)
        match.method = method
        return match
    }

    static func rule(_ index: Int, host: String, matches: [IR.Match], modelPool: Int? = 0) -> IR.Rule {
        var rule: IR.Rule = decode("""
            {"environment": "production", "route": {"namespace": "n", "name": "r"}, "index": \(index), "hosts": ["\(host)"],
             "matches": [], "rewrite": {}, "position": {"file": "f.yaml", "line": \(index + 3)}}
            """)
        rule.matches = matches
        rule.modelPool = modelPool
        return rule
    }

    static func api(_ name: String, host: String, matches: [IR.Match], targets: [IR.Target]) -> IR.API {
        var api: IR.API = decode("""
            {"object": {"namespace": "n", "name": "\(name)"}, "apiName": "A", "apiVersion": "1", "basePath": "/a/1",
             "organization": "o", "isDefaultVersion": false, "isOpen": true, "environments": ["production"],
             "pools": [{"kind": "models", "environment": "production", "ownerKind": "APIPolicy",
                        "owner": {"namespace": "n", "name": "p"}, "targets": [],
                        "options": {"suspendSeconds": 60, "failoverAttempts": 3, "failoverOn": ["429", "503", "529", "connect"],
                                    "suspendOn": ["429", "remaining"], "allSuspended": "reject", "retryAfter": "extend",
                                    "suspendFor": "policy", "clientModel": "ignore", "missingModel": "insert"},
                        "provider": {"requestModel": {"body": ["model"]}}}],
             "rules": [], "position": {"file": "f.yaml", "line": 1}}
            """)
        api.pools[0].targets = targets
        api.rules = [rule(0, host: host, matches: matches)]
        return api
    }

    /// Made from the JSON of a whole representation, which also keeps IR.md honest.
    private static func decode<Part: Decodable>(_ json: String) -> Part {
        do { return try EmitFixtureDecoder.decode(json) } catch { fatalError("\(error): \(json)") }
    }
}
