import Policies

/// What a Backend has become; nil: it has faults, which are reported.
struct BackendResolution {
    let backend: IntermediateRepresentation.Backend?
}

extension Resolver {
    mutating func resolveBackend(_ index: Int) -> BackendResolution {
        let backend = resources.backends[index]
        let id = backend.header.id
        if let place = backend.servicesPlace {
            report(.serviceCount, "\(id) must have exactly one service", at: place, help: "make one Backend of each service")
        }
        if let scheme = backend.scheme, scheme.value.hasPrefix("ws") {
            report(.webSocket, "\(id): protocol \(scheme.value) is not served", at: scheme.place, help: "use http or https")
        }
        let credential = resolveCredential(backend)
        let basePath = resolveBasePath(backend)
        guard let service = backend.services.first, backend.services.count == 1 else { return BackendResolution(backend: nil) }
        guard let host = HostText.backendHost(service.host.value) else {
            report(.backendAddress, "\(id): host \(Text.quoted(service.host.value)) is neither a DNS name nor an address", at: service.host.place,
                   help: "the scheme goes into protocol, the port into port, a path into basePath")
            return BackendResolution(backend: nil)
        }
        var settings = IR.BackendSettings()
        settings.responseTimeoutMillis = backend.responseTimeoutSeconds.map { $0 * 1000 }
        return BackendResolution(backend: IR.Backend(
            object: reference(backend.header), scheme: backend.scheme?.value == "https" ? .https : .http, host: host, port: service.port.value,
            basePath: basePath ?? "", credential: credential, settings: settings, position: position(backend.header.place)))
    }

    /// Begins with `/` or is empty, never ends with `/`.
    private mutating func resolveBasePath(_ backend: Backend) -> String? {
        guard let path = backend.basePath, !path.value.isEmpty else { return "" }
        do throws(PathText.Fault) { return try PathText.normalise(path.value) } catch {
            report(.backendAddress, "\(backend.header.id): basePath \(Text.quoted(path.value)) \(error.reason)", at: path.place)
            return nil
        }
    }

    private mutating func resolveCredential(_ backend: Backend) -> IR.Credential? {
        let (header, id) = (backend.header, backend.header.id)
        if backend.credentials.count > 1 {
            report(.credential, "\(id) has two credentials, apiKey and basic: only one can be sent", at: backend.securityPlace)
        }
        switch backend.credentials.first {
        case nil: return nil
        case .apiKey(let isHeader, let name, let secret, let key)?:
            if isHeader { checkHeaderName(name, id) } else if name.value.utf8.contains(where: { !Pattern.isAlphanumeric($0) && !"-._~[]".utf8.contains($0) }) {
                report(.credential, "\(id): \(Text.quoted(name.value)) is no name for a query parameter", at: name.place)
            }
            checkSecret(header, secret, [key])
            return IR.Credential(kind: isHeader ? .header : .query, secret: IR.Reference(namespace: header.namespace, name: secret.value),
                                 name: name.value, key: key.value)
        case .basic(let secret, let userKey, let passwordKey)?:
            checkSecret(header, secret, [userKey, passwordKey])
            return IR.Credential(kind: .basic, secret: IR.Reference(namespace: header.namespace, name: secret.value), name: "authorization",
                                 key: userKey.value, passwordKey: passwordKey.value)
        }
    }

    /// Fields that frame or address a message: a credential there would break it.
    private static let framingHeaders: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect", "content-type", "content-encoding",
    ]

    private mutating func checkHeaderName(_ name: Located<String>, _ id: ObjectID) {
        if !Pattern.headerName.matches(Array(name.value.utf8)[...]) || Self.framingHeaders.contains(name.value.lowercased()) {
            report(.credential, "\(id): \(Text.quoted(name.value)) is no header that a credential can stand in", at: name.place)
        }
    }

    private mutating func checkSecret(_ header: ObjectHeader, _ name: Located<String>, _ keys: [Located<String>]) {
        let bytes = Array(name.value.utf8)
        guard Pattern.objectName.matches(bytes[...]) else {
            return report(.objectName, "\(header.id): \(Text.quoted(name.value)) is no name for a Secret", at: name.place)
        }
        guard let index = tables.secrets[header.namespace, name.value] else {
            guard !resources.isIncomplete else { return }
            return report(.secretNotFound, "\(header.id): Secret \(Text.quoted("\(header.namespace)/\(name.value)")) is not in the input", at: name.place,
                          help: "the dataplane needs it in --secrets")
        }
        let secret = resources.secrets[index]
        for key in keys where !secret.values.contains(where: { $0.key == key.value }) {
            let near = NearName.of(key.value, in: secret.values.map(\.key))
            let place = resources.describe(secret.header.place)
            report(.secretKeyNotFound, "\(header.id): \(secret.header.id) has no key \(Text.quoted(key.value))", at: key.place,
                   help: near.map { "did you mean \(Text.quoted($0)) (\(place))?" } ?? "the Secret is at \(place)")
        }
    }
}
