import COpenSSL

/// The names that WSO2's generator gives to the objects of an apk-conf, so that what is converted here and there is
/// the same objects.
struct ConfNames {
    let organization: String
    let api: String
    let version: String
    let uniqueID: String

    init(organization: String, api: String, version: String, id: String?) {
        (self.organization, self.api, self.version) = (organization, api, version)
        uniqueID = id ?? Self.sha1("\(organization)-\(api)-\(version)")
    }

    func route(_ environment: String, _ number: Int) -> String { "\(uniqueID)-\(environment)-httproute-\(number)" }
    var policy: String { "\(uniqueID)-api-policy" }
    func policy(target: String, verb: String) -> String { "\(uniqueID)-\(Self.sha1(target + verb))-resource-policy" }
    var limit: String { "api-0-\(uniqueID)" }
    func limit(target: String, verb: String) -> String { "resource-0-\(Self.sha1(target + verb))-\(uniqueID)" }
    /// Unlike the generator's, one for each Backend: several endpoints of an environment have limits of their own.
    func tokenLimit(backend: String) -> String { "\(backend)-ai-rate-limit" }
    func scope(_ scope: String) -> String { "\(uniqueID)-scope-\(Self.sha1(scope))" }
    var open: String { "\(uniqueID)-no-authentication" }

    /// Unlike the generator's, with the port: two ports of one host are two Backends.
    func backend(_ environment: String, _ endpoint: ConfEndpoint) -> String {
        "backend-\(Self.sha1("\(organization)-\(api)-\(version)-\(environment)-\(endpoint.host):\(endpoint.port)-\(endpoint.path)"))-api"
    }

    /// `org[-env].gw.wso2.com`, `org[-env].sandbox.gw.wso2.com`.
    func host(_ environment: String, deployment: String?) -> String {
        "\(organization)\(deployment.map { "-\($0)" } ?? "")\(environment == "sandbox" ? ".sandbox" : "").gw.wso2.com"
    }

    var labels: [(String, YAMLText?)] {
        [("api-name", .string(Self.sha1(api))), ("api-version", .string(Self.sha1(version))), ("organization", .string(Self.sha1(organization))), ("managed-by", .string("apk"))]
    }

    /// Lower-case hex. SHA-1 names things here, it protects nothing.
    static func sha1(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        // libcrypto reads the bytes that are passed with their count, and writes the 20 of a SHA-1.
        let done = unsafe EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha1(), nil)
        precondition(done == 1, "libcrypto has SHA-1")
        return hexText(digest)
    }
}

/// Where requests go.
struct ConfEndpoint: Hashable {
    let isTLS: Bool
    let host: String
    let port: Int
    /// Begins with `/` or is empty.
    let path: String

    /// A URL.
    init?(url: String) {
        guard let scheme = ["http://", "https://"].first(where: { url.lowercased().hasPrefix($0) }) else { return nil }
        let rest = url.dropFirst(scheme.count)
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        isTLS = scheme == "https://"
        let authority = rest[..<end]
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            guard let port = Int(authority[authority.index(after: colon)...]), (1...65_535).contains(port) else { return nil }
            (host, self.port) = (String(authority[..<colon]), port)
        } else {
            (host, port) = (String(authority), isTLS ? 443 : 80)
        }
        guard !host.isEmpty, !host.contains("@"), !url.contains("?"), !url.contains("#") else { return nil }
        let path = rest[end...]
        self.path = String(path.hasSuffix("/") ? path.dropLast() : path)
    }

    /// A Kubernetes service.
    init?(service node: ConfNode) {
        guard let name = node["name"]?.text else { return nil }
        isTLS = node["protocol"]?.text == "https"
        host = node["namespace"]?.text.map { "\(name).\($0)" } ?? name
        let port = node["port"].map { $0.text.flatMap { Int($0) } ?? 0 } ?? (isTLS ? 443 : 80)
        guard (1...65_535).contains(port) else { return nil }
        self.port = port
        path = ""
    }
}
