import Policies

/// Which API, Backend or Gateway each policy of one kind is for.
struct PolicyAttachments {
    /// By the index of the API or Backend; one policy each.
    var ofObject: [Int: Int] = [:]
    /// By the Gateway's name.
    var ofGateway: [String: Int] = [:]
    /// Those that a rule names, or a Gateway's that a route names.
    var used: Set<Int> = []

    /// A layer of a policy: `override` or `default`.
    struct Layer {
        let policy: Int
        let isOverride: Bool
    }

    /// The layers that decide for a rule, highest first (SEMANTICS: resolution). A Gateway's stand around those of
    /// its APIs, as Gateway API's policy attachment has it.
    mutating func layers(api: Int, route: HTTPRoute, rule: Int?) -> [Layer] {
        var gateways: [Int] = []
        if !ofGateway.isEmpty {
            for parent in route.parents {
                guard let policy = ofGateway[parent.reference.name.value], !gateways.contains(policy) else { continue }
                gateways.append(policy)
                used.insert(policy)
            }
        }
        let api = ofObject[api]
        let overrides = (gateways + [api, rule].compactMap { $0 }).map { Layer(policy: $0, isOverride: true) }
        return overrides + ([rule, api].compactMap { $0 } + gateways).map { Layer(policy: $0, isOverride: false) }
    }
}

extension Resolver {
    /// Finds out what the policies of one kind are for.
    /// - Parameter objects: the kinds that a targetRef of theirs may name beside Resource and Gateway.
    mutating func attach(_ count: Int, to object: Kind, _ policy: (Resources, Int) -> (header: ObjectHeader, target: ReferenceText?)) -> PolicyAttachments {
        var out = PolicyAttachments()
        let places = (0..<count).map { policy(resources, $0).header.place }
        for index in places.indices.sorted(by: { places[$0] < places[$1] }) {
            let (header, target) = policy(resources, index)
            guard let target, let kind = target.kind, isInOwnNamespace(target, header) else { continue }
            switch kind.value {
            case object.rawValue: attach(index, header, to: object, target, &out, policy)
            case "Resource" where object == .api: break
            case "Gateway" where object == .api:
                if let first = out.ofGateway[target.name.value] {
                    reportTwo(policy(resources, first).header, header, "Gateway \(Text.quoted(target.name.value))", at: target.name.place)
                } else {
                    out.ofGateway[target.name.value] = index
                }
            default:
                let kinds = object == .api ? ["API", "Resource", "Gateway"] : [object.rawValue]
                let near = NearName.of(kind.value, in: kinds)
                report(.referenceKind, "\(header.id): targetRef names kind \(Text.quoted(kind.value)); a policy of this kind is for \(Text.alternatives(kinds.map { Self.article($0) }))",
                       at: kind.place, help: near.map { "did you mean \($0)?" })
            }
        }
        return out
    }

    private static func article(_ kind: String) -> String { (kind.hasPrefix("A") ? "an " : "a ") + kind }

    /// A policy is for its own namespace.
    private mutating func isInOwnNamespace(_ target: ReferenceText, _ header: ObjectHeader) -> Bool {
        // A Gateway stands in a namespace of its own as a rule.
        guard let namespace = target.namespace, namespace.value != header.namespace, target.kind?.value != "Gateway" else { return true }
        report(.targetNamespace, "\(header.id): targetRef names namespace \(Text.quoted(namespace.value)); a policy is for its own, \(Text.quoted(header.namespace))",
               at: namespace.place, help: "put the policy into its target's namespace")
        return false
    }

    private mutating func attach(_ index: Int, _ header: ObjectHeader, to kind: Kind, _ target: ReferenceText, _ out: inout PolicyAttachments,
                                 _ policy: (Resources, Int) -> (header: ObjectHeader, target: ReferenceText?)) {
        let table = kind == .api ? tables.apis : tables.backends
        guard let object = table[header.namespace, target.name.value] else {
            return reportMissing(.targetNotFound, "\(header.id): targetRef", kind, table, header.namespace, target.name)
        }
        if let first = out.ofObject[object] {
            reportTwo(policy(resources, first).header, header, "\(ObjectID(kind: kind, namespace: header.namespace, name: target.name.value))", at: target.name.place)
        } else {
            out.ofObject[object] = index
        }
    }

    private mutating func reportTwo(_ first: ObjectHeader, _ second: ObjectHeader, _ object: String, at place: Place) {
        report(.twoPolicies, "\(object) has two policies: \(first.id) (\(resources.describe(first.place))) and \(second.id)", at: place, help: "merge them into one")
    }

    mutating func attachPolicies() {
        apiPolicies = attach(resources.apiPolicies.count, to: .api) { ($0.apiPolicies[$1].header, $0.apiPolicies[$1].target) }
        authentications = attach(resources.authentications.count, to: .api) { ($0.authentications[$1].header, $0.authentications[$1].target) }
        rateLimitPolicies = attach(resources.rateLimitPolicies.count, to: .api) { ($0.rateLimitPolicies[$1].header, $0.rateLimitPolicies[$1].target) }
        aiRateLimitPolicies = attach(resources.aiRateLimitPolicies.count, to: .backend) { ($0.aiRateLimitPolicies[$1].header, $0.aiRateLimitPolicies[$1].target) }
        for index in apiPolicies.ofGateway.values.sorted() { refuseGatewayPool(resources.apiPolicies[index]) }
    }

    private mutating func refuseGatewayPool(_ policy: APIPolicy) {
        for layer in [policy.override, policy.default] {
            guard let place = layer.roundRobinPlace ?? layer.aiProvider?.place else { continue }
            report(.gatewayPolicy, "\(policy.header.id) is for a Gateway: models do not take turns over all its APIs", at: place, help: "give each API a policy of its own")
        }
    }

    /// Policies that nothing uses.
    mutating func reportUnusedPolicies() {
        reportUnused(apiPolicies, resources.apiPolicies.lazy.map { ($0.header, $0.target) })
        reportUnused(authentications, resources.authentications.lazy.map { ($0.header, $0.target) })
        reportUnused(rateLimitPolicies, resources.rateLimitPolicies.lazy.map { ($0.header, $0.target) })
    }

    private mutating func reportUnused(_ attachments: PolicyAttachments, _ policies: some Sequence<(ObjectHeader, ReferenceText?)>) {
        for (index, (header, target)) in policies.enumerated() where !attachments.used.contains(index) {
            switch target?.kind?.value {
            case "Resource":
                report(.unusedPolicy, "\(header.id) is for a Resource, but no rule names it in an ExtensionRef filter: it has no effect", at: header.place)
            case "Gateway":
                report(.unusedPolicy, "\(header.id) is for a Gateway that no HTTPRoute names as a parent: it has no effect", at: header.place)
            default: break
            }
        }
    }
}
