import CTable
import RoutingTable

/// Which RateLimitPolicies a table's rules come from, and how they are attached.
struct LimitPlan {
    struct Policy {
        let limit: IntermediateRepresentation.RateLimit
        /// nil: rules name it.
        let api: Index<rtbl_api>?
        var object: ObjectName { ObjectName(limit.object) }
    }

    private(set) var policies: [Policy] = []
    /// By rule: the policy that it names.
    private(set) var named: [Int: Int] = [:]

    init(_ table: RoutingTable) throws(TableObjects.Fault) {
        var numbers: [ObjectName: Int] = [:]
        for rule in table.rules.indices {
            for number in table.extras(of: table.rules[rule]).map({ table.rateLimits(of: $0) }) ?? [] {
                let limit = table.rateLimit(number)
                let api = limit.scope == .api ? table.rules[rule].apiIndex : nil
                let policy = numbers[ObjectName(limit.object)] ?? policies.count
                if policy == policies.count {
                    numbers[ObjectName(limit.object)] = policy
                    policies.append(Policy(limit: limit, api: api))
                }
                guard policies[policy].limit == limit, policies[policy].api == api, table.name(table.apis[table.rules[rule].apiIndex]).namespace == limit.object.namespace else {
                    throw TableObjects.Fault(description: "RateLimitPolicy \(limit.object) limits more than one API, or APIs of another namespace, as one for a Gateway may, which is not written as custom resources")
                }
                if api == nil { named[rule] = policy }
            }
        }
    }
}

extension TableObjects {
    /// RateLimitPolicy.
    var rateLimitDocuments: [YAMLText] {
        limits.policies.map { policy in
            Self.object("dp.wso2.com/v1alpha3", "RateLimitPolicy", policy.object, spec: [
                ("default", .map([("api", .map([("requestsPerUnit", .number(policy.limit.requests)), ("unit", .string(Self.unit(policy.limit.unit)))]))])),
                ("targetRef", policy.api.map { Self.reference("API", table.name(table.apis[$0]).name) } ?? Self.reference("Resource", policy.object.name)),
            ])
        }
    }

    /// AIRateLimitPolicy: one for each Backend that has one.
    var aiRateLimitDocuments: [YAMLText] {
        table.backends.indices.compactMap { number in
            let backend = Index<rtbl_backend>(unchecked: UInt32(number))
            return table.extras(of: backend)?.aiRateLimitIndex.map { document(table.aiRateLimit($0), of: table.name(table.backends[backend])) }
        }
    }

    private func document(_ limit: IntermediateRepresentation.AIRateLimit, of backend: ObjectName) -> YAMLText {
        Self.object("dp.wso2.com/v1alpha3", "AIRateLimitPolicy", ObjectName(limit.object), spec: [
            ("default", .map([
                ("tokenCount", limit.tokens.map { tokens in
                    .map([
                        ("unit", .string(Self.unit(tokens.unit))), ("requestTokenCount", tokens.prompt.map { .number($0) }),
                        ("responseTokenCount", tokens.completion.map { .number($0) }), ("totalTokenCount", tokens.total.map { .number($0) }),
                    ])
                }),
                ("requestCount", limit.requests.map { .map([("requestsPerUnit", .number($0.limit)), ("unit", .string(Self.unit($0.unit)))]) }),
            ])),
            ("targetRef", Self.reference("Backend", backend.name)),
        ])
    }

    private static func unit(_ window: IntermediateRepresentation.Window) -> String {
        switch window {
        case .minute: "Minute"
        case .hour: "Hour"
        case .day: "Day"
        }
    }
}
