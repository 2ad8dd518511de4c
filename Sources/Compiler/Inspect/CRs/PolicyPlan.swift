import CTable
import RoutingTable

/// Which APIPolicies a table's pools of models come from, and how they are attached.
///
/// A policy whose list serves every rule of one API, and no rule of another, is written for that API; one that serves
/// some rules only is named by those in an ExtensionRef filter. What precedence decided is written out, so that no
/// override is needed.
struct PolicyPlan {
    struct Policy {
        let object: ObjectName
        /// By environment.
        var pools: [UInt8: Index<rtbl_pool>] = [:]
        /// Without models: for what backendRefs do about failures (the pools then are of backends), or for a cORSPolicy.
        var isForBackends = false
        /// Of the API that it is for; nil: rules name it.
        var api: Index<rtbl_api>?
        /// Beside another policy on the same rule: what it says about failures is written even where it is as usual,
        /// or the other one's word would count.
        var isExplicit = false
        var cors: IntermediateRepresentation.CORS?
    }

    var policies: [Policy] = []
    /// By rule: the policy that it names.
    var named: [Int: Int] = [:]

    init(_ table: RoutingTable, _ routes: [RouteDocument]) throws(TableObjects.Fault) {
        var numbers: [ObjectName: Int] = [:]
        var users: [[Int]] = []
        for number in table.pools.indices where Int(table.pools[number].kind) == RTBL_POOL_MODELS {
            let pool = table.pools[number], owner = table.owner(pool)
            let policy = numbers[owner] ?? policies.count
            if policy == policies.count {
                numbers[owner] = policy
                policies.append(Policy(object: owner))
                users.append([])
            }
            try add(Index(unchecked: UInt32(number)), to: policy, table)
        }
        for rule in table.rules.indices {
            guard let pool = table.rules[rule].modelPoolIndex, let policy = numbers[table.owner(table.pools[pool])] else { continue }
            named[rule] = policy
            users[policy].append(rule)
        }
        for policy in policies.indices { attach(policy, users[policy], table) }
        addBackendPolicies(table)
        try addCORS(table)
    }

    /// Two pools of one policy and environment belong to two APIs: they are written once, so they must say the same.
    private mutating func add(_ pool: Index<rtbl_pool>, to policy: Int, _ table: RoutingTable) throws(TableObjects.Fault) {
        let environment = table.pools[pool].environment
        for other in policies[policy].pools.values {
            let (a, b) = (table.pools[pool], table.pools[other])
            let sameList = environment != b.environment || Self.targets(a, table) == Self.targets(b, table)
            guard sameList, a.options == b.options, a.provider == b.provider else {
                let name = policies[policy].object
                throw TableObjects.Fault(description: "APIPolicy \(name.namespace)/\(name.name) has pools that differ by API or environment, which is not written as custom resources")
            }
        }
        if policies[policy].pools[environment] == nil { policies[policy].pools[environment] = pool }
    }

    private static func targets(_ pool: rtbl_pool, _ table: RoutingTable) -> [[UInt32]] {
        (0..<table.targetCount(of: pool)).map { number in
            let target = table.targets[pool.target(number)]
            return [target.model, target.backend, UInt32(target.weight), UInt32(target.tier)]
        }
    }

    /// For its API, if that changes nothing: no other policy gives a rule of the API its models (its annotations would
    /// fill in what the other leaves out), and this one serves every rule of its environments, and no other API. Rules whose backendRefs do something else about failures name a policy that says so.
    private mutating func attach(_ policy: Int, _ users: [Int], _ table: RoutingTable) {
        guard let first = users.first, let pool = policies[policy].pools.values.first else { return }
        let api = table.rules[first].apiIndex
        guard users.allSatisfy({ table.rules[$0].apiIndex == api }) else { return }
        let options = table.poolOptions[table.pools[pool].optionsIndex]
        var exceptions: [Int] = []
        for rule in table.rules.indices where table.rules[rule].apiIndex == api {
            let record = table.rules[rule]
            guard named[rule] == policy || named[rule] == nil && policies[policy].pools[record.environment] == nil else { return }
            if let backends = record.backendPoolIndex, !options.failsOverLike(table.poolOptions[table.pools[backends].optionsIndex]) { exceptions.append(rule) }
        }
        guard !policies.contains(where: { $0.api == api }), policies[policy].object.namespace == table.name(table.apis[api]).namespace else { return }
        policies[policy].api = api
        policies[policy].isExplicit = !exceptions.isEmpty
        for rule in users { named[rule] = nil }
        for rule in exceptions { nameBackendPolicy(rule, table) }
    }

    /// A policy without models, for the failures of a rule's backendRefs alone.
    private mutating func nameBackendPolicy(_ rule: Int, _ table: RoutingTable) {
        let record = table.rules[rule]
        guard let pool = record.backendPoolIndex else { return }
        let api = table.name(table.apis[record.apiIndex])
        named[rule] = policies.count
        policies.append(Policy(
            object: ObjectName(namespace: api.namespace, name: "\(api.name)-failover-\(rule)"), pools: [record.environment: pool], isForBackends: true,
            api: nil, isExplicit: true))
    }

    /// A rule without models whose backendRefs fail over in another way than usual needs a policy that says so.
    private mutating func addBackendPolicies(_ table: RoutingTable) {
        for rule in table.rules.indices {
            let record = table.rules[rule]
            guard record.modelPoolIndex == nil, let pool = record.backendPoolIndex else { continue }
            let options = table.poolOptions[table.pools[pool].optionsIndex]
            if !options.failsOverAsUsual, !policies.contains(where: { $0.api == record.apiIndex }) { nameBackendPolicy(rule, table) }
        }
    }
}

extension rtbl_pool_options {
    func failsOverLike(_ other: rtbl_pool_options) -> Bool { failover_on == other.failover_on && failover_attempts == other.failover_attempts }
    var failsOverAsUsual: Bool {
        failover_on == UInt32(RTBL_ON_429 | RTBL_ON_503 | RTBL_ON_529 | RTBL_ON_CONNECT) && failover_attempts == 3
    }
}
