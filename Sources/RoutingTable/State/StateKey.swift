import CTable

/// What a row of the state belongs to, the same in every table and process: the kind in the lowest three bits, the rest
/// of an identity above. Never 0.
package struct StateKey: BitwiseCopyable, Hashable, Sendable {
    package let raw: UInt64

    package init(raw: UInt64) { self.raw = raw }

    private init(_ kind: Int, _ identity: UInt64) { raw = identity & ~7 | UInt64(kind) }

    package var kind: Int { Int(raw & 7) }

    /// A cursor means something only in its own cycle, so the cycle is part of a pool's key: tables that differ in a pool's
    /// weights, served at the same time, each have a cursor of their own.
    package init(_ pool: rtbl_pool, in table: RoutingTable) {
        let rotation = table.rotation(of: pool)
        var hash = TableHash.mix(pool.identity ^ 0xa076_1d64_78bd_642f, UInt64(rotation.cycleLength) ^ 0xe703_7ed1_a0b4_28db)
        for position in 0..<rotation.cycleLength { hash = TableHash.mix(hash ^ UInt64(rotation.target(at: position)), 0x9e37_79b9_7f4a_7c15) }
        self.init(RTBL_STATE_POOL, hash)
    }

    package init(_ target: rtbl_target) { self.init(RTBL_STATE_TARGET, target.identity) }
    package init(_ limit: rtbl_rate_limit) { self.init(RTBL_STATE_RATE_LIMIT, limit.identity) }
    package init(_ limit: rtbl_ai_rate_limit) { self.init(RTBL_STATE_AI_RATE_LIMIT, limit.identity) }

    package init(_ api: rtbl_api, in table: RoutingTable) {
        let namespace = table.string(api.object_namespace), name = table.string(api.object_name)
        self.init(RTBL_STATE_API, TableHash.hash(seed: TableHash.hash(seed: 3, bytes: namespace.span), bytes: name.span))
    }

    /// For tests, and for rotations outside a running dataplane.
    init(number: Int, kind: Int) { self.init(kind, UInt64(number + 1) << 3) }
}
