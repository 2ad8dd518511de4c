import RoutingTable

/// The identities of FORMAT.md ("Units"): what carries a cursor, a suspension or a counter across tables.
struct Identity {
    /// The parts that a pool and its targets have in common, each followed by a zero byte.
    private let common: [UInt8]

    init(api: IntermediateRepresentation.API, pool: IntermediateRepresentation.Pool) {
        self.init(parts: [
            api.object.namespace, api.object.name, pool.environment.rawValue,
            pool.ownerKind.rawValue, pool.owner.namespace, pool.owner.name, pool.ruleIndex.map(String.init) ?? "",
        ])
    }

    /// - Parameter parts: in the order of FORMAT.md, up to and with the rule's index.
    init(parts: [String]) {
        var common: [UInt8] = []
        for part in parts { Self.append(part, to: &common) }
        self.common = common
    }

    var ofPool: UInt64 {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(common.count + 5)
        Self.append("pool", to: &bytes)
        bytes += common
        return Self.number(bytes)
    }

    func of(_ target: IntermediateRepresentation.Target) -> UInt64 {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(common.count + 128)
        Self.append("target", to: &bytes)
        bytes += common
        Self.append(target.model ?? "", to: &bytes)
        Self.append(target.backend.namespace, to: &bytes)
        Self.append(target.backend.name, to: &bytes)
        return Self.number(bytes)
    }

    /// Of the counter of a rate limit: what its scope makes requests share.
    static func of(
        _ limit: IntermediateRepresentation.RateLimit, rule: IntermediateRepresentation.Rule, api: IntermediateRepresentation.API
    ) -> UInt64 {
        var parts = ["limit", limit.object.namespace, limit.object.name, limit.scope.rawValue]
        switch limit.scope {
        case .api: parts += [api.object.namespace, api.object.name, rule.environment.rawValue]
        case .resource:
            parts += [api.object.namespace, api.object.name, rule.environment.rawValue, rule.route.namespace, rule.route.name, String(rule.index)]
        case .custom: parts += [limit.organization ?? "", limit.key ?? "", limit.value ?? ""]
        }
        return number(parts)
    }

    /// Of the counters of a Backend's limit.
    static func of(_ limit: IntermediateRepresentation.AIRateLimit, backend: IntermediateRepresentation.Reference) -> UInt64 {
        number(["ai-limit", limit.object.namespace, limit.object.name, backend.namespace, backend.name])
    }

    private static func number(_ parts: [String]) -> UInt64 {
        var bytes: [UInt8] = []
        for part in parts { append(part, to: &bytes) }
        return number(bytes)
    }

    private static func append(_ part: String, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: part.utf8)
        bytes.append(0)
    }

    /// The first 8 bytes of SHA-256, little-endian.
    private static func number(_ bytes: [UInt8]) -> UInt64 {
        let digest = Digest(of: unsafe bytes.span.bytes) // a UInt8 has no padding that could be read uninitialised
        return digest.bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
