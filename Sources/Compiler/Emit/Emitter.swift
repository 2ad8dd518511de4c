import CTable
import Policies
import RoutingTable
import Threading

/// The table of an intermediate representation, as FORMAT.md describes it. The same input makes the same bytes.
///
/// Time grows with the size of the input (and, for the order of hosts and paths, with its logarithm).
/// - Parameter debug: whether the table says where in the CRs everything was written.
package func emitTable(_ ir: IntermediateRepresentation, debug: Bool = true, progress: Progress? = nil) throws(EmitError) -> [UInt8] {
    progress?.begin(.writing, total: ir.apis.count)
    var emitter = try Emitter(ir)
    for api in ir.apis {
        try emitter.add(api)
        progress?.done.add(1)
    }
    try emitter.checkIdentities()
    return try emitter.finish(debug: debug ? DebugSections(ir) : nil)
}

/// The sections of traffic, filled API by API.
private struct Emitter {
    private let ir: IntermediateRepresentation
    private var strings = StringPool()
    private var numbers = ListPool<UInt32>()
    private var blobs = BlobPool()
    private let backends: BackendSections
    private let backendExtras: BackendExtraSections
    private let authentications: AuthenticationSections
    private var ruleExtras: RuleExtraSections
    private var pools = PoolSections()
    private var matches = MatchList()
    private var apis: [rtbl_api] = []
    private var rules: [rtbl_rule] = []

    init(_ ir: IntermediateRepresentation) throws(EmitError) {
        self.ir = ir
        backends = try BackendSections(ir.backends, strings: &strings)
        backendExtras = try BackendExtraSections(ir.backends, numberLists: &numbers, blobs: &blobs, strings: &strings)
        authentications = try AuthenticationSections(ir, numberLists: &numbers, blobs: &blobs, strings: &strings)
        ruleExtras = try RuleExtraSections(ir, strings: &strings)
    }

    mutating func add(_ api: IntermediateRepresentation.API) throws(EmitError) {
        let number = try newIndex(after: apis.count, of: "API")
        apis.append(rtbl_api(
            object_namespace: try strings.offset(of: api.object.namespace), object_name: try strings.offset(of: api.object.name),
            api_name: try strings.offset(of: api.apiName), api_version: try strings.offset(of: api.apiVersion),
            base_path: try strings.offset(of: api.basePath), organization: try strings.offset(of: api.organization),
            flags: Self.flags(of: api), authentication: RTBL_NONE))
        let firstPool = pools.pools.count
        for pool in api.pools {
            try pools.add(pool, of: api, number: number, backends: backends, strings: &strings)
        }
        for rule in api.rules { try add(rule, of: api, number: number, firstPool: firstPool) }
    }

    private static func flags(of api: IntermediateRepresentation.API) -> UInt32 {
        var flags = 0
        if api.isOpen { flags |= RTBL_API_OPEN }
        if api.isDefaultVersion { flags |= RTBL_API_DEFAULT_VERSION }
        if api.environments.contains(.production) { flags |= RTBL_API_PRODUCTION }
        if api.environments.contains(.sandbox) { flags |= RTBL_API_SANDBOX }
        return UInt32(flags)
    }

    private mutating func add(
        _ rule: IntermediateRepresentation.Rule, of api: IntermediateRepresentation.API, number: UInt32, firstPool: Int
    ) throws(EmitError) {
        let index = try newIndex(after: rules.count, of: "rule")
        let (rewrite, value) = rule.rewrite.code
        rules.append(rtbl_rule(
            api: number, rewrite_value: try strings.offset(of: value),
            model_pool: try pool(rule.modelPool, .models, of: rule, in: api, firstPool: firstPool),
            backend_pool: try pool(rule.backendPool, .backends, of: rule, in: api, firstPool: firstPool),
            extras: try ruleExtras.index(
                of: rule, of: api, in: ir, authentications: authentications, numbers: &numbers, strings: &strings),
            rewrite: rewrite, environment: rule.environment.code, reserved: 0))
        try matches.add(rule, number: index, api: api, strings: &strings)
    }

    /// The number in the table of pool `index` of `api`.
    private func pool(
        _ index: Int?, _ kind: IntermediateRepresentation.Pool.Kind, of rule: IntermediateRepresentation.Rule,
        in api: IntermediateRepresentation.API, firstPool: Int
    ) throws(EmitError) -> UInt32 {
        guard let index else { return RTBL_NONE }
        guard api.pools.indices.contains(index), api.pools[index].kind == kind, api.pools[index].environment == rule.environment else {
            throw EmitError(rule.subject, "pool \(index) of the API is not one of \(kind.rawValue) for \(rule.environment.rawValue)", at: rule.position)
        }
        return UInt32(firstPool + index) // `pools` has counted that far
    }

    /// State is kept by identity: two pools or two targets of one identity would share it.
    func checkIdentities() throws(EmitError) {
        guard Self.hasDuplicate(pools.pools.map(\.identity)) || Self.hasDuplicate(pools.targets.map(\.identity)) else { return }
        var seenPools: [UInt64: String] = [:]
        var seenTargets: [UInt64: String] = [:]
        for api in ir.apis {
            for pool in api.pools {
                let identity = Identity(api: api, pool: pool)
                let subject = pool.subject(in: api)
                if let other = seenPools.updateValue(subject, forKey: identity.ofPool) {
                    throw EmitError(subject, "has the same identity as \(other)", at: pool.position)
                }
                for target in pool.targets {
                    let name = "\(subject), target \(target.model ?? "") at Backend \(target.backend)"
                    if let other = seenTargets.updateValue(name, forKey: identity.of(target)) {
                        throw EmitError(name, "has the same identity as \(other)", at: target.position ?? pool.position)
                    }
                }
            }
        }
    }

    private static func hasDuplicate(_ identities: [UInt64]) -> Bool {
        let sorted = identities.sorted()
        return zip(sorted, sorted.dropFirst()).contains { $0 == $1 }
    }

    consuming func finish(debug: DebugSections?) throws(EmitError) -> [UInt8] {
        let regexes = try matches.regexes.finish(&strings)
        let index = try RouteIndex(matches, strings: strings)
        var file = TableFile()
        file.add(RTBL_SECTION_STRINGS, strings.bytes)
        file.add(RTBL_SECTION_STRING_LISTS, strings.lists.elements)
        file.add(RTBL_SECTION_HOSTS, index.hosts)
        file.add(RTBL_SECTION_HOST_SLOTS, index.hostSlots.slots)
        file.add(RTBL_SECTION_NODES, index.nodes)
        file.add(RTBL_SECTION_NODE_SLOTS, index.nodeSlots.slots)
        file.add(RTBL_SECTION_ROUTES, index.routes)
        file.add(RTBL_SECTION_RULES, rules)
        file.add(RTBL_SECTION_APIS, apis)
        file.add(RTBL_SECTION_POOLS, pools.pools)
        file.add(RTBL_SECTION_TARGETS, pools.targets)
        file.add(RTBL_SECTION_ROTATIONS, pools.rotations.rotations)
        file.add(RTBL_SECTION_ROTATION_DATA, pools.rotations.data)
        file.add(RTBL_SECTION_BACKENDS, backends.backends)
        file.add(RTBL_SECTION_BACKEND_SETTINGS, backends.settings.records)
        file.add(RTBL_SECTION_CREDENTIALS, backends.credentials.records)
        file.add(RTBL_SECTION_PROVIDERS, pools.providers.records)
        file.add(RTBL_SECTION_POOL_OPTIONS, pools.options.records)
        addFeatures(to: &file, regexes: regexes)
        if let debug {
            file.add(RTBL_SECTION_DEBUG_FILES, debug.files.bytes)
            file.add(RTBL_SECTION_DEBUG_APIS, debug.apis)
            file.add(RTBL_SECTION_DEBUG_RULES, debug.rules)
            file.add(RTBL_SECTION_DEBUG_POOLS, debug.pools)
            file.add(RTBL_SECTION_DEBUG_TARGETS, debug.targets)
            file.add(RTBL_SECTION_DEBUG_BACKENDS, debug.backends)
        }
        return file.bytes()
    }

    private func addFeatures(to file: inout TableFile, regexes: (records: [rtbl_regex], data: [UInt8])) {
        file.addUnlessEmpty(RTBL_SECTION_CONDITION_SETS, matches.conditions.sets.records)
        file.addUnlessEmpty(RTBL_SECTION_CONDITIONS, matches.conditions.conditions.elements)
        file.addUnlessEmpty(RTBL_SECTION_REGEXES, regexes.records)
        file.addUnlessEmpty(RTBL_SECTION_REGEX_DATA, regexes.data)
        file.addUnlessEmpty(RTBL_SECTION_RULE_EXTRAS, ruleExtras.extras.records)
        file.addUnlessEmpty(RTBL_SECTION_HEADER_OPERATIONS, ruleExtras.headerOperations.elements)
        file.addUnlessEmpty(RTBL_SECTION_REDIRECTS, ruleExtras.redirects.records)
        file.addUnlessEmpty(RTBL_SECTION_CORS, ruleExtras.cors.records)
        file.addUnlessEmpty(RTBL_SECTION_AUTHENTICATIONS, authentications.authentications.records)
        file.addUnlessEmpty(RTBL_SECTION_AUTHENTICATION_SCHEMES, authentications.schemes.elements)
        file.addUnlessEmpty(RTBL_SECTION_TOKEN_ISSUERS, authentications.issuers.records)
        file.addUnlessEmpty(RTBL_SECTION_RATE_LIMITS, ruleExtras.rateLimits.records)
        file.addUnlessEmpty(RTBL_SECTION_BACKEND_EXTRAS, backendExtras.extras)
        file.addUnlessEmpty(RTBL_SECTION_BACKEND_TLS, backendExtras.tls.records)
        file.addUnlessEmpty(RTBL_SECTION_RETRIES, backendExtras.retries.records)
        file.addUnlessEmpty(RTBL_SECTION_CIRCUIT_BREAKERS, backendExtras.circuitBreakers.records)
        file.addUnlessEmpty(RTBL_SECTION_HEALTH_CHECKS, backendExtras.healthChecks.records)
        file.addUnlessEmpty(RTBL_SECTION_AI_RATE_LIMITS, backendExtras.aiRateLimits)
        file.addUnlessEmpty(RTBL_SECTION_POOL_EXTRAS, pools.extras)
        file.addUnlessEmpty(RTBL_SECTION_NUMBER_LISTS, numbers.elements)
        file.addUnlessEmpty(RTBL_SECTION_BLOBS, blobs.blobs)
        file.addUnlessEmpty(RTBL_SECTION_BLOB_DATA, blobs.data)
        file.addUnlessEmpty(RTBL_SECTION_SECRET_TEXTS, blobs.secretTexts)
    }
}
