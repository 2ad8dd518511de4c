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
        var out = IR.Backend(
            object: reference(backend.header), scheme: backend.scheme?.value == "https" ? .https : .http, host: host, port: service.port.value,
            basePath: basePath ?? "", credential: credential, settings: settings, position: position(backend.header.place))
        out.requestIdleTimeoutMillis = backend.idleTimeoutSeconds.map { $0 * 1000 }
        out.aiRateLimit = aiRateLimit(ofBackend: index)
        if let details = backend.details { add(details, of: backend, to: &out) }
        return BackendResolution(backend: out)
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
            if isHeader { checkHeaderName(name, id) } else if !HeaderText.isQueryName(name.value) {
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

    private mutating func checkHeaderName(_ name: Located<String>, _ id: ObjectID) {
        if !Pattern.headerName.matches(Array(name.value.utf8)[...]) || HeaderText.isFraming(name.value.lowercased()) || ["content-type", "content-encoding"].contains(name.value.lowercased()) {
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
            reportKey(.secretKeyNotFound, secret.header, key, secret.values.map(\.key), header.id)
        }
    }

    // MARK: what few have

    private mutating func add(_ details: Backend.Details, of backend: Backend, to out: inout IR.Backend) {
        if let place = details.tlsPlace { out.tls = tls(details, backend, out.scheme, at: place) }
        if let retry = details.retry {
            if retry.statusCodes.isEmpty {
                report(.ignoredField, "\(backend.header.id): retry has no effect: it lists no statusCodes", at: retry.place, help: "list the statuses after which a request is repeated")
            }
            out.retry = IR.Retry(count: retry.count, baseIntervalMillis: retry.baseIntervalMillis, statusCodes: Set(retry.statusCodes).sorted())
        }
        out.circuitBreaker = details.circuitBreaker.map {
            IR.CircuitBreaker(maxConnections: $0.maxConnections, maxPendingRequests: $0.maxPendingRequests, maxRequests: $0.maxRequests, maxRetries: $0.maxRetries,
                              maxConnectionPools: $0.maxConnectionPools)
        }
        out.healthCheck = details.healthCheck.map {
            IR.HealthCheck(timeoutSeconds: $0.timeout, intervalSeconds: $0.interval, unhealthyThreshold: $0.unhealthyThreshold, healthyThreshold: $0.healthyThreshold)
        }
    }

    private mutating func tls(_ details: Backend.Details, _ backend: Backend, _ scheme: IR.Backend.Scheme, at place: Place) -> IR.BackendTLS {
        if scheme == .http {
            report(.ignoredField, "\(backend.header.id): tls has no effect: the protocol is http", at: place, help: "write protocol: https")
        }
        for name in details.allowedSANs where HostText.routeHost(name.value) == nil && HostText.backendHost(name.value) == nil {
            report(.hostname, "\(backend.header.id): \(Text.quoted(name.value)) is no DNS name", at: name.place, help: "without scheme, port and path; a wildcard is *.example.com")
        }
        let source = details.certificate.flatMap { $0.count == 0 && !details.allowedSANs.isEmpty ? nil : certificate($0, backend.header) }
        var text = source?.text
        if let found = text, Self.isKeySet(found) {
            report(.certificate, "\(backend.header.id): a JWK Set is no certificate", at: place)
            text = nil
        }
        return IR.BackendTLS(certificates: text, certificateSecret: source?.secret, allowedSANs: details.allowedSANs.map(\.value))
    }
}
