import CTable
import RoutingTable

extension TableObjects {
    /// APIPolicy.
    var policyDocuments: [YAMLText] { policies.policies.map { document($0) } }

    private func document(_ policy: PolicyPlan.Policy) -> YAMLText {
        let production = policy.pools[UInt8(RTBL_ENVIRONMENT_PRODUCTION)], sandbox = policy.pools[UInt8(RTBL_ENVIRONMENT_SANDBOX)]
        let any = production ?? sandbox
        let options = any.map { TableReport.Options(table.poolOptions[table.pools[$0].optionsIndex], sticky: table.sticky(of: $0)) }
        let provider = any.flatMap { table.pools[$0].providerIndex }.map { table.providers[$0] }
        let models: YAMLText? = policy.isForBackends ? nil : .map([
            ("onQuotaExceedSuspendDuration", .number(options?.suspendSeconds ?? 0)),
            ("productionModels", production.map { list($0, from: policy.object.namespace) }),
            ("sandboxModels", sandbox.map { list($0, from: policy.object.namespace) }),
        ])
        let target = policy.api.map { Self.reference("API", table.name(table.apis[$0]).name) } ?? Self.reference("Resource", policy.object.name)
        return Self.object(
            "dp.wso2.com/v1alpha4", "APIPolicy", policy.object, annotations: options.map { annotations($0, of: policy) } ?? [],
            spec: [
                ("default", .map([
                    ("aiProvider", provider.flatMap { $0.object_name == 0 ? nil : .map([("name", .string(table.text($0.object_name)))]) }),
                    ("modelBasedRoundRobin", models), ("cORSPolicy", policy.cors.map(cors)),
                ])),
                ("targetRef", target),
            ])
    }

    /// Every list is written, an empty one too: a rule's policy has the last word.
    private func cors(_ cors: IntermediateRepresentation.CORS) -> YAMLText {
        func list(_ names: [String]) -> YAMLText { .list(names.map { .string($0) }) }
        return .map([
            ("enabled", .flag(true)), ("accessControlAllowCredentials", .flag(cors.allowsCredentials)), ("accessControlAllowOrigins", list(cors.origins)),
            ("accessControlAllowMethods", list(cors.methods)), ("accessControlAllowHeaders", list(cors.headers)),
            ("accessControlExposeHeaders", list(cors.exposedHeaders)), ("accessControlMaxAge", cors.maxAgeSeconds.map { .number($0) }),
        ])
    }

    private func list(_ index: Index<rtbl_pool>, from namespace: String) -> YAMLText {
        let pool = table.pools[index]
        return .list((0..<table.targetCount(of: pool)).map { number in
            let target = table.targets[pool.target(number)]
            return .map([
                ("model", .string(table.text(target.model))), ("backendRef", table.backendReference(target.backendIndex, from: namespace)),
                ("weight", .number(Int(target.weight))),
            ])
        })
    }

    /// The `rtbl/…` annotations that say something else than the default.
    private func annotations(_ options: TableReport.Options, of policy: PolicyPlan.Policy) -> [(String, YAMLText?)] {
        var annotations: [(name: String, value: String, usual: String?)] = [
            ("failover-attempts", String(options.failoverAttempts), policy.isExplicit ? nil : "3"),
            ("failover-on", options.failoverOn.joined(separator: ","), policy.isExplicit ? nil : "429,503,529,connect"),
        ]
        if !policy.isForBackends {
            annotations += [
                ("all-suspended", options.allSuspended, "reject"), ("suspend-on", options.suspendOn.joined(separator: ","), "429,remaining"),
                ("retry-after", options.retryAfter, "extend"), ("suspend-for", options.suspendFor, "policy"),
                ("client-model", options.clientModel, "ignore"), ("missing-model", options.missingModel, "insert"), ("sticky", sticky(options.sticky), "off"),
                ("tiers", tiers(policy), "off"),
            ]
        }
        return annotations.filter { $0.value != $0.usual }.map { ("rtbl/\($0.name)", .string($0.value)) }
    }

    private func sticky(_ sticky: IntermediateRepresentation.Sticky?) -> String {
        switch sticky {
        case nil: "off"
        case .header(let name): "header:\(name)"
        case .claim(let name): "claim:\(name)"
        }
    }

    /// The sizes of the tiers, in list order.
    private func tiers(_ policy: PolicyPlan.Policy) -> String {
        guard let pool = policy.pools.sorted(by: { $0.key < $1.key }).first.map({ table.pools[$0.value] }) else { return "off" }
        var sizes: [Int] = []
        for number in 0..<table.targetCount(of: pool) {
            let tier = Int(table.targets[pool.target(number)].tier)
            while sizes.count <= tier { sizes.append(0) }
            sizes[tier] += 1
        }
        return sizes.count <= 1 ? "off" : sizes.map(String.init).joined(separator: ",")
    }

    /// AIProvider: those that a pool names.
    var providerDocuments: [YAMLText] {
        table.providers.indices.map { table.providers[$0] }.filter { $0.object_name != 0 }.map { provider in
            Self.object(
                "dp.wso2.com/v1alpha4", "AIProvider", ObjectName(namespace: table.text(provider.object_namespace), name: table.text(provider.object_name)),
                spec: [
                    ("providerName", .string(table.text(provider.object_name))), ("providerAPIVersion", .string("v1")), ("organization", .string("default")),
                    ("supportedModels", .list([])), ("requestModel", place(provider.request_model)), ("responseModel", place(provider.response_model)),
                    ("rateLimitFields", .map([
                        ("promptTokens", place(provider.prompt_tokens)), ("completionToken", place(provider.completion_tokens)), ("totalToken", place(provider.total_tokens)),
                    ])),
                ])
        }
    }

    private func place(_ field: rtbl_field) -> YAMLText? {
        let first = Int(field.first_component)
        let names = (first..<first + Int(field.component_count)).map { table.text(table.stringLists[$0]) }
        switch Int(field.location) {
        case RTBL_FIELD_BODY: return .map([("in", .string("Body")), ("value", .string(names.count == 1 ? names[0] : "$." + names.joined(separator: ".")))])
        case RTBL_FIELD_HEADER: return .map([("in", .string("Header")), ("value", .string(names.joined()))])
        default: return nil
        }
    }
}
