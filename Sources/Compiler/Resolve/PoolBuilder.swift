import Policies

/// The pools of one API. Rules that get their models from the same policy share one pool.
struct PoolBuilder {
    private struct Key: Hashable {
        let environment: IntermediateRepresentation.Environment
        let policy: Int
    }

    let apiPolicy: Int?
    private(set) var pools: [IntermediateRepresentation.Pool] = []
    private var shared: [Key: Int] = [:]

    init(apiPolicy: Int?) { self.apiPolicy = apiPolicy }

    mutating func add(_ pool: IntermediateRepresentation.Pool) -> Int {
        pools.append(pool)
        return pools.count - 1
    }

    /// - Returns: the pool's index, and whether its options and provider are those that are asked for.
    mutating func share(_ pool: IntermediateRepresentation.Pool, policy: Int) -> (index: Int, fits: Bool) {
        let key = Key(environment: pool.environment, policy: policy)
        if let index = shared[key] { return (index, pools[index].options == pool.options && pools[index].provider == pool.provider) }
        shared[key] = add(pool)
        return (pools.count - 1, true)
    }
}

extension Resolver {
    /// One of the four layers that decide for a rule, highest first: the API's override, the rule's override and
    /// default, the API's default.
    private struct Layer {
        let policy: Int
        let layer: PolicyResolution.Layer
    }

    private func layers(_ apiPolicy: Int?, _ rulePolicy: Int?) -> [Layer] {
        let api = apiPolicy.map { (Layer(policy: $0, layer: policies[$0].override), Layer(policy: $0, layer: policies[$0].default)) }
        let rule = rulePolicy.map { [Layer(policy: $0, layer: policies[$0].override), Layer(policy: $0, layer: policies[$0].default)] } ?? []
        return (api.map { [$0.0] } ?? []) + rule + (api.map { [$0.1] } ?? [])
    }

    /// The rotation of models that a rule takes part in.
    mutating func modelPool(_ environment: IR.Environment, rulePolicy: Int?, _ rule: HTTPRoute.Rule, _ subject: String, _ pools: inout PoolBuilder) -> Int? {
        let layers = layers(pools.apiPolicy, rulePolicy)
        if let validation = layers.lazy.compactMap({ layer in layer.layer.subscriptionValidation.map { (layer.policy, $0) } }).first {
            checkSubscription(validation.1, resources.apiPolicies[validation.0].header.id)
        }
        guard let owner = layers.first(where: { $0.layer.list(environment) != nil }), let list = owner.layer.list(environment), !list.targets.isEmpty else { return nil }

        let provider = layers.lazy.compactMap(\.layer.provider).first ?? nil
        if let provider { checkSupported(list, by: provider) }
        for target in list.targets { use(target.backend) }

        let other = [pools.apiPolicy, rulePolicy].compactMap { $0 }.first { $0 != owner.policy }
        let options = policies[owner.policy].options.options(
            over: other.map { policies[$0].options }, suspendSeconds: layers.lazy.compactMap(\.layer.suspendSeconds).first ?? 0)
        let pool = IR.Pool(
            kind: .models, environment: environment, ownerKind: .apiPolicy, owner: reference(resources.apiPolicies[owner.policy].header), ruleIndex: nil,
            targets: list.targets, options: options, provider: provider.flatMap { providers[$0] } ?? Self.defaultProvider, position: position(list.place))
        let (index, fits) = pools.share(pool, policy: owner.policy)
        if !fits {
            report(.conflictingOptions, "\(subject) shares the models of \(resources.apiPolicies[owner.policy].header.id) with other rules, but asks for another suspension, provider or rtbl/ annotation",
                   at: rule.place, help: "give this rule's policy a list of models of its own")
        }
        return index
    }

    private mutating func checkSubscription(_ validation: Located<Bool>, _ id: ObjectID) {
        guard validation.value else { return }
        report(.subscription, "\(id): subscriptions are not enforced", at: validation.place, help: "remove subscriptionValidation")
    }

    private mutating func checkSupported(_ list: PolicyResolution.List, by provider: Int) {
        let provider = resources.aiProviders[provider]
        guard !provider.supportedModels.isEmpty else { return }
        for (target, place) in zip(list.targets, list.modelPlaces) {
            guard let model = target.model, !provider.supportedModels.contains(model) else { continue }
            let near = NearName.of(model, in: provider.supportedModels)
            report(.modelNotSupported, "model \(Text.quoted(model)) is not among the supportedModels of \(provider.header.id)", at: place,
                   help: near.map { "did you mean \(Text.quoted($0))?" } ?? "add it to supportedModels (\(resources.describe(provider.header.place)))")
        }
    }

    private mutating func use(_ backend: IR.Reference) {
        if let index = tables.backends[backend.namespace, backend.name] { usedBackends.insert(index) }
    }

    /// The rule's own backendRefs, by their weights.
    mutating func backendPool(_ environment: IR.Environment, _ route: HTTPRoute, ruleIndex: Int, rulePolicy: Int?, _ rule: HTTPRoute.Rule, _ pools: inout PoolBuilder) -> Int? {
        var targets: [IR.Target] = []
        for ref in rule.backendRefs {
            guard let backend = ruleBackend(ref.reference, route, ruleIndex), ref.weight > 0 else { continue }
            use(backend)
            // One Backend named twice has the sum of the weights: a target is one Backend.
            if let same = targets.firstIndex(where: { $0.backend == backend }) { targets[same].weight += ref.weight; continue }
            targets.append(IR.Target(model: nil, backend: backend, weight: ref.weight, tier: 0, position: position(ref.reference.name.place)))
        }
        guard !targets.isEmpty else { return nil }
        checkCycle(targets.map(\.weight), "\(route.header.id): rules[\(ruleIndex)]", at: rule.place)
        let options = PolicyOptions.ofBackends([rulePolicy, pools.apiPolicy].compactMap { $0 }.map { policies[$0].options })
        return pools.add(IR.Pool(
            kind: .backends, environment: environment, ownerKind: .httpRoute, owner: reference(route.header), ruleIndex: ruleIndex, targets: targets,
            options: options, provider: nil, position: position(rule.place)))
    }

    private mutating func ruleBackend(_ reference: ReferenceText, _ route: HTTPRoute, _ ruleIndex: Int) -> IR.Reference? {
        let subject = "\(route.header.id): rules[\(ruleIndex)]: backendRef"
        guard reference.kind?.value == "Backend", reference.group == Kind.backend.group else {
            let kind = reference.kind?.value ?? "Service"
            report(.backendReference, "\(subject) names \(Text.quoted(reference.name.value)) of kind \(Text.quotable(kind))\(kind == "Backend" ? " in another group" : "")",
                   at: reference.kind?.place ?? reference.name.place, help: "name a Backend: group: dp.wso2.com, kind: Backend")
            return nil
        }
        let namespace = namespace(reference, from: route.header)
        guard let index = tables.backends[namespace, reference.name.value] else {
            reportMissing(.ruleBackendNotFound, subject, .backend, tables.backends, namespace, reference.name)
            return nil
        }
        return self.reference(tables.backends.headers[index])
    }
}
