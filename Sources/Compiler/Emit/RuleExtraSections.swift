import CTable

/// RULE_EXTRAS and what they lead to, except who may call: that is AuthenticationSections.
struct RuleExtraSections {
    private(set) var extras = RecordPool<rtbl_rule_extras>()
    private(set) var headerOperations = ListPool<rtbl_header_operation>()
    private(set) var redirects = RecordPool<rtbl_redirect>()
    private(set) var cors = RecordPool<rtbl_cors>()
    private(set) var rateLimits = RecordPool<rtbl_rate_limit>()
    /// By index in the representation.
    private var corsNumbers: [UInt32] = []

    init(_ ir: IntermediateRepresentation, strings: inout StringPool) throws(EmitError) {
        for policy in ir.corsPolicies { corsNumbers.append(try cors.index(of: try Self.record(policy, &strings))) }
    }

    /// The extras of a rule; `RTBL_NONE`: it asks for nothing of the kind.
    mutating func index(
        of rule: IntermediateRepresentation.Rule, of api: IntermediateRepresentation.API, in ir: IntermediateRepresentation,
        authentications: AuthenticationSections, numbers: inout ListPool<UInt32>, strings: inout StringPool
    ) throws(EmitError) -> UInt32 {
        guard rule.hasExtras else { return RTBL_NONE }
        var operations: [rtbl_header_operation] = []
        for operation in rule.requestHeaders + rule.responseHeaders { operations.append(try Self.record(operation, of: rule, &strings)) }
        var limits: [UInt32] = []
        for number in rule.rateLimits {
            let limit = try element(number, of: ir.rateLimits, "rateLimits", rule)
            limits.append(try rateLimits.index(of: try Self.record(limit, of: rule, of: api, &strings)))
        }
        return try extras.index(of: rtbl_rule_extras(
            first_header_operation: try headerOperations.first(of: operations),
            request_header_count: try listCount(rule.requestHeaders.count, "request headers to modify", of: rule.subject, at: rule.position),
            response_header_count: try listCount(rule.responseHeaders.count, "response headers to modify", of: rule.subject, at: rule.position),
            redirect: try redirect(rule, &strings),
            cors: try rule.cors.map { (number) throws(EmitError) in try element(number, of: corsNumbers, "corsPolicies", rule) } ?? RTBL_NONE,
            authentication: try rule.authentication.map { (number) throws(EmitError) in
                try element(number, of: authentications.numbers, "authentications", rule)
            } ?? RTBL_NONE,
            first_rate_limit: try numbers.first(of: limits),
            rate_limit_count: try listCount(limits.count, "rate limits", of: rule.subject, at: rule.position), reserved: 0,
            request_timeout_millis: try optional(rule.timeouts?.requestMillis, "the request timeout in milliseconds", of: rule.subject, at: rule.position),
            backend_request_timeout_millis: try optional(
                rule.timeouts?.backendRequestMillis, "the backend request timeout in milliseconds", of: rule.subject, at: rule.position)))
    }

    private func element<Element>(
        _ number: Int, of list: [Element], _ name: String, _ rule: IntermediateRepresentation.Rule
    ) throws(EmitError) -> Element {
        guard list.indices.contains(number) else { throw EmitError(rule.subject, "refers to \(name)[\(number)], of which there are \(list.count)", at: rule.position) }
        return list[number]
    }

    private static func record(
        _ operation: IntermediateRepresentation.HeaderOperation, of rule: IntermediateRepresentation.Rule, _ strings: inout StringPool
    ) throws(EmitError) -> rtbl_header_operation {
        let code =
            switch operation.operation {
            case .set: RTBL_HEADER_SET
            case .add: RTBL_HEADER_ADD
            case .remove: RTBL_HEADER_REMOVE
            }
        guard (operation.operation == .remove) == (operation.value == nil) else {
            throw EmitError(rule.subject, "header \"\(operation.name)\": what is set or added has a value, what is removed has none", at: rule.position)
        }
        return rtbl_header_operation(
            name: try strings.headerName(operation.name, of: rule.subject), value: try strings.offset(of: operation.value ?? ""),
            operation: UInt8(code), reserved: (0, 0, 0))
    }

    private mutating func redirect(_ rule: IntermediateRepresentation.Rule, _ strings: inout StringPool) throws(EmitError) -> UInt32 {
        guard let redirect = rule.redirect else { return RTBL_NONE }
        guard [301, 302, 303, 307, 308].contains(redirect.statusCode), [nil, "http", "https"].contains(redirect.scheme), redirect.port != 0 else {
            throw EmitError(rule.subject, "the redirect's status code, scheme or port is none", at: rule.position)
        }
        guard redirect.path.namedGroups.isEmpty else {
            throw EmitError(rule.subject, "the redirect's path names a group, which only a rewritten path can", at: rule.position)
        }
        let (kind, value) = redirect.path.code
        return try redirects.index(of: rtbl_redirect(
            scheme: try strings.offset(of: redirect.scheme ?? ""), hostname: try strings.offset(of: redirect.hostname ?? ""),
            path_value: try strings.offset(of: value), port: try field(redirect.port ?? 0, "the redirect's port", of: rule.subject, at: rule.position),
            status: UInt16(redirect.statusCode), path: kind, reserved: (0, 0, 0)))
    }

    private static func record(_ cors: IntermediateRepresentation.CORS, _ strings: inout StringPool) throws(EmitError) -> rtbl_cors {
        let subject = "a cORSPolicy for \(cors.origins.joined(separator: ", "))"
        guard !cors.origins.isEmpty else { throw EmitError("a cORSPolicy", "allows no origin") }
        return rtbl_cors(
            origins: try strings.strings(cors.origins, "origins", of: subject), methods: try strings.strings(cors.methods, "methods", of: subject),
            headers: try strings.strings(cors.headers, "headers", of: subject),
            exposed_headers: try strings.strings(cors.exposedHeaders, "exposed headers", of: subject),
            max_age_seconds: try optional(cors.maxAgeSeconds, "the age in seconds", of: subject, at: nil),
            flags: UInt32(cors.allowsCredentials ? RTBL_CORS_ALLOW_CREDENTIALS : 0))
    }

    private static func record(
        _ limit: IntermediateRepresentation.RateLimit, of rule: IntermediateRepresentation.Rule, of api: IntermediateRepresentation.API,
        _ strings: inout StringPool
    ) throws(EmitError) -> rtbl_rate_limit {
        let subject = "RateLimitPolicy \(limit.object)"
        let scope =
            switch limit.scope {
            case .api: RTBL_LIMIT_API
            case .resource: RTBL_LIMIT_RESOURCE
            case .custom: RTBL_LIMIT_CUSTOM
            }
        guard (limit.scope == .custom) == (limit.key != nil), limit.key != "", limit.scope == .custom || limit.value == nil && limit.organization == nil else {
            throw EmitError(subject, "a custom limit has a key, no other has key, value and organization")
        }
        return rtbl_rate_limit(
            identity: Identity.of(limit, rule: rule, api: api),
            object_namespace: try strings.offset(of: limit.object.namespace), object_name: try strings.offset(of: limit.object.name),
            key: try strings.offset(of: limit.key ?? ""), value: try strings.offset(of: limit.value ?? ""),
            organization: try strings.offset(of: limit.organization ?? ""),
            requests: try positive(limit.requests, "the number of requests", of: subject, at: rule.position),
            scope: UInt8(scope), window: limit.unit.code, reserved: (0, 0, 0, 0, 0, 0))
    }
}

extension IntermediateRepresentation.Rule {
    fileprivate var hasExtras: Bool {
        !requestHeaders.isEmpty || !responseHeaders.isEmpty || redirect != nil || timeouts != nil || cors != nil || authentication != nil
            || !rateLimits.isEmpty
    }
}

extension IntermediateRepresentation.Rewrite {
    /// As tables write it.
    var code: (kind: UInt8, value: String) {
        switch self {
        case .none: (UInt8(RTBL_REWRITE_NONE), "")
        case .replaceFullPath(let path): (UInt8(namedGroups.isEmpty ? RTBL_REWRITE_FULL : RTBL_REWRITE_CAPTURES), path)
        case .replacePrefixMatch(let path): (UInt8(RTBL_REWRITE_PREFIX), path)
        }
    }
}

extension IntermediateRepresentation.Window {
    /// As a table writes it.
    var code: UInt8 {
        switch self {
        case .minute: UInt8(RTBL_WINDOW_MINUTE)
        case .hour: UInt8(RTBL_WINDOW_HOUR)
        case .day: UInt8(RTBL_WINDOW_DAY)
        }
    }
}

/// A number for whose absence a table has `RTBL_NONE`.
func optional(
    _ value: Int?, _ what: String, of subject: @autoclosure () -> String, at position: IntermediateRepresentation.Position?
) throws(EmitError) -> UInt32 {
    guard let value else { return RTBL_NONE }
    guard value < RTBL_NONE else { throw EmitError(subject(), "\(what) is \(value); a table holds less than \(RTBL_NONE)", at: position) }
    return try field(value, what, of: subject(), at: position)
}

/// A number that is at least 1 and less than `RTBL_NONE`.
func positive(
    _ value: Int, _ what: String, of subject: @autoclosure () -> String, at position: IntermediateRepresentation.Position?
) throws(EmitError) -> UInt32 {
    guard value > 0 else { throw EmitError(subject(), "\(what) is \(value); it is at least 1", at: position) }
    return try optional(value, what, of: subject(), at: position)
}
