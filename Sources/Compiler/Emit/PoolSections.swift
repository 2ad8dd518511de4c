import CTable

/// POOLS and TARGETS, with the rotations, options and providers that pools share.
struct PoolSections {
    private(set) var pools: [rtbl_pool] = []
    private(set) var targets: [rtbl_target] = []
    private(set) var rotations = RotationPool()
    private(set) var options = RecordPool<rtbl_pool_options>()
    private(set) var providers = ProviderSections()
    private(set) var extras: [rtbl_pool_extras] = []

    /// Adds a pool of the API whose number in the table is `number`.
    mutating func add(
        _ pool: IntermediateRepresentation.Pool, of api: IntermediateRepresentation.API, number: UInt32,
        backends: BackendSections, strings: inout StringPool
    ) throws(EmitError) {
        let subject = pool.subject(in: api)
        let identity = Identity(api: api, pool: pool)
        let cycle = try Self.cycle(of: pool, subject)
        let index = try newIndex(after: pools.count, of: "pool")
        if let sticky = pool.options.sticky { extras.append(try Self.record(sticky, pool: index, subject, &strings)) }
        pools.append(rtbl_pool(
            identity: identity.ofPool, api: number,
            owner_namespace: try strings.offset(of: pool.owner.namespace), owner_name: try strings.offset(of: pool.owner.name),
            first_target: try newIndex(after: targets.count, of: "target"), rotation: try rotations.index(of: cycle),
            options: try options.index(of: try OptionsRecord.make(pool.options, of: subject, at: pool.position)),
            provider: try provider(of: pool, subject, &strings),
            kind: UInt8(pool.kind == .models ? RTBL_POOL_MODELS : RTBL_POOL_BACKENDS),
            environment: pool.environment.code, reserved: 0))
        for (index, target) in pool.targets.enumerated() {
            _ = try newIndex(after: targets.count, of: "target")
            targets.append(try Self.record(
                target, weight: cycle.weights[index], identity: identity.of(target), of: pool, subject, backends, &strings))
        }
    }

    private static func record(
        _ sticky: IntermediateRepresentation.Sticky, pool: UInt32, _ subject: String, _ strings: inout StringPool
    ) throws(EmitError) -> rtbl_pool_extras {
        switch sticky {
        case .header(let name):
            return rtbl_pool_extras(
                pool: pool, sticky_name: try strings.headerName(name, of: subject), sticky: UInt8(RTBL_STICKY_HEADER), reserved: (0, 0, 0))
        case .claim(let name):
            guard !name.isEmpty else { throw EmitError(subject, "sticks to a claim without a name") }
            return rtbl_pool_extras(pool: pool, sticky_name: try strings.offset(of: name), sticky: UInt8(RTBL_STICKY_CLAIM), reserved: (0, 0, 0))
        }
    }

    private static func cycle(of pool: IntermediateRepresentation.Pool, _ subject: String) throws(EmitError) -> SmoothCycle {
        guard !pool.targets.isEmpty else { throw EmitError(subject, "has no target", at: pool.position) }
        for target in pool.targets where target.weight < 1 {
            throw EmitError(subject, "has the weight \(target.weight); a weight is at least 1", at: target.position ?? pool.position)
        }
        guard let cycle = SmoothCycle(weights: pool.targets.map(\.weight)) else {
            throw EmitError(subject, "the weights, divided by their greatest common divisor, add up to more than \(RTBL_MAX_CYCLE)", at: pool.position)
        }
        return cycle
    }

    private mutating func provider(
        of pool: IntermediateRepresentation.Pool, _ subject: String, _ strings: inout StringPool
    ) throws(EmitError) -> UInt32 {
        switch (pool.kind, pool.provider) {
        case (.backends, nil): return RTBL_NONE
        case (.models, let provider?): return try providers.index(of: provider, of: subject, at: pool.position, strings: &strings)
        default: throw EmitError(subject, "a pool of models has a provider, one of backends has none", at: pool.position)
        }
    }

    private static func record(
        _ target: IntermediateRepresentation.Target, weight: Int, identity: UInt64, of pool: IntermediateRepresentation.Pool,
        _ subject: String, _ backends: BackendSections, _ strings: inout StringPool
    ) throws(EmitError) -> rtbl_target {
        let position = target.position ?? pool.position
        guard let backend = try backends.index(of: target.backend, strings: &strings) else {
            throw EmitError(subject, "names Backend \"\(target.backend)\", which is not among the backends", at: position)
        }
        guard (pool.kind == .models) == (target.model != nil), target.model != "" else {
            throw EmitError(subject, "a target of a pool of models has a model, one of a pool of backends has none", at: position)
        }
        return rtbl_target(
            identity: identity, model: try strings.offset(of: target.model ?? ""),
            model_literal: try strings.offset(of: target.model.map(ModelLiteral.json) ?? ""), backend: backend,
            weight: UInt16(weight), tier: try field(target.tier, "the tier", of: subject, at: position), reserved: 0)
    }
}

extension IntermediateRepresentation.Pool {
    func subject(in api: IntermediateRepresentation.API) -> String {
        "API \(api.object), \(environment.rawValue) pool of \(ownerKind.rawValue) \(owner)"
    }
}

extension IntermediateRepresentation.Environment {
    /// As a table writes it.
    var code: UInt8 { UInt8(self == .production ? RTBL_ENVIRONMENT_PRODUCTION : RTBL_ENVIRONMENT_SANDBOX) }
}
