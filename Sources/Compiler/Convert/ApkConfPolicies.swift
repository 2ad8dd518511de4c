import Policies

extension ApkConf {
    /// AIProviders that WSO2's charts install under a name of their own.
    private static let providers = ["AzureAI": "ai-provider-azure-ai", "OpenAI": "ai-provider-open-ai", "MistralAI": "ai-provider-mistral-ai"]

    /// APIPolicies: the API's, and those of operations.
    mutating func addPolicies(_ operations: [ConfNode]) {
        ownSteps = steps(root["apiPolicies"], "apiPolicies")
        let provider = provider()
        let cors = root["corsConfiguration"].flatMap { self.cors($0) }
        let subscriptions = flag(root, "subscriptionValidation") == true ? root["subscriptionValidation"]?.yaml : nil
        let layer = [("aiProvider", provider), ("cORSPolicy", cors), ("subscriptionValidation", subscriptions)] + ownSteps.members(names.policy)
        addPolicy(names.policy, target: "API", at: root["apiPolicies"]?.place, layer)
        addServices(ownSteps, names.policy)
        for operation in operations {
            let steps = steps(operation["operationPolicies"], "operationPolicies")
            if ownSteps.models != nil, let models = steps.models {
                report("operation: a rotation of models on the API and on the operation", at: models.place, help: "keep one of the two")
            }
            operationSteps.append(steps)
            guard steps.hasPolicy else { continue }
            let name = policyName(operation)
            addPolicy(name, target: "Resource", at: operation["operationPolicies"]?.place, steps.members(name))
            addServices(steps, name)
        }
    }

    /// Nothing where the policy says nothing.
    private mutating func addPolicy(_ name: String, target: String, at place: Place?, _ layer: [(String, YAMLText?)]) {
        guard layer.contains(where: { $0.1 != nil }) else { return }
        documents.append(object("dp.wso2.com/v1alpha4", "APIPolicy", name, at: place, [
            ("default", .map(layer)), ("targetRef", TableObjects.reference(target, names.uniqueID)),
        ]))
    }

    /// Of the operation's own APIPolicy.
    func policyName(_ operation: ConfNode) -> String { names.policy(target: operation["target"]?.text ?? "", verb: operation["verb"]?.text ?? "") }

    private mutating func provider() -> YAMLText? {
        guard let node = root["aiProvider"] else { return nil }
        check(node, "aiProvider", known: ["name", "apiVersion"], needed: ["name"])
        if let version = node["apiVersion"] {
            diagnostics.report(.ignoredField, "aiProvider: apiVersion has no effect: an AIProvider is found by its name", at: version.place)
        }
        guard let node = node["name"], let name = node.text else { return nil }
        return .placed(node.place, .map([("name", .placed(node.place, .string(Self.providers[name] ?? name)))]))
    }

    mutating func models(_ node: ConfNode) -> YAMLText {
        check(node, "parameters", known: ["onQuotaExceedSuspendDuration", "productionModels", "sandboxModels"])
        return .map([
            ("onQuotaExceedSuspendDuration", node["onQuotaExceedSuspendDuration"]?.yaml),
            ("productionModels", node["productionModels"].map { list($0, "production") }), ("sandboxModels", node["sandboxModels"].map { list($0, "sandbox") }),
        ])
    }

    private mutating func list(_ node: ConfNode, _ environment: String) -> YAMLText {
        var models: [YAMLText] = []
        for entry in items(node, "\(environment)Models") {
            check(entry, "model", known: ["model", "endpoint", "weight"])
            guard let model = entry["model"]?.text, let place = entry["endpoint"] else {
                report("a model needs its name and an endpoint", at: entry.place)
                continue
            }
            guard let endpoint = endpoint(place) else { continue }
            // The endpoint's settings, if the API has it among its own.
            let own = (root["endpointConfigurations"]?[environment]?.items ?? []).first { candidate in
                candidate["endpoint"].flatMap { $0.text.flatMap { ConfEndpoint(url: $0) } ?? ConfEndpoint(service: $0) } == endpoint
            }
            let name = addBackend(endpoint, environment, own, at: place.place)
            models.append(.placed(entry.place, .map([
                ("model", entry.string("model") ?? .string(model)), ("backendRef", .placed(place.place, TableObjects.reference("Backend", name))), ("weight", entry["weight"]?.yaml),
            ])))
        }
        return .placed(node.place, .list(models))
    }

    private mutating func cors(_ node: ConfNode) -> YAMLText? {
        check(node, "corsConfiguration", known: [
            "corsConfigurationEnabled", "accessControlAllowOrigins", "accessControlAllowCredentials", "accessControlAllowHeaders", "accessControlAllowMethods",
            "accessControlAllowMaxAge", "accessControlExposeHeaders",
        ])
        return .map([
            ("enabled", .flag(flag(node, "corsConfigurationEnabled") ?? true)), ("accessControlAllowOrigins", node["accessControlAllowOrigins"]?.yaml),
            ("accessControlAllowCredentials", node["accessControlAllowCredentials"]?.yaml), ("accessControlAllowHeaders", node["accessControlAllowHeaders"]?.yaml),
            ("accessControlAllowMethods", node["accessControlAllowMethods"]?.yaml), ("accessControlMaxAge", node["accessControlAllowMaxAge"]?.yaml),
            ("accessControlExposeHeaders", node["accessControlExposeHeaders"]?.yaml),
        ])
    }
}
