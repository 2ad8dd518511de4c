import CTable

/// BACKENDS with their settings and credentials, and the way from a reference to an index.
struct BackendSections {
    private(set) var backends: [rtbl_backend] = []
    private(set) var settings = RecordPool<rtbl_backend_settings>()
    private(set) var credentials = RecordPool<rtbl_credential>()
    /// By the string offsets of namespace and name.
    private var numbers: [UInt64: UInt32] = [:]

    init(_ backends: [IntermediateRepresentation.Backend], strings: inout StringPool) throws(EmitError) {
        self.backends.reserveCapacity(backends.count)
        numbers.reserveCapacity(backends.count)
        for backend in backends { try add(backend, &strings) }
    }

    func index(of backend: IntermediateRepresentation.Reference, strings: inout StringPool) throws(EmitError) -> UInt32? {
        numbers[try Self.key(backend, &strings)]
    }

    private static func key(_ object: IntermediateRepresentation.Reference, _ strings: inout StringPool) throws(EmitError) -> UInt64 {
        UInt64(try strings.offset(of: object.namespace)) << 32 | UInt64(try strings.offset(of: object.name))
    }

    private mutating func add(_ backend: IntermediateRepresentation.Backend, _ strings: inout StringPool) throws(EmitError) {
        let subject = "Backend \(backend.object)"
        let index = try newIndex(after: backends.count, of: "Backend")
        guard numbers.updateValue(index, forKey: try Self.key(backend.object, &strings)) == nil else {
            throw EmitError(subject, "is there twice", at: backend.position)
        }
        guard backend.port != 0 else { throw EmitError(subject, "has port 0", at: backend.position) }
        guard backend.basePath.isEmpty || backend.basePath.hasPrefix("/") && !backend.basePath.hasSuffix("/") else {
            throw EmitError(subject, "the base path \"\(backend.basePath)\" is not normalised: it is empty, or begins with \"/\" and does not end with one", at: backend.position)
        }
        backends.append(rtbl_backend(
            object_namespace: try strings.offset(of: backend.object.namespace),
            object_name: try strings.offset(of: backend.object.name),
            host: try strings.offset(of: backend.host),
            host_header: try strings.offset(of: Self.hostHeader(backend)),
            base_path: try strings.offset(of: backend.basePath),
            credential: try credential(backend.credential, &strings),
            settings: try settings(backend.settings, of: subject, at: backend.position),
            port: try field(backend.port, "the port", of: subject, at: backend.position),
            scheme: UInt8(backend.scheme == .https ? RTBL_SCHEME_HTTPS : RTBL_SCHEME_HTTP), reserved: 0))
    }

    /// Host and, unless it is the scheme's own, port (RFC 9110 section 7.2); an IPv6 address in brackets (RFC 3986 section 3.2.2).
    private static func hostHeader(_ backend: IntermediateRepresentation.Backend) -> String {
        let host = backend.host.utf8.contains(UInt8(ascii: ":")) ? "[\(backend.host)]" : backend.host
        let ownPort = backend.scheme == .https ? 443 : 80
        return backend.port == ownPort ? host : "\(host):\(backend.port)"
    }

    private mutating func settings(
        _ settings: IntermediateRepresentation.BackendSettings, of subject: String, at position: IntermediateRepresentation.Position?
    ) throws(EmitError) -> UInt32 {
        try self.settings.index(of: rtbl_backend_settings(
            connect_timeout_millis: try field(settings.connectTimeoutMillis ?? 0, "the connect timeout in milliseconds", of: subject, at: position),
            response_timeout_millis: try field(settings.responseTimeoutMillis ?? 0, "the response timeout in milliseconds", of: subject, at: position),
            stream_timeout_millis: try field(settings.streamTimeoutMillis ?? 0, "the stream timeout in milliseconds", of: subject, at: position),
            reserved: 0))
    }

    private mutating func credential(
        _ credential: IntermediateRepresentation.Credential?, _ strings: inout StringPool
    ) throws(EmitError) -> UInt32 {
        guard let credential else { return RTBL_NONE }
        let kind =
            switch credential.kind {
            case .header: RTBL_CREDENTIAL_HEADER
            case .query: RTBL_CREDENTIAL_QUERY
            case .basic: RTBL_CREDENTIAL_BASIC
            }
        return try credentials.index(of: rtbl_credential(
            secret_namespace: try strings.offset(of: credential.secret.namespace),
            secret_name: try strings.offset(of: credential.secret.name),
            name: try strings.offset(of: credential.name), key: try strings.offset(of: credential.key),
            password_key: try strings.offset(of: credential.passwordKey ?? ""), kind: UInt8(kind), reserved: (0, 0, 0)))
    }
}
