import Policies

extension ApkConf {
    /// HTTPRoutes, and the Backends of endpoints.
    mutating func addRoutes(_ operations: [ConfNode]) {
        for operation in operations {
            check(operation, "operation", known: ["target", "verb", "secured", "scopes", "endpointConfigurations", "operationPolicies"], unserved: ["rateLimit"])
            if let scopes = operation["scopes"], !scopes.items.isEmpty {
                report("operation: scopes are not enforced", at: scopes.place, help: "remove them")
            }
        }
        if let endpoints = root["endpointConfigurations"] { check(endpoints, "endpointConfigurations", known: ["production", "sandbox"]) }
        for environment in environments {
            for (number, start) in stride(from: 0, to: operations.count, by: Self.operationsPerRoute).enumerated() {
                var rules: [YAMLText] = []
                for operation in operations[start..<min(operations.count, start + Self.operationsPerRoute)] {
                    if let rule = rule(operation, environment) { rules.append(rule) }
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

    private mutating func rule(_ operation: ConfNode, _ environment: String) -> YAMLText? {
        guard let target = operation["target"]?.text, let verb = operation["verb"]?.text else {
            report("operation has no target and verb", at: operation.place)
            return nil
        }
        guard let path = ConfPath(target) else {
            report("operation: target \(Text.quoted(target)) is no path", at: operation["target"]?.place ?? operation.place, help: "write it as /a/{b} or /a/*")
            return nil
        }
        let configurations = operation["endpointConfigurations"] ?? root["endpointConfigurations"]
        let backends = (configurations?[environment]?.items ?? []).compactMap { backend($0, environment) }
        if backends.isEmpty, configurations?[environment] == nil, policyName(operation) == nil, root["apiPolicies"] == nil {
            report("operation has no endpoint for \(environment)", at: operation.place, help: "give it or the apk-conf endpointConfigurations")
        }
        var filters: [YAMLText] = [.map([
            ("type", .string("URLRewrite")),
            ("urlRewrite", .map([("path", .map([("type", .string("ReplaceFullPath")), ("replaceFullPath", .string(path.replacement))]))])),
        ])]
        if let name = policyName(operation) { filters.append(Self.filter("APIPolicy", name)) }
        if operation["secured"]?.flag == false {
            hasOpenOperation = true
            filters.append(Self.filter("Authentication", names.open))
        }
        return .map([
            ("matches", .list([.map([
                ("path", .map([("type", .string("RegularExpression")), ("value", .string(path.expression))])), ("method", .string(verb)),
            ])])),
            ("filters", .list(filters)), ("backendRefs", .list(backends)),
        ])
    }

    private static func filter(_ kind: String, _ name: String) -> YAMLText {
        .map([("type", .string("ExtensionRef")), ("extensionRef", TableObjects.reference(kind, name))])
    }

    // MARK: - Endpoints

    private mutating func backend(_ node: ConfNode, _ environment: String) -> YAMLText? {
        check(node, "endpoint", known: ["endpoint", "endpointSecurity", "certificate", "resiliency", "weight"], unserved: ["aiRatelimit"])
        guard let endpoint = endpoint(node["endpoint"] ?? node) else { return nil }
        let name = addBackend(endpoint, environment, node)
        return TableObjects.reference("Backend", name, weight: node["weight"]?.text.flatMap { Int($0) })
    }

    /// A URL, or a service.
    mutating func endpoint(_ node: ConfNode) -> ConfEndpoint? {
        if let endpoint = node.text.flatMap({ ConfEndpoint(url: $0) }) ?? ConfEndpoint(service: node) { return endpoint }
        report("the endpoint is neither an http or https URL nor a service with name and port", at: node.place)
        return nil
    }

    /// A Backend for each endpoint, environment and set of settings; one that an operation has to itself, with settings
    /// of its own, gets a name of its own.
    mutating func addBackend(_ endpoint: ConfEndpoint, _ environment: String, _ node: ConfNode?) -> String {
        let settings: [(String, YAMLText?)] = [
            ("services", .list([.map([("host", .string(endpoint.host)), ("port", .number(endpoint.port))])])),
            ("protocol", .string(endpoint.isTLS ? "https" : "http")), ("basePath", endpoint.path.isEmpty ? nil : .string(endpoint.path)),
            ("security", node?["endpointSecurity"].flatMap { security($0) }), ("tls", node?["certificate"].flatMap { certificate($0) }),
        ] + resiliency(node?["resiliency"])
        let own = YAMLText.map(settings).document()
        var name = names.backend(environment, endpoint)
        if let taken = backendSettings[name], taken != own {
            // A model names an endpoint by its URL only: the API's own settings stand for it.
            guard node != nil else { return name }
            name = "backend-\(ConfNames.sha1(name + own))-resource"
        }
        if backendSettings.updateValue(own, forKey: name) == nil { documents.append(object("dp.wso2.com/v1alpha2", "Backend", name, settings)) }
        return name
    }

    private mutating func security(_ node: ConfNode) -> YAMLText? {
        check(node, "endpointSecurity", known: ["enabled", "securityType"])
        guard node["enabled"]?.flag ?? false, let type = node["securityType"] else { return nil }
        let secret = YAMLText.string(type["secretName"]?.text ?? "")
        if let user = type["userNameKey"]?.text {
            check(type, "securityType", known: ["secretName", "userNameKey", "passwordKey"])
            return .map([("basic", .map([("secretRef", .map([
                ("name", secret), ("usernameKey", .string(user)), ("passwordKey", .string(type["passwordKey"]?.text ?? "")),
            ]))]))])
        }
        check(type, "securityType", known: ["secretName", "in", "apiKeyNameKey", "apiKeyValueKey"])
        return .map([("apiKey", .map([
            ("in", .string(type["in"]?.text ?? "Header")), ("name", .string(type["apiKeyNameKey"]?.text ?? "")),
            ("valueFrom", .map([("name", secret), ("valueKey", .string(type["apiKeyValueKey"]?.text ?? ""))])),
        ]))])
    }

    private mutating func certificate(_ node: ConfNode) -> YAMLText? {
        check(node, "certificate", known: ["secretName", "secretKey"])
        return .map([("secretRef", .map([("name", .string(node["secretName"]?.text ?? "")), ("key", .string(node["secretKey"]?.text ?? ""))]))])
    }

    private mutating func resiliency(_ node: ConfNode?) -> [(String, YAMLText?)] {
        guard let node else { return [] }
        check(node, "resiliency", known: ["timeout", "retryPolicy", "circuitBreaker"])
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
