import Policies

/// What the policies of an API or of an operation do, by where it goes in custom resources.
struct ConfSteps {
    /// Of ModelBasedRoundRobin, with its place.
    var models: (place: Place, text: YAMLText)?
    /// Names of HTTPRoute filters' operations: set, add, remove, each in order.
    var requestHeaders: [(operation: String, change: YAMLText)] = []
    var responseHeaders: [(operation: String, change: YAMLText)] = []
    var redirect: (place: Place, text: YAMLText)?
    /// Names of Backends.
    var mirrors: [(place: Place, backend: String)] = []
    /// Their parameters.
    var requestInterceptor: ConfNode?
    var responseInterceptor: ConfNode?
    var backendToken: ConfNode?

    var hasPolicy: Bool { models != nil || requestInterceptor != nil || responseInterceptor != nil || backendToken != nil }

    /// Those that stand in the APIPolicy of this name.
    func members(_ name: String) -> [(String, YAMLText?)] {
        func reference(_ node: ConfNode?, _ suffix: String) -> YAMLText? { node.map { .placed($0.place, .map([("name", .string("\(name)-\(suffix)"))])) } }
        func list(_ node: ConfNode?, _ suffix: String) -> YAMLText? {
            node.flatMap { node in reference(node, suffix).map { YAMLText.placed(node.place, YAMLText.list([$0])) } }
        }
        return [
            ("modelBasedRoundRobin", models.map { .placed($0.place, $0.text) }),
            ("requestInterceptors", list(requestInterceptor, "request")), ("responseInterceptors", list(responseInterceptor, "response")),
            ("backendJwtPolicy", reference(backendToken, "token")),
        ]
    }

    /// HTTPRoute filters of a rule: what the API does, then what the operation does.
    static func filters(_ both: [ConfSteps]) -> [YAMLText] {
        var filters: [YAMLText] = []
        for (type, member, changes) in [
            ("RequestHeaderModifier", "requestHeaderModifier", both.flatMap(\.requestHeaders)), ("ResponseHeaderModifier", "responseHeaderModifier", both.flatMap(\.responseHeaders)),
        ] where !changes.isEmpty {
            let lists = ["set", "add", "remove"].map { operation in
                let own = changes.filter { $0.operation == operation }.map(\.change)
                return (operation, own.isEmpty ? nil : YAMLText.list(own))
            }
            filters.append(.map([("type", .string(type)), (member, .map(lists))]))
        }
        for redirect in both.compactMap(\.redirect) {
            filters.append(.placed(redirect.place, .map([("type", .string("RequestRedirect")), ("requestRedirect", redirect.text)])))
        }
        for mirror in both.flatMap(\.mirrors) {
            filters.append(.placed(mirror.place, .map([("type", .string("RequestMirror")), ("requestMirror", .map([("backendRef", TableObjects.reference("Backend", mirror.backend))]))])))
        }
        return filters
    }
}

extension ApkConf {
    /// Reads policies once; the Backends that they name are made.
    mutating func steps(_ policies: ConfNode?, _ what: String) -> ConfSteps {
        var steps = ConfSteps()
        guard let policies else { return steps }
        check(policies, what, known: ["request", "response"])
        for isResponse in [false, true] {
            for policy in items(policies[isResponse ? "response" : "request"], what) { add(policy, isResponse, what, &steps) }
        }
        return steps
    }

    private mutating func add(_ policy: ConfNode, _ isResponse: Bool, _ what: String, _ steps: inout ConfSteps) {
        check(policy, what, known: ["policyName", "policyVersion", "policyId", "parameters"], needed: ["policyName"])
        if let version = policy["policyVersion"], version.text != "v1" {
            report("\(what): policyVersion \(Text.quoted(version.text ?? "")) is not known", at: version.place, help: "the version of every policy is v1")
        }
        let name = policy["policyName"]?.text ?? ""
        guard let parameters = policy["parameters"] else { return report("\(what): \(name) has no parameters", at: policy.place) }
        switch (name, isResponse) {
        case ("ModelBasedRoundRobin", false):
            if steps.models != nil { report("\(what): ModelBasedRoundRobin stands there twice", at: policy.place, help: "keep one of the two") }
            steps.models = (policy.place, models(parameters))
        case ("AddHeader", _), ("SetHeader", _), ("RemoveHeader", _):
            guard let change = headerChange(name, parameters) else { return }
            if isResponse { steps.responseHeaders.append(change) } else { steps.requestHeaders.append(change) }
        case ("RequestRedirect", false):
            if steps.redirect != nil { report("\(what): RequestRedirect stands there twice", at: policy.place, help: "keep one of the two") }
            if let text = redirect(parameters) { steps.redirect = (policy.place, text) }
        case ("RequestMirror", false):
            check(parameters, name, known: ["urls"], needed: ["urls"])
            for url in items(parameters["urls"], "urls") {
                if let endpoint = endpoint(url) { steps.mirrors.append((url.place, addBackend(endpoint, "mirror", nil, at: url.place))) }
            }
        case ("Interceptor", _):
            check(parameters, name, known: ["backendUrl", "headersEnabled", "bodyEnabled", "trailersEnabled", "contextEnabled", "tlsSecretName", "tlsSecretKey"], needed: ["backendUrl"])
            if isResponse { steps.responseInterceptor = parameters } else { steps.requestInterceptor = parameters }
        case ("BackendJwt", false):
            check(parameters, name, known: ["encoding", "signingAlgorithm", "header", "tokenTTL", "customClaims"])
            steps.backendToken = parameters
        default:
            let known = ["ModelBasedRoundRobin", "AddHeader", "SetHeader", "RemoveHeader", "RequestRedirect", "RequestMirror", "Interceptor", "BackendJwt"]
            let near = NearName.of(name, in: known)
            report("\(what): no custom resource says what the \(isResponse ? "response" : "request") policy \(Text.quoted(name)) asks for", at: policy["policyName"]?.place ?? policy.place,
                   help: near.map { "did you mean \($0)?" } ?? "remove it")
        }
    }

    private mutating func headerChange(_ name: String, _ parameters: ConfNode) -> (operation: String, change: YAMLText)? {
        let isRemoval = name == "RemoveHeader"
        check(parameters, name, known: isRemoval ? ["headerName"] : ["headerName", "headerValue"], needed: isRemoval ? ["headerName"] : ["headerName", "headerValue"])
        guard let header = parameters.string("headerName") else { return nil }
        if isRemoval { return ("remove", header) }
        return (name == "SetHeader" ? "set" : "add", .placed(parameters.place, .map([("name", header), ("value", parameters.string("headerValue"))])))
    }

    private mutating func redirect(_ parameters: ConfNode) -> YAMLText? {
        check(parameters, "RequestRedirect", known: ["url", "statusCode"], needed: ["url"])
        guard let url = parameters["url"], let endpoint = endpoint(url) else { return nil }
        return .placed(parameters.place, .map([
            ("scheme", .string(endpoint.isTLS ? "https" : "http")), ("hostname", .placed(url.place, .string(endpoint.host))),
            ("port", endpoint.port == (endpoint.isTLS ? 443 : 80) ? nil : .number(endpoint.port)),
            ("path", .map([("type", .string("ReplaceFullPath")), ("replaceFullPath", .placed(url.place, .string(endpoint.path.isEmpty ? "/" : endpoint.path)))])),
            ("statusCode", parameters["statusCode"]?.yaml ?? .number(302)),
        ]))
    }
}

// MARK: - What is recognised and not served

extension ApkConf {
    /// InterceptorServices and the BackendJWT of the APIPolicy of this name.
    mutating func addServices(_ steps: ConfSteps, _ name: String) {
        if let node = steps.requestInterceptor { addInterceptor("\(name)-request", node, "request") }
        if let node = steps.responseInterceptor { addInterceptor("\(name)-response", node, "response") }
        if let node = steps.backendToken {
            documents.append(object("dp.wso2.com/v1alpha1", "BackendJWT", "\(name)-token", at: node.place, [
                ("encoding", node.string("encoding")), ("header", node.string("header")), ("signingAlgorithm", node.string("signingAlgorithm")),
                ("tokenTTL", node["tokenTTL"]?.yaml), ("customClaims", node["customClaims"]?.yaml),
            ]))
        }
    }

    private mutating func addInterceptor(_ name: String, _ node: ConfNode, _ side: String) {
        guard let url = node["backendUrl"], let endpoint = endpoint(url) else { return }
        var tls: YAMLText?
        if let secret = node.string("tlsSecretName") {
            tls = .map([("secretRef", .map([("name", secret), ("key", node.string("tlsSecretKey") ?? .string("ca.crt"))]))])
        }
        let backend = addBackend(endpoint, "interceptor", nil, tls: tls, at: url.place)
        let shown = [("headersEnabled", "\(side)_headers"), ("bodyEnabled", "\(side)_body"), ("trailersEnabled", "\(side)_trailers"), ("contextEnabled", "invocation_context")]
        documents.append(object("dp.wso2.com/v1alpha1", "InterceptorService", name, at: node.place, [
            ("backendRef", .map([("name", .string(backend))])), ("includes", .list(shown.filter { flag(node, $0.0) ?? false }.map { .string($0.1) })),
        ]))
    }

    /// The Scope of this name, made at its first use.
    mutating func scope(_ scope: ConfNode) -> String {
        let name = names.scope(scope.text ?? "")
        if scopes.insert(name).inserted {
            documents.append(object("dp.wso2.com/v1alpha1", "Scope", name, at: scope.place, [("names", .list([scope.yaml]))]))
        }
        return name
    }
}
