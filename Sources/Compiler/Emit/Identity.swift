import RoutingTable

/// The identities of FORMAT.md ("Units"): what carries a cursor or a suspension across tables.
struct Identity {
    private let pool: [String]

    init(api: IntermediateRepresentation.API, pool: IntermediateRepresentation.Pool) {
        self.pool = [
            api.object.namespace, api.object.name, pool.environment.rawValue,
            pool.ownerKind.rawValue, pool.owner.namespace, pool.owner.name, pool.ruleIndex.map(String.init) ?? "",
        ]
    }

    var ofPool: UInt64 { Self.number(["pool"] + pool) }

    func of(_ target: IntermediateRepresentation.Target) -> UInt64 {
        Self.number(["target"] + pool + [target.model ?? "", target.backend.namespace, target.backend.name])
    }

    /// The first 8 bytes, little-endian, of SHA-256 over the parts, each followed by a zero byte.
    private static func number(_ parts: [String]) -> UInt64 {
        var bytes: [UInt8] = []
        for part in parts {
            bytes += part.utf8
            bytes.append(0)
        }
        let digest = Digest(of: unsafe bytes.span.bytes) // a UInt8 has no padding that could be read uninitialised
        return digest.bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
