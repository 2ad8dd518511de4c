import Policies

extension Resolver {
    /// The cORSPolicy of a rule, field by field: an index into the representation's list; nil: none, or not enabled.
    mutating func resolveCORS(_ api: Int, _ route: HTTPRoute, rule: Int?) -> Int? {
        let layers = apiPolicies.layers(api: api, route: route, rule: rule).compactMap { layer in
            let policy = resources.apiPolicies[layer.policy]
            return (layer.isOverride ? policy.override : policy.default).cors.map { ($0, policy.header.id) }
        }
        guard !layers.isEmpty, layers.lazy.compactMap(\.0.isEnabled).first ?? true else { return nil }
        for (cors, id) in layers { checkCORS(cors, id) }
        func list(_ field: (APIPolicy.CORS) -> [Located<String>]?) -> [String] {
            (layers.compactMap { field($0.0) }.first ?? []).map(\.value)
        }
        return lists.cors.index(of: IR.CORS(
            allowsCredentials: layers.lazy.compactMap(\.0.allowsCredentials).first ?? false, origins: list(\.allowOrigins), methods: list(\.allowMethods),
            headers: list(\.allowHeaders), exposedHeaders: list(\.exposeHeaders), maxAgeSeconds: layers.lazy.compactMap(\.0.maxAge).first))
    }

    private mutating func checkCORS(_ cors: APIPolicy.CORS, _ id: ObjectID) {
        for origin in cors.allowOrigins ?? [] where !Self.isOrigin(origin.value) {
            report(.corsValue, "\(id): \(Text.quoted(origin.value)) is no origin", at: origin.place, help: "an origin is https://host or https://host:port without a path, *.host, or *")
        }
        for names in [cors.allowMethods, cors.allowHeaders, cors.exposeHeaders] {
            for name in names ?? [] where !Pattern.headerName.matches(Array(name.value.utf8)[...]) {
                report(.corsValue, "\(id): \(Text.quoted(name.value)) is no name of a method or header", at: name.place, help: "give one name in each element of the list")
            }
        }
    }

    /// `*`, `null`, a host with or without a scheme and port, and with or without `*.` before it.
    static func isOrigin(_ text: String) -> Bool {
        if text == "*" || text == "null" { return true }
        var rest = text[...]
        if let scheme = text.firstRange(of: "://") {
            guard !text[..<scheme.lowerBound].isEmpty, text[..<scheme.lowerBound].utf8.allSatisfy({ Pattern.isAlphanumeric($0) || "+-.".utf8.contains($0) }) else { return false }
            rest = text[scheme.upperBound...]
        }
        if let colon = rest.lastIndex(of: ":"), !rest.hasSuffix("]") {
            guard let port = Int(rest[rest.index(after: colon)...]), (1...65_535).contains(port) else { return false }
            rest = rest[..<colon]
        }
        return rest == "*" || HostText.routeHost(String(rest)) != nil || HostText.backendHost(String(rest)) != nil
    }
}
