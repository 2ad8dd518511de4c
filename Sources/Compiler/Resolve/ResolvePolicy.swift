import Policies

/// A policy whose references have been followed.
struct PolicyResolution {
    struct List {
        let place: Place
        let targets: [IntermediateRepresentation.Target]
        /// Where each target's model is named.
        let modelPlaces: [Place]
    }

    struct Layer {
        let production: List?
        let sandbox: List?
        let suspendSeconds: Int?
        /// nil: the policy does not say; `.some(nil)`: what it says does not resolve.
        let provider: Int??
        let subscriptionValidation: Located<Bool>?

        func list(_ environment: IntermediateRepresentation.Environment) -> List? {
            environment == .production ? production : sandbox
        }
    }

    let override: Layer
    let `default`: Layer
    let options: PolicyOptions
}

extension Resolver {
    mutating func resolvePolicy(_ index: Int) -> PolicyResolution {
        let policy = resources.apiPolicies[index]
        let options = resolveOptions(policy)
        return PolicyResolution(override: resolveLayer(policy.override, policy, options), default: resolveLayer(policy.default, policy, options), options: options)
    }

    private mutating func resolveLayer(_ layer: APIPolicy.Layer, _ policy: APIPolicy, _ options: PolicyOptions) -> PolicyResolution.Layer {
        let header = policy.header
        var provider: Int??
        if let name = layer.aiProvider {
            provider = .some(tables.providers[header.namespace, name.value])
            if provider == .some(nil) {
                reportMissing(.providerNotFound, "\(header.id): aiProvider", .aiProvider, tables.providers, header.namespace, name)
            }
        }
        return PolicyResolution.Layer(
            production: layer.productionModels.map { resolveList($0, policy, options) }, sandbox: layer.sandboxModels.map { resolveList($0, policy, options) },
            suspendSeconds: layer.suspendSeconds, provider: provider, subscriptionValidation: layer.subscriptionValidation)
    }

    private mutating func resolveList(_ list: APIPolicy.ModelList, _ policy: APIPolicy, _ options: PolicyOptions) -> PolicyResolution.List {
        struct Key: Hashable { let model: String; let backend: IR.Reference }
        var seen: [Key: Place] = [:]
        var targets: [IR.Target] = []
        var places: [Place] = []
        for entry in list.models {
            guard let backend = resolveModelBackend(entry, policy) else { continue }
            if let first = seen.updateValue(entry.model.place, forKey: Key(model: entry.model.value, backend: backend)) {
                report(.duplicateTarget, "model \(Text.quoted(entry.model.value)) stands on \(ObjectID(kind: .backend, namespace: backend.namespace, name: backend.name)) twice, first at \(resources.describe(first))",
                       at: entry.model.place, help: "merge the two, adding the weights")
                continue
            }
            targets.append(IR.Target(model: entry.model.value, backend: backend, weight: entry.weight, tier: 0, position: position(entry.model.place)))
            places.append(entry.model.place)
        }
        if let tiers = options.tiers { assign(tiers, to: &targets, policy, at: list.place) }
        for tier in Set(targets.map(\.tier)).sorted() {
            checkCycle(targets.filter { $0.tier == tier }.map(\.weight), "\(policy.header.id)", at: list.place)
        }
        return PolicyResolution.List(place: list.place, targets: targets, modelPlaces: places)
    }

    /// `rtbl/tiers`: so many targets of the list stand in each tier.
    private mutating func assign(_ tiers: Located<[Int]>, to targets: inout [IR.Target], _ policy: APIPolicy, at place: Place) {
        let sum = tiers.value.reduce(0, +)
        guard sum == targets.count else {
            return report(.tierSizes, "\(policy.header.id): rtbl/tiers has room for \(sum) models, the list (\(resources.describe(place))) has \(targets.count)", at: tiers.place,
                          help: "the sizes of the tiers add up to the number of models, in list order")
        }
        var index = 0
        for (tier, size) in tiers.value.enumerated() {
            for position in index..<index + size { targets[position].tier = tier }
            index += size
        }
    }

    private mutating func resolveModelBackend(_ entry: APIPolicy.Model, _ policy: APIPolicy) -> IR.Reference? {
        let reference = entry.backend
        let subject = "model \(Text.quoted(entry.model.value)): backendRef"
        if let kind = reference.kind, kind.value != "Backend" {
            report(.referenceKind, "\(subject) names kind \(Text.quoted(kind.value)); a model stands on a Backend", at: kind.place, help: "write kind: Backend")
            return nil
        }
        if let group = reference.group, group != Kind.backend.group {
            report(.referenceKind, "\(subject) names group \(Text.quoted(group)); Backend belongs to dp.wso2.com", at: reference.name.place, help: "write group: dp.wso2.com")
            return nil
        }
        let namespace = namespace(reference, from: policy.header)
        guard let index = tables.backends[namespace, reference.name.value] else {
            reportMissing(.modelBackendNotFound, subject, .backend, tables.backends, namespace, reference.name)
            return nil
        }
        return self.reference(tables.backends.headers[index])
    }
}
