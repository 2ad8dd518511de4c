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
                ("environment", authentications.environments[number].isEmpty ? nil : .string(authentications.environments[number])),
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
        let features = TableReport.RuleFeatures(of: record, table)
        var filters: [YAMLText] = (rewrite(record).map { [$0] } ?? []) + self.filters(features)
        let number = rule.index.number
        for (kind, object) in [
            ("APIPolicy", policies.named[number].map { policies.policies[$0].object }), ("Authentication", authentications.named[number].map { authentications.policies[$0].object }),
            ("RateLimitPolicy", limits.named[number].map { limits.policies[$0].object }),
        ] {
            guard let object else { continue }
            filters.append(.map([("type", .string("ExtensionRef")), ("extensionRef", Self.reference(kind, object.name))]))
        }
        let backends = record.backendPoolIndex.map { index -> YAMLText in
            let pool = table.pools[index]
            return .list((0..<table.targetCount(of: pool)).map { number in
                let target = table.targets[pool.target(number)]
                return table.backendReference(target.backendIndex, from: namespace, weight: Int(target.weight))
            })
        }
        return .map([
            ("matches", .list(rule.matches.filter { !isWithoutVersion($0, record, base: base) }.map { match($0, base: base) })), ("filters", filters.isEmpty ? nil : .list(filters)), ("backendRefs", backends),
            ("timeouts", timeouts(features)),
        ])
    }

    /// Of a default version: the match is the one without the version segment, which comes of the other by itself.
    private func isWithoutVersion(_ match: RouteDocument.Match, _ rule: rtbl_rule, base: String) -> Bool {
        guard table.apis[rule.apiIndex].has(RTBL_API_DEFAULT_VERSION) else { return false }
        // The upstream path does without the base path; where a prefix is replaced, without the whole match.
        let path = table.text(match.path)
        guard match.regex == nil, Int(match.strip) == path.utf8.count else { return Int(match.strip) < base.utf8.count }
        return path != base && !path.hasPrefix(base + "/")
    }

    private func match(_ match: RouteDocument.Match, base: String) -> YAMLText {
        let trimmed = base.hasSuffix("/") ? base.dropLast() : base[...]
        let value = match.regex.map { table.text(table.regexes[Int($0)].pattern) }
            ?? String(decoding: table.text(match.path).utf8.dropFirst(trimmed.utf8.count), as: UTF8.self)
        let type = match.regex != nil ? "RegularExpression" : match.kind == .exact ? "Exact" : "PathPrefix"
        var probe = rtbl_route()
        probe.conditions = match.conditions
        let conditions = table.conditions(of: probe)
        let method = HTTPMethods.names.enumerated().first { match.methods == 1 << UInt16($0.offset) }?.element
        return .map([
            ("path", .map([("type", .string(type)), ("value", .string(value.isEmpty ? "/" : value))])),
            ("method", method.map { .string($0) }), ("headers", list(conditions.headers)), ("queryParams", list(conditions.queryParameters)),
        ])
    }

    private func list(_ conditions: [IntermediateRepresentation.Condition]) -> YAMLText? {
        conditions.isEmpty ? nil : .list(conditions.map { condition in
            .map([("type", .string(condition.isRegularExpression ? "RegularExpression" : "Exact")), ("name", .string(condition.name)), ("value", .string(condition.value))])
        })
    }

    /// Header modifiers and redirects.
    private func filters(_ features: TableReport.RuleFeatures?) -> [YAMLText] {
        var filters: [YAMLText] = []
        for (type, member, operations) in [
            ("RequestHeaderModifier", "requestHeaderModifier", features?.requestHeaders), ("ResponseHeaderModifier", "responseHeaderModifier", features?.responseHeaders),
        ] {
            guard let operations else { continue }
            func named(_ operation: IntermediateRepresentation.HeaderOperation.Operation) -> YAMLText? {
                let own = operations.filter { $0.operation == operation }
                if own.isEmpty { return nil }
                return .list(own.map { operation == .remove ? .string($0.name) : .map([("name", .string($0.name)), ("value", .string($0.value ?? ""))]) })
            }
            filters.append(.map([("type", .string(type)), (member, .map([("set", named(.set)), ("add", named(.add)), ("remove", named(.remove))]))]))
        }
        if let redirect = features?.redirect {
            let path: [(String, YAMLText?)]? = switch redirect.path {
            case .none: nil
            case .replaceFullPath(let value): [("type", .string("ReplaceFullPath")), ("replaceFullPath", .string(value))]
            case .replacePrefixMatch(let value): [("type", .string("ReplacePrefixMatch")), ("replacePrefixMatch", .string(value))]
            }
            filters.append(.map([("type", .string("RequestRedirect")), ("requestRedirect", .map([
                ("scheme", redirect.scheme.map { .string($0) }), ("hostname", redirect.hostname.map { .string($0) }), ("port", redirect.port.map { .number($0) }),
                ("path", path.map { .map($0) }), ("statusCode", .number(redirect.statusCode)),
            ]))]))
        }
        return filters
    }

    private func timeouts(_ features: TableReport.RuleFeatures?) -> YAMLText? {
        guard let features, features.requestTimeoutMillis ?? features.backendRequestTimeoutMillis != nil else { return nil }
        func duration(_ millis: Int?) -> YAMLText? { millis.map { .string($0 == 0 ? "0s" : Self.duration($0)) } }
        return .map([("request", duration(features.requestTimeoutMillis)), ("backendRequest", duration(features.backendRequestTimeoutMillis))])
    }

    /// Gateway API's Duration: numbers of at most five digits, each with its unit.
    private static func duration(_ millis: Int) -> String {
        [(millis / 3_600_000, "h"), (millis / 60_000 % 60, "m"), (millis / 1000 % 60, "s"), (millis % 1000, "ms")]
            .filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }

    private func rewrite(_ rule: rtbl_rule) -> YAMLText? {
        let value = YAMLText.string(table.text(rule.rewrite_value))
        let path: [(String, YAMLText?)]
        switch Int(rule.rewrite) {
        case RTBL_REWRITE_FULL, RTBL_REWRITE_CAPTURES: path = [("type", .string("ReplaceFullPath")), ("replaceFullPath", value)]
        case RTBL_REWRITE_PREFIX: path = [("type", .string("ReplacePrefixMatch")), ("replacePrefixMatch", value)]
        default: return nil
        }
        return .map([("type", .string("URLRewrite")), ("urlRewrite", .map([("path", .map(path))]))])
    }
}
