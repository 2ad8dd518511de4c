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
        let cors: Located<Bool>?
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
        return PolicyResolution(override: resolveLayer(policy.override, policy), default: resolveLayer(policy.default, policy), options: resolveOptions(policy))
    }

    private mutating func resolveLayer(_ layer: APIPolicy.Layer, _ policy: APIPolicy) -> PolicyResolution.Layer {
        let header = policy.header
        var provider: Int??
        if let name = layer.aiProvider {
            provider = .some(tables.providers[header.namespace, name.value])
            if provider == .some(nil) {
                reportMissing(.providerNotFound, "\(header.id): aiProvider", .aiProvider, tables.providers, header.namespace, name)
            }
        }
        return PolicyResolution.Layer(
            production: layer.productionModels.map { resolveList($0, policy) }, sandbox: layer.sandboxModels.map { resolveList($0, policy) },
            suspendSeconds: layer.suspendSeconds, provider: provider, cors: layer.cors, subscriptionValidation: layer.subscriptionValidation)
    }

    private mutating func resolveList(_ list: APIPolicy.ModelList, _ policy: APIPolicy) -> PolicyResolution.List {
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
        checkCycle(targets.map(\.weight), "\(policy.header.id)", at: list.place)
        return PolicyResolution.List(place: list.place, targets: targets, modelPlaces: places)
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
        return self.reference(resources.backends[index].header)
    }

    // MARK: attachment

    /// Finds the API-level policy of each API.
    mutating func attachPolicies() {
        let order = resources.apiPolicies.indices.sorted { resources.apiPolicies[$0].header.place < resources.apiPolicies[$1].header.place }
        for index in order {
            let policy = resources.apiPolicies[index]
            guard let target = policy.target, let kind = target.kind else { continue }
            let id = policy.header.id
            if let namespace = target.namespace, namespace.value != policy.header.namespace {
                report(.targetNamespace, "\(id): targetRef names namespace \(Text.quoted(namespace.value)); a policy is for its own, \(Text.quoted(policy.header.namespace))",
                       at: namespace.place, help: "put the policy into its target's namespace")
                continue
            }
            switch kind.value {
            case "API": attach(index, to: target)
            case "Resource": break
            case "Gateway": refuseGatewayPolicy(policy)
            default:
                let near = NearName.of(kind.value, in: ["API", "Resource", "Gateway"])
                report(.referenceKind, "\(id): targetRef names kind \(Text.quoted(kind.value)); a policy is for an API, a Resource or a Gateway",
                       at: kind.place, help: near.map { "did you mean \($0)?" })
            }
        }
    }

    private mutating func attach(_ index: Int, to target: ReferenceText) {
        let policy = resources.apiPolicies[index]
        guard let api = tables.apis[policy.header.namespace, target.name.value] else {
            return reportMissing(.targetNotFound, "\(policy.header.id): targetRef", .api, tables.apis, policy.header.namespace, target.name)
        }
        if let first = policyOfAPI[api] {
            let other = resources.apiPolicies[first].header
            report(.twoPolicies, "\(resources.apis[api].header.id) has two policies: \(other.id) (\(resources.describe(other.place))) and \(policy.header.id)",
                   at: target.name.place, help: "merge them into one")
        } else {
            policyOfAPI[api] = index
        }
    }

    private mutating func refuseGatewayPolicy(_ policy: APIPolicy) {
        for layer in [policy.override, policy.default] {
            let place = layer.roundRobinPlace ?? layer.aiProvider?.place
            if let place {
                report(.gatewayPolicy, "\(policy.header.id) is for a Gateway: models do not take turns over all its APIs", at: place, help: "give each API a policy of its own")
            }
            checkServed(layer.cors, layer.subscriptionValidation, policy.header.id)
        }
    }

    /// Reports what a policy asks for and this version does not serve.
    mutating func checkServed(_ cors: Located<Bool>?, _ subscriptionValidation: Located<Bool>?, _ id: ObjectID) {
        if let cors, cors.value { report(.cors, "\(id): cORSPolicy is not served yet", at: cors.place, help: "remove it, or set enabled: false") }
        if let validation = subscriptionValidation, validation.value {
            report(.subscription, "\(id): subscriptions are not enforced", at: validation.place, help: "remove subscriptionValidation")
        }
    }
}
