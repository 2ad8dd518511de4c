import CTable
import RoutingTable

extension TableReport {
    /// Everything that `mapped` says.
    package init(_ mapped: borrowing MappedTable) {
        let table = mapped.table
        let header = mapped.header
        self.init(
            format: "\(header.major).\(header.minor)", fileBytes: header.fileBytes,
            digest: header.digest.hex, trafficDigest: header.trafficDigest.hex,
            sections: mapped.directory.map(Section.init),
            apis: [], backends: table.backends.indices.map { Backend(table.backends[$0], number: $0, table) }, shared: Shared(table))
        apis = TableReport.apis(of: table)
    }

    private static func apis(of table: RoutingTable) -> [API] {
        var apis = table.apis.indices.map { API(table.apis[$0], number: $0, table) }
        for number in table.pools.indices {
            let pool = table.pools[number]
            apis[pool.apiIndex.number].pools.append(Pool(pool, number: number, table))
        }
        for (rule, route) in routes(of: table) {
            apis[table.rules[rule].apiIndex.number].routes.append(route)
        }
        return apis
    }

    /// With the number of their rule: in document order, in a rule by host and path.
    private static func routes(of table: RoutingTable) -> [(rule: Int, route: Route)] {
        var routes: [(rule: Int, route: Route)] = []
        routes.reserveCapacity(table.routes.count)
        for number in table.nodes.indices {
            let node = table.nodes[number]
            for route in node.routeRange {
                let rule = table.routes[route].ruleIndex.number
                routes.append((rule, Route(table.routes[route], isPrefix: node.prefixRoutes.contains(route), node, table)))
            }
        }
        let order = routes.indices.sorted { (routes[$0].rule, $0) < (routes[$1].rule, $1) }
        return order.map { routes[$0] }
    }
}

extension TableReport.Section {
    fileprivate init(_ entry: SectionEntry) {
        self.init(
            kind: Int(entry.kind), name: entry.name, elements: entry.count, elementBytes: entry.elementBytes,
            bytes: entry.byteCount, offset: entry.offset)
    }
}

extension TableReport.API {
    init(_ api: rtbl_api, number: Int, _ table: RoutingTable) {
        var environments: [String] = []
        if api.has(RTBL_API_PRODUCTION) { environments.append("production") }
        if api.has(RTBL_API_SANDBOX) { environments.append("sandbox") }
        self.init(
            object: table.object(api.object_namespace, api.object_name), name: table.text(api.api_name),
            version: table.text(api.api_version), basePath: table.text(api.base_path), organization: table.text(api.organization),
            isOpen: api.has(RTBL_API_OPEN), isDefaultVersion: api.has(RTBL_API_DEFAULT_VERSION), environments: environments,
            routes: [], pools: [], position: table.position { $0.apis[number] })
    }
}

extension rtbl_api {
    func has(_ flag: Int) -> Bool { flags & UInt32(flag) != 0 }
}

extension TableReport.Route {
    init(_ route: rtbl_route, isPrefix: Bool, _ node: rtbl_node, _ table: RoutingTable) {
        let rule = table.rules[route.ruleIndex]
        let regex = route.regexNumber.map { table.text(table.regexes[Int($0)].pattern) }
        let whole = table.text(node.path)
        let path = regex == nil ? whole : String(decoding: whole.utf8.prefix(Int(route.strip_bytes)), as: UTF8.self)
        let host = table.hosts[Int(node.host)]
        let conditions = table.conditions(of: route)
        self.init(
            environment: environmentName(rule.environment), host: (host.isWildcard ? "*" : "") + table.text(host.name),
            methods: Self.methods(route.methods), match: regex != nil ? "regex" : isPrefix ? "prefix" : "exact", path: path, pattern: regex,
            headers: conditions.headers.nilIfEmpty, queryParameters: conditions.queryParameters.nilIfEmpty,
            features: TableReport.RuleFeatures(of: rule, table),
            upstreamPath: Self.upstreamPath(of: rule, path: path, strip: Int(route.strip_bytes), isOpen: isPrefix || regex != nil, table),
            modelPool: rule.modelPoolIndex?.number, backendPool: rule.backendPoolIndex?.number,
            position: table.position { $0.rules[route.ruleIndex.number] })
    }

    static func methods(_ bits: UInt16) -> [String] {
        if bits == RTBL_METHOD_ALL { return [] }
        let names = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]
        return names.enumerated().filter { bits >> $0.offset & 1 != 0 }.map(\.element)
    }

    /// FORMAT.md, "Upstream path", less the Backend's base path.
    ///
    /// - Parameter isOpen: whether the request's path may go on behind `path`.
    private static func upstreamPath(of rule: rtbl_rule, path: String, strip: Int, isOpen: Bool, _ table: RoutingTable) -> String {
        let value = table.text(rule.rewrite_value)
        if [RTBL_REWRITE_FULL, RTBL_REWRITE_CAPTURES].contains(Int(rule.rewrite)) { return value }
        let rest = String(decoding: path.utf8.dropFirst(strip), as: UTF8.self)
        let known = value.hasSuffix("/") ? value.dropLast() + rest : value + rest
        return isOpen ? known + "/…" : (known.isEmpty ? "/" : known)
    }
}

extension TableReport.Pool {
    init(_ pool: rtbl_pool, number: Int, _ table: RoutingTable) {
        let rotation = table.rotation(of: pool)
        let owner = Int(pool.kind) == RTBL_POOL_MODELS ? "APIPolicy" : "HTTPRoute"
        self.init(
            number: number, id: hex(pool.identity), kind: Int(pool.kind) == RTBL_POOL_MODELS ? "models" : "backends",
            environment: environmentName(pool.environment),
            owner: "\(owner) \(table.object(pool.owner_namespace, pool.owner_name))",
            options: TableReport.Options(table.poolOptions[pool.optionsIndex], sticky: table.sticky(of: Index(unchecked: UInt32(number)))),
            provider: pool.providerIndex.map { TableReport.Provider(table.providers[$0], table) },
            rotation: (0..<rotation.cycleLength).map { rotation.target(at: $0) },
            targets: (0..<rotation.targetCount).map {
                TableReport.Target(table.targets[pool.target($0)], number: pool.target($0).number, turns: rotation.cycleLength, table)
            },
            position: table.position { $0.pools[number] })
    }
}

extension TableReport.Options {
    init(_ options: rtbl_pool_options, sticky: IntermediateRepresentation.Sticky?) {
        self.init(
            suspendSeconds: Int(options.suspend_seconds), suspendOn: Self.events(options.suspend_on),
            failoverOn: Self.events(options.failover_on), failoverAttempts: Int(options.failover_attempts),
            allSuspended: ["reject", "least-remaining", "passthrough"][Int(options.all_suspended)],
            retryAfter: ["extend", "ignore"][Int(options.retry_after)], suspendFor: ["policy", "reset"][Int(options.suspend_for)],
            clientModel: ["ignore", "honour"][Int(options.client_model)],
            missingModel: ["insert", "pass", "reject"][Int(options.missing_model)], sticky: sticky)
    }

    private static func events(_ bits: UInt32) -> [String] {
        let names = ["408", "429", "500", "502", "503", "504", "529", "connect", "timeout", "remaining"]
        return names.enumerated().filter { bits >> $0.offset & 1 != 0 }.map(\.element)
    }
}

extension TableReport.Provider {
    fileprivate init(_ provider: rtbl_provider, _ table: RoutingTable) {
        self.init(
            object: provider.object_name == 0 ? nil : table.object(provider.object_namespace, provider.object_name),
            requestModel: Self.place(provider.request_model, table) ?? "", responseModel: Self.place(provider.response_model, table),
            promptTokens: Self.place(provider.prompt_tokens, table), completionTokens: Self.place(provider.completion_tokens, table),
            totalTokens: Self.place(provider.total_tokens, table))
    }

    private static func place(_ field: rtbl_field, _ table: RoutingTable) -> String? {
        let first = Int(field.first_component)
        let names = (first..<first + Int(field.component_count)).map { table.text(table.stringLists[$0]) }
        switch Int(field.location) {
        case RTBL_FIELD_BODY: return "body $." + names.joined(separator: ".")
        case RTBL_FIELD_HEADER: return "header " + names.joined()
        default: return nil
        }
    }
}

extension TableReport.Target {
    init(_ target: rtbl_target, number: Int, turns: Int, _ table: RoutingTable) {
        let backend = table.backends[target.backendIndex]
        self.init(
            id: hex(target.identity), model: target.model == 0 ? nil : table.text(target.model), weight: Int(target.weight),
            share: (Double(target.weight) / Double(turns) * 100_000).rounded() / 1_000, tier: Int(target.tier),
            backend: table.object(backend.object_namespace, backend.object_name), upstream: table.upstream(backend),
            credential: table.credential(of: backend), position: table.position { $0.targets[number] })
    }
}

extension TableReport.Backend {
    fileprivate init(_ backend: rtbl_backend, number: Int, _ table: RoutingTable) {
        let settings = table.backendSettings[backend.settingsIndex]
        func millis(_ value: UInt32) -> Int? { value == 0 ? nil : Int(value) }
        self.init(
            object: table.object(backend.object_namespace, backend.object_name), upstream: table.upstream(backend),
            hostHeader: table.text(backend.host_header), credential: table.credential(of: backend),
            connectTimeoutMillis: millis(settings.connect_timeout_millis),
            responseTimeoutMillis: millis(settings.response_timeout_millis),
            streamTimeoutMillis: millis(settings.stream_timeout_millis),
            features: TableReport.BackendFeatures(of: Index(unchecked: UInt32(number)), table),
            position: table.position { $0.backends[number] })
    }
}

// MARK: - Strings of a table

extension RoutingTable {
    func object(_ namespace: UInt32, _ name: UInt32) -> String { "\(text(namespace))/\(text(name))" }

    /// `file:line`; nil in a table without debug sections, or where nothing was noted.
    func position(_ record: (Positions) -> rtbl_position) -> String? {
        guard let positions else { return nil }
        let position = record(positions)
        return position.line == 0 ? nil : "\(positions.file(position).text):\(position.line)"
    }

    /// As a URL, base path included.
    func upstream(_ backend: rtbl_backend) -> String {
        let scheme = Int(backend.scheme) == RTBL_SCHEME_HTTPS ? "https" : "http"
        return "\(scheme)://\(text(backend.host_header))\(text(backend.base_path))"
    }

    func credential(of backend: rtbl_backend) -> String? {
        guard let index = backend.credentialIndex else { return nil }
        let credential = credentials[index]
        let secret = "Secret \(object(credential.secret_namespace, credential.secret_name))"
        switch Int(credential.kind) {
        case RTBL_CREDENTIAL_HEADER: return "header \(text(credential.name)) = \(secret) [\(text(credential.key))]"
        case RTBL_CREDENTIAL_QUERY: return "query \(text(credential.name)) = \(secret) [\(text(credential.key))]"
        default: return "basic = \(secret) [\(text(credential.key)), \(text(credential.password_key))]"
        }
    }
}

func environmentName(_ code: UInt8) -> String {
    Int(code) == RTBL_ENVIRONMENT_PRODUCTION ? "production" : "sandbox"
}

/// 16 digits.
func hex(_ identity: UInt64) -> String {
    let digits = String(identity, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
