import CTable
import RoutingTable

extension Server {
    /// What this version serves of the features that a table can need. A table that needs another is refused at the
    /// start: silently leaving out, say, authentication would let everybody in.
    static let servedFeatures: Set<TableRequirements.Feature> = [
        .regularExpressions, .authentication, .conditions, .headerFilters, .redirects, .ruleTimeouts, .cors, .tiers, .stickiness,
        .claimStickiness, .retries, .backendTLS, .circuitBreakers, .healthChecks, .requestIdleTimeouts, .rateLimits, .aiRateLimits, .secretTexts,
    ]

    static func checkRequirements(_ table: RoutingTable, path: String, served: Set<TableRequirements.Feature> = servedFeatures) throws(Exit) {
        try checkSizes(table, path: path)
        let missing = TableRequirements(table).missing(from: served)
        guard !missing.isEmpty else { return }
        let names = missing.map { "\($0.feature.rawValue), first in \($0.first)" }
        throw Exit(code: 1, message: """
            \(path) is refused: it needs what this version of the dataplane does not serve: \(names.joined(separator: "; ")); \
            remove it from the policies, or use a newer dataplane
            """)
    }

    /// What rules write into a head must fit beside the rest of it (`Limits.writtenHeadBytes`).
    private static func checkSizes(_ table: RoutingTable, path: String) throws(Exit) {
        for number in table.features.ruleExtras.indices {
            let extras = table.features.ruleExtras[number]
            for operations in [extras.requestHeaders, extras.responseHeaders] {
                let bytes = operations.reduce(0) {
                    let operation = table.features.headerOperations[$1]
                    return $0 + table.string(operation.name).count + table.string(operation.value).count + 4
                }
                guard bytes <= Limits.ruleHeaderBytes else {
                    throw Exit(code: 1, message: """
                        \(path) is refused: the header filters of one rule (RULE_EXTRAS[\(number)] of the table) write \(bytes) bytes, at most \(Limits.ruleHeaderBytes) are served; \
                        make the values in the HTTPRoute's header filters shorter
                        """)
                }
            }
        }
        for number in table.features.corsPolicies.indices {
            let cors = table.features.corsPolicies[number]
            let bytes = [cors.methods, cors.headers, cors.exposed_headers].reduce(0) { sum, list in
                (0..<Int(list.count)).reduce(sum) { $0 + table.string($1, of: list).count + 2 }
            }
            guard bytes <= Limits.ruleHeaderBytes else {
                throw Exit(code: 1, message: """
                    \(path) is refused: a cORSPolicy (CORS[\(number)] of the table) lists \(bytes) bytes of methods and headers, at most \(Limits.ruleHeaderBytes) are served; \
                    shorten its lists in the APIPolicy
                    """)
            }
        }
    }
}

extension Limits {
    /// What the header filters of a rule put into one message, and what a cORSPolicy does.
    static let ruleHeaderBytes = 128 << 10
}
