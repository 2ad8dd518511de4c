import Policies

extension ApkConf {
    /// HTTPRoutes, and the Backends of endpoints.
    mutating func addRoutes(_ operations: [ConfNode]) {
        for operation in operations {
            check(operation, "operation", known: ["target", "verb", "secured", "scopes", "rateLimit", "endpointConfigurations", "operationPolicies"], needed: ["target", "verb"])
        }
        for endpoints in [root["endpointConfigurations"]] + operations.map({ $0["endpointConfigurations"] }) {
            if let endpoints { check(endpoints, "endpointConfigurations", known: ["production", "sandbox"]) }
        }
        for environment in environments {
            for (number, start) in stride(from: 0, to: operations.count, by: Self.operationsPerRoute).enumerated() {
                var rules: [YAMLText] = []
                for index in start..<min(operations.count, start + Self.operationsPerRoute) {
                    if let rule = rule(operations[index], operationSteps[index], environment) { rules.append(rule) }
                }
                documents.append(object("gateway.networking.k8s.io/v1", "HTTPRoute", names.route(environment, number + 1), [
                    ("parentRefs", .list([.map([
                        ("group", .string("gateway.networking.k8s.io")), ("kind", .string("Gateway")), ("name", .string("wso2-apk-default")), ("sectionName", .string("httpslistener")),
                    ])])),
                    ("hostnames", .list([.string(names.host(environment, deployment: root["environment"]?.text))])), ("rules", .list(rules)),
                ]))
            }
        }
    }

    private mutating func rule(_ operation: ConfNode, _ steps: ConfSteps, _ environment: String) -> YAMLText? {
        guard let target = operation["target"], let verb = operation.string("verb") else { return nil }
        guard let path = target.text.flatMap({ ConfPath($0) }) else {
            report("operation: target \(Text.quoted(target.text ?? "")) is no path", at: target.place, help: "write it as /a/{b} or /a/*")
            return nil
        }
        let redirects = [ownSteps, steps].compactMap(\.redirect)
        var filters = ConfSteps.filters([ownSteps, steps])
        if redirects.isEmpty {
            filters.insert(.map([
                ("type", .string("URLRewrite")),
                ("urlRewrite", .map([("path", .map([("type", .string("ReplaceFullPath")), ("replaceFullPath", .placed(target.place, .string(path.replacement)))]))])),
            ]), at: 0)
        }
        filters += extensions(operation, steps)
        let backends = redirects.isEmpty ? self.backends(operation, steps, environment) : []
        if let redirect = redirects.first, let own = operation["endpointConfigurations"] {
            report("operation: it has endpoints, and a RequestRedirect that sends requests elsewhere", at: own.place, help: "keep one of the two (line \(redirect.place.line))")
        }
        return .placed(operation.place, .map([
            ("matches", .list([.map([
                ("path", .map([("type", .string("RegularExpression")), ("value", .placed(target.place, .string(path.expression)))])), ("method", verb),
            ])])),
            ("filters", filters.isEmpty ? nil : .list(filters)), ("backendRefs", redirects.isEmpty ? .list(backends) : nil),
        ]))
    }

    /// References to the objects that are for one operation.
    private mutating func extensions(_ operation: ConfNode, _ steps: ConfSteps) -> [YAMLText] {
        var filters: [YAMLText] = []
        if steps.hasPolicy { filters.append(Self.filter("APIPolicy", policyName(operation))) }
        for scope in items(operation["scopes"], "scopes") { filters.append(.placed(scope.place, Self.filter("Scope", self.scope(scope)))) }
        if flag(operation, "secured") == false {
            hasOpenOperation = true
            filters.append(Self.filter("Authentication", names.open))
        }
        if let limit = operation["rateLimit"] {
            filters.append(.placed(limit.place, Self.filter("RateLimitPolicy", names.limit(target: operation["target"]?.text ?? "", verb: operation["verb"]?.text ?? ""))))
        }
        return filters
    }

    private mutating func backends(_ operation: ConfNode, _ steps: ConfSteps, _ environment: String) -> [YAMLText] {
        let configurations = operation["endpointConfigurations"] ?? root["endpointConfigurations"]
        if configurations?[environment] == nil, ownSteps.models == nil, steps.models == nil {
            report("operation has no endpoint for \(environment)", at: operation.place, help: "give it or the apk-conf endpointConfigurations")
        }
        return items(configurations?[environment], environment).compactMap { backend($0, environment) }
    }

    // MARK: - Endpoints

    private mutating func backend(_ node: ConfNode, _ environment: String) -> YAMLText? {
        check(node, "endpoint", known: ["endpoint", "endpointSecurity", "certificate", "resiliency", "aiRatelimit", "weight"], needed: ["endpoint"])
        guard let address = node["endpoint"], let endpoint = endpoint(address) else { return nil }
        let name = addBackend(endpoint, environment, node, at: address.place)
        return .placed(node.place, .map([("group", .string("dp.wso2.com")), ("kind", .string("Backend")), ("name", .string(name)), ("weight", node["weight"]?.yaml)]))
    }

    /// A URL, or a service.
    mutating func endpoint(_ node: ConfNode) -> ConfEndpoint? {
        if node.isMap {
            check(node, "endpoint", known: ["name", "namespace", "port", "protocol"], needed: ["name"])
            if let scheme = node["protocol"], !["http", "https"].contains(scheme.text) { report("endpoint: protocol is http or https", at: scheme.place) }
        }
        if let endpoint = node.text.flatMap({ ConfEndpoint(url: $0) }) ?? ConfEndpoint(service: node) { return endpoint }
        report("the endpoint is neither an http or https URL nor a service with name and port", at: node.place)
        return nil
    }

    /// A Backend for each endpoint, environment and set of settings; one that an operation has to itself, with settings
    /// of its own, gets a name of its own.
    mutating func addBackend(_ endpoint: ConfEndpoint, _ environment: String, _ node: ConfNode?, tls: YAMLText? = nil, at place: Place) -> String {
        let settings: [(String, YAMLText?)] = [
            ("services", .list([.map([("host", .placed(place, .string(endpoint.host))), ("port", .placed(place, .number(endpoint.port)))])])),
            ("protocol", .string(endpoint.isTLS ? "https" : "http")), ("basePath", endpoint.path.isEmpty ? nil : .placed(place, .string(endpoint.path))),
            ("security", node?["endpointSecurity"].flatMap { security($0) }), ("tls", tls ?? node?["certificate"].flatMap { certificate($0) }),
        ] + resiliency(node?["resiliency"])
        let limit = node?["aiRatelimit"]
        let own = YAMLText.map(settings + [("limit", limit?.yaml)]).document()
        var name = names.backend(environment, endpoint)
        if let taken = backendSettings[name], taken != own {
            // A model names an endpoint by its URL only: the API's own settings stand for it.
            guard node != nil || tls != nil else { return name }
            name = "backend-\(ConfNames.sha1(name + own))-resource"
        }
        guard backendSettings.updateValue(own, forKey: name) == nil else { return name }
        documents.append(object("dp.wso2.com/v1alpha2", "Backend", name, at: place, settings))
        if let limit { addTokenLimit(limit, backend: name) }
        return name
    }

    private mutating func security(_ node: ConfNode) -> YAMLText? {
        check(node, "endpointSecurity", known: ["enabled", "securityType"])
        guard flag(node, "enabled") ?? false else { return nil }
        guard let type = node["securityType"] else {
            report("endpointSecurity is enabled and has no securityType", at: node.place, help: "give one, or write enabled: false")
            return nil
        }
        if type["accessKeyRef"] != nil || type["regionRef"] != nil {
            report("securityType: requests signed for AWS are not served", at: type.place, help: "use a key in a header, or a backend that signs")
            return nil
        }
        if type["userNameKey"] != nil || type["passwordKey"] != nil {
            check(type, "securityType", known: ["secretName", "userNameKey", "passwordKey"], needed: ["secretName", "userNameKey", "passwordKey"])
            return .placed(type.place, .map([("basic", .map([("secretRef", .map([
                ("name", type.string("secretName")), ("usernameKey", type.string("userNameKey")), ("passwordKey", type.string("passwordKey")),
            ]))]))]))
        }
        check(type, "securityType", known: ["secretName", "in", "apiKeyNameKey", "apiKeyValueKey"], needed: ["secretName", "apiKeyNameKey", "apiKeyValueKey"])
        return .placed(type.place, .map([("apiKey", .map([
            ("in", type.string("in") ?? .string("Header")), ("name", type.string("apiKeyNameKey")),
            ("valueFrom", .map([("name", type.string("secretName")), ("valueKey", type.string("apiKeyValueKey"))])),
        ]))]))
    }

    private mutating func certificate(_ node: ConfNode) -> YAMLText? {
        check(node, "certificate", known: ["secretName", "secretKey"], needed: ["secretName", "secretKey"])
        return .placed(node.place, .map([("secretRef", .map([("name", node.string("secretName")), ("key", node.string("secretKey"))]))]))
    }

    private mutating func resiliency(_ node: ConfNode?) -> [(String, YAMLText?)] {
        guard let node else { return [] }
        check(node, "resiliency", known: ["timeout", "retryPolicy", "circuitBreaker"])
        for (member, known) in [
            ("timeout", ["downstreamRequestIdleTimeout", "upstreamResponseTimeout"]), ("retryPolicy", ["count", "baseIntervalMillis", "statusCodes"]),
            ("circuitBreaker", ["maxConnectionPools", "maxConnections", "maxPendingRequests", "maxRequests", "maxRetries"]),
        ] {
            if let part = node[member] { check(part, member, known: known) }
        }
        return [("timeout", node["timeout"]?.yaml), ("retry", node["retryPolicy"]?.yaml), ("circuitBreaker", node["circuitBreaker"]?.yaml)]
    }
}

/// An operation's target as a regular expression and what replaces it.
struct ConfPath {
    let expression: String
    let replacement: String

    /// nil: it is no path.
    init?(_ target: String) {
        guard target.hasPrefix("/") else { return nil }
        var expression = "", replacement = "", groups = 0
        var rest = target[...]
        while let character = rest.first {
            let isRest = rest == "/*" || rest == "*"
            if character == "{" || isRest {
                var end = rest.endIndex
                if !isRest {
                    guard let close = rest.firstIndex(of: "}") else { return nil }
                    end = rest.index(after: close)
                }
                groups += 1
                guard groups <= 9 else { return nil }
                // At the root the slash stays: a path that is matched always begins with one.
                let slash = isRest && expression.isEmpty ? "/" : ""
                expression += slash + "(.*)"
                replacement += slash + "\\\(groups)"
                rest = rest[end...]
            } else {
                if ".+?()[]|^$\\*".contains(character) { expression += "\\" }
                expression.append(character)
                replacement.append(character)
                rest = rest.dropFirst()
            }
        }
        (self.expression, self.replacement) = (expression, replacement)
    }
}
