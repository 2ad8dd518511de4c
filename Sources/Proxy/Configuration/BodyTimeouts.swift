import CTable
import RoutingTable

/// `timeout.downstreamRequestIdleTimeout` of Backends: how long a client may pause within its request. The body is
/// received before a target is picked, so a rule's clients get the longest time of the Backends that may be.
enum BodyTimeouts {
    /// For each rule in milliseconds; nil: no Backend of the table says.
    @unsafe
    static func ofRules(in table: RoutingTable, default standard: UInt64, _ arena: inout Arena) -> UnsafeMutablePointer<UInt64>? {
        let extras = table.features.backendExtras
        guard extras.indices.contains(where: { extras[$0].request_idle_timeout_millis != RTBL_NONE }) else { return nil }
        let timeouts = unsafe arena.array(table.rules.count, repeating: standard)
        for number in table.rules.indices {
            let rule = table.rules[number]
            let pools = [rule.modelPoolIndex, rule.backendPoolIndex].compactMap { $0 }
            unsafe timeouts[number] = pools.flatMap { millis(ofPool: table.pools[$0], in: table, default: standard) }.max() ?? standard
        }
        return unsafe timeouts
    }

    private static func millis(ofPool pool: rtbl_pool, in table: RoutingTable, default standard: UInt64) -> [UInt64] {
        (0..<table.targetCount(of: pool)).map { number in
            let backend = table.targets[pool.target(number)].backendIndex
            guard let millis = table.extras(of: backend)?.request_idle_timeout_millis, millis != RTBL_NONE else { return standard }
            return millis == 0 ? Limits.neverMillis : UInt64(millis)
        }
    }
}

extension HealthChecks.Check {
    init(_ check: rtbl_health_check, load: UInt32, address: UInt32, name: String) {
        self.init(
            load: load, address: address, name: name, timeoutMillis: UInt64(check.timeout_seconds) * 1000,
            intervalMillis: UInt64(check.interval_seconds) * 1000, unhealthyThreshold: check.unhealthy_threshold, healthyThreshold: check.healthy_threshold)
    }
}

extension Limits {
    /// What stands for no limit: ten years, which no sum with the clock overflows.
    static let neverMillis: UInt64 = 315_360_000_000
}
