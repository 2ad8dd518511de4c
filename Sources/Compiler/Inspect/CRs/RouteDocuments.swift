import CTable
import RoutingTable

extension TableObjects {
    /// API.
    var apiDocuments: [YAMLText] {
        table.apis.indices.map { number in
            let api = table.apis[number]
            func environment(_ code: Int) -> YAMLText? {
                let names = routes.filter { $0.api.number == number && Int($0.environment) == code }.map(\.object.name)
                return names.isEmpty ? nil : .list([.map([("routeRefs", .list(names.map { .string($0) }))])])
            }
            return Self.object("dp.wso2.com/v1alpha3", "API", table.name(api), spec: [
                ("apiName", .string(table.text(api.api_name))), ("apiType", .string("REST")), ("apiVersion", .string(table.text(api.api_version))),
                ("basePath", .string(table.text(api.base_path))), ("organization", .string(table.text(api.organization))),
                ("isDefaultVersion", .flag(api.has(RTBL_API_DEFAULT_VERSION))),
                ("production", environment(RTBL_ENVIRONMENT_PRODUCTION)), ("sandbox", environment(RTBL_ENVIRONMENT_SANDBOX)),
            ])
        }
    }

    /// HTTPRoute.
    func routeDocument(_ route: RouteDocument) -> YAMLText {
        let base = table.text(table.apis[route.api].base_path)
        return Self.object("gateway.networking.k8s.io/v1", "HTTPRoute", route.object, spec: [
            ("hostnames", .list(route.hosts.map { .string($0) })),
            ("rules", .list(route.rules.map { rule($0, base: base, namespace: route.object.namespace) })),
        ])
    }

    private func rule(_ rule: RouteDocument.Rule, base: String, namespace: String) -> YAMLText {
        let record = table.rules[rule.index]
        var filters: [YAMLText] = rewrite(record).map { [$0] } ?? []
        if let policy = policies.named[rule.index.number] {
            filters.append(.map([("type", .string("ExtensionRef")), ("extensionRef", Self.reference("APIPolicy", policies.policies[policy].object.name))]))
        }
        let backends = record.backendPoolIndex.map { index -> YAMLText in
            let pool = table.pools[index]
            return .list((0..<table.targetCount(of: pool)).map { number in
                let target = table.targets[pool.target(number)]
                return table.backendReference(target.backendIndex, from: namespace, weight: Int(target.weight))
            })
        }
        return .map([
            ("matches", .list(rule.matches.map { match($0, base: base) })), ("filters", filters.isEmpty ? nil : .list(filters)), ("backendRefs", backends),
        ])
    }

    private func match(_ match: RouteDocument.Match, base: String) -> YAMLText {
        let trimmed = base.hasSuffix("/") ? base.dropLast() : base[...]
        let value = String(decoding: table.text(match.path).utf8.dropFirst(trimmed.utf8.count), as: UTF8.self)
        let method = HTTPMethods.names.enumerated().first { match.methods == 1 << UInt16($0.offset) }?.element
        return .map([
            ("path", .map([("type", .string(match.kind == .exact ? "Exact" : "PathPrefix")), ("value", .string(value.isEmpty ? "/" : value))])),
            ("method", method.map { .string($0) }),
        ])
    }

    private func rewrite(_ rule: rtbl_rule) -> YAMLText? {
        let value = YAMLText.string(table.text(rule.rewrite_value))
        let path: [(String, YAMLText?)]
        switch Int(rule.rewrite) {
        case RTBL_REWRITE_FULL: path = [("type", .string("ReplaceFullPath")), ("replaceFullPath", value)]
        case RTBL_REWRITE_PREFIX: path = [("type", .string("ReplacePrefixMatch")), ("replacePrefixMatch", value)]
        default: return nil
        }
        return .map([("type", .string("URLRewrite")), ("urlRewrite", .map([("path", .map(path))]))])
    }
}
