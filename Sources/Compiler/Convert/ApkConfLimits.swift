import Policies

extension ApkConf {
    /// RateLimitPolicies: the API's, or those of operations.
    mutating func addLimits(_ operations: [ConfNode]) {
        if let own = root["rateLimit"] { addLimit(names.limit, target: "API", own) }
        for operation in operations {
            guard let limit = operation["rateLimit"] else { continue }
            if root["rateLimit"] != nil {
                report("operation: a rate limit on the API and on the operation", at: limit.place, help: "keep one of the two")
            }
            addLimit(names.limit(target: operation["target"]?.text ?? "", verb: operation["verb"]?.text ?? ""), target: "Resource", limit)
        }
    }

    private mutating func addLimit(_ name: String, target: String, _ node: ConfNode) {
        check(node, "rateLimit", known: ["requestsPerUnit", "unit"], needed: ["requestsPerUnit", "unit"])
        documents.append(object("dp.wso2.com/v1alpha3", "RateLimitPolicy", name, at: node.place, [
            ("default", .map([("api", node.yaml)])), ("targetRef", TableObjects.reference(target, names.uniqueID)),
        ]))
    }

    /// AIRateLimitPolicy: each Backend has its own.
    mutating func addTokenLimit(_ node: ConfNode, backend: String) {
        check(node, "aiRatelimit", known: ["enabled", "token", "request"])
        guard flag(node, "enabled") ?? true else { return }
        documents.append(object("dp.wso2.com/v1alpha3", "AIRateLimitPolicy", names.tokenLimit(backend: backend), at: node.place, [
            ("default", .map([
                ("tokenCount", limit(node["token"], "token", ["promptLimit": "requestTokenCount", "completionLimit": "responseTokenCount", "totalLimit": "totalTokenCount"])),
                ("requestCount", limit(node["request"], "request", ["requestLimit": "requestsPerUnit"])),
            ])),
            ("targetRef", TableObjects.reference("Backend", backend)),
        ]))
    }

    /// - Parameter names: what the counts are called in the custom resource.
    private mutating func limit(_ node: ConfNode?, _ what: String, _ names: [String: String]) -> YAMLText? {
        guard let node else { return nil }
        check(node, what, known: names.keys.sorted() + ["unit"], needed: ["unit"])
        let counts = names.sorted { $0.key < $1.key }
        for (count, _) in counts {
            guard let value = node[count], value.number == 0 else { continue }
            report("\(what): \(count) 0 lets nothing through", at: value.place, help: "leave it out where there is no limit")
        }
        return .placed(node.place, .map(counts.map { ($0.value, node[$0.key]?.yaml) } + [("unit", node.string("unit"))]))
    }
}
