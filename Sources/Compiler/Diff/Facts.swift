import RoutingTable

/// A part of a report that has words of its own: all that it says is in them.
protocol FactText {
    var text: String { get }
}

/// What a record of a report says, as flat names and texts, whatever its fields are: a field that is added to the
/// report is compared without a change here.
struct Facts {
    private(set) var all: [(name: String, text: String)] = []

    /// - Parameter except: fields that are compared in another way, or not at all, such as positions.
    init(_ record: some Encodable, except: Set<String> = []) {
        add(record, "", except)
    }

    private mutating func add(_ value: Any, _ name: String, _ except: Set<String>) {
        if let fact = value as? any FactText { return all.append((name, fact.text)) }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional:
            if let child = mirror.children.first { add(child.value, name, except) }
        case .struct where !mirror.children.isEmpty && !(value is String):
            for child in mirror.children {
                guard let label = child.label, !except.contains(label) else { continue }
                add(child.value, name.isEmpty ? label : "\(name).\(label)", except)
            }
        case .collection where mirror.children.allSatisfy({ Self.isPlain($0.value) }):
            all.append((name, mirror.children.map { ($0.value as? any FactText)?.text ?? "\($0.value)" }.joined(separator: ", ")))
        case .collection:
            for (number, child) in mirror.children.enumerated() { add(child.value, "\(name)[\(number)]", except) }
        default:
            all.append((name, Self.short("\(value)")))
        }
    }

    /// A text of several lines, such as certificates, by its digest.
    private static func short(_ text: String) -> String { text.contains("\n") ? digest(text) : text }

    /// What tells long texts apart without showing them.
    static func digest(_ text: String) -> String {
        var hasher = DigestHasher()
        hasher.update(Array(text.utf8))
        return "\(grouped(text.utf8.count)) bytes, SHA-256 \(hasher.finish().hex.prefix(12))…"
    }

    private static func isPlain(_ value: Any) -> Bool { value is any FactText || value is String || value is Int || value is Double || value is Bool }

    var text: String { all.map { "\($0.name) \($0.text)" }.joined(separator: ", ") }

    /// The name of a fact as people know it.
    private static func word(_ name: String) -> String {
        words[name] ?? (name.hasPrefix("features.") ? words[String(name.dropFirst(9))] ?? String(name.dropFirst(9)) : name)
    }

    /// What differs, in the order of `before`, then of `after`.
    static func differences(_ before: Facts, _ after: Facts) -> [TableDiff.Detail] {
        let old = Dictionary(before.all.map { ($0.name, $0.text) }, uniquingKeysWith: { first, _ in first })
        let new = Dictionary(after.all.map { ($0.name, $0.text) }, uniquingKeysWith: { first, _ in first })
        let names = before.all.map(\.name) + after.all.map(\.name).filter { old[$0] == nil }
        return names.filter { old[$0] != new[$0] }.map { TableDiff.Detail(what: word($0), before: old[$0], after: new[$0]) }
    }

    /// What something new says that is not as usual.
    static func notable(_ facts: Facts) -> [TableDiff.Detail] {
        facts.all.filter { usual[$0.name] != $0.text }.map { TableDiff.Detail(what: word($0.name), before: nil, after: $0.text) }
    }

    /// What a CR gets that does not say otherwise.
    private static let usual = [
        "isOpen": "false", "isDefaultVersion": "false", "options.suspendSeconds": "0", "options.suspendOn": "429, remaining",
        "options.failoverOn": "429, 503, 529, connect", "options.failoverAttempts": "3", "options.allSuspended": "reject",
        "options.retryAfter": "extend", "options.suspendFor": "policy", "options.clientModel": "ignore", "options.missingModel": "insert",
        "provider.requestModel": "body $.model", "provider.responseModel": "body $.model", "provider.promptTokens": "body $.usage.prompt_tokens",
        "provider.completionTokens": "body $.usage.completion_tokens", "provider.totalTokens": "body $.usage.total_tokens",
    ]

    /// Fields under the names that people know; one that is not here goes by its own.
    private static let words = [
        "name": "name", "version": "version", "basePath": "base path", "isOpen": "open to everybody", "isDefaultVersion": "default version",
        "environments": "environments", "upstreamPath": "upstream path", "options.suspendSeconds": "suspension in seconds",
        "options.suspendOn": "suspend on", "options.failoverOn": "fail over on", "options.failoverAttempts": "attempts at most",
        "options.allSuspended": "when all are suspended", "options.retryAfter": "Retry-After", "options.suspendFor": "suspend for",
        "options.clientModel": "client's model", "options.missingModel": "missing model", "provider.object": "AIProvider",
        "provider.requestModel": "model in the request", "provider.responseModel": "model in the answer",
        "provider.promptTokens": "prompt tokens", "provider.completionTokens": "completion tokens", "provider.totalTokens": "total tokens",
        "hostHeader": "Host header", "connectTimeoutMillis": "connect timeout in ms", "responseTimeoutMillis": "timeout to the answer in ms",
        "streamTimeoutMillis": "timeout within the answer in ms", "upstream": "address", "credential": "credential", "options.sticky": "sticky",
        "requestHeaders": "request headers", "responseHeaders": "response headers", "redirect": "redirect", "requestTimeoutMillis": "request timeout in ms",
        "backendRequestTimeoutMillis": "timeout of one attempt in ms", "tls.certificates": "trusted certificates", "tls.certificateSecret": "trusted certificates",
        "tls.allowedSANs": "names that its certificate may have", "retry": "retry", "circuitBreaker": "circuit breaker", "healthCheck": "health check",
        "aiRateLimit": "AI rate limit", "requestIdleTimeoutMillis": "request idle timeout in ms",
    ]
}
