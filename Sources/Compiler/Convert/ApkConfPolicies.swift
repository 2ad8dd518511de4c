import Policies

extension ApkConf {
    /// AIProviders that WSO2's charts install under a name of their own.
    private static let providers = ["AzureAI": "ai-provider-azure-ai", "OpenAI": "ai-provider-open-ai", "MistralAI": "ai-provider-mistral-ai"]

    /// APIPolicies: the API's, and those of operations.
    mutating func addPolicies(_ operations: [ConfNode]) {
        let own = roundRobin(root["apiPolicies"], "apiPolicies")
        let provider = provider()
        let cors = root["corsConfiguration"].flatMap { self.cors($0) }
        let subscriptions = root["subscriptionValidation"]?.flag == true ? YAMLText.flag(true) : nil
        if own != nil || provider != nil || cors != nil || subscriptions != nil {
            addPolicy(names.policy, target: "API", [("aiProvider", provider), ("modelBasedRoundRobin", own), ("cORSPolicy", cors), ("subscriptionValidation", subscriptions)])
        }
        for operation in operations {
            guard let policies = operation["operationPolicies"], let models = roundRobin(policies, "operationPolicies"), let name = policyName(operation) else { continue }
            if own != nil { report("operation: a rotation of models on the API and on the operation", at: policies.place, help: "keep one of the two") }
            addPolicy(name, target: "Resource", [("modelBasedRoundRobin", models)])
        }
    }

    private mutating func addPolicy(_ name: String, target: String, _ layer: [(String, YAMLText?)]) {
        documents.append(object("dp.wso2.com/v1alpha4", "APIPolicy", name, [
            ("default", .map(layer)), ("targetRef", TableObjects.reference(target, names.uniqueID)),
        ]))
    }

    /// Of the operation's own APIPolicy; nil: it has none.
    func policyName(_ operation: ConfNode) -> String? {
        guard (operation["operationPolicies"]?["request"]?.items ?? []).contains(where: { $0["policyName"]?.text == "ModelBasedRoundRobin" }) else { return nil }
        return names.policy(target: operation["target"]?.text ?? "", verb: operation["verb"]?.text ?? "")
    }

    private mutating func provider() -> YAMLText? {
        guard let node = root["aiProvider"] else { return nil }
        check(node, "aiProvider", known: ["name", "apiVersion"])
        guard let name = node["name"]?.text else {
            report("aiProvider has no name", at: node.place)
            return nil
        }
        return .map([("name", .string(Self.providers[name] ?? name))])
    }

    private mutating func roundRobin(_ policies: ConfNode?, _ what: String) -> YAMLText? {
        guard let policies else { return nil }
        check(policies, what, known: ["request", "response"])
        for policy in policies["response"]?.items ?? [] {
            report("\(what): the response policy \(Text.quoted(policy["policyName"]?.text ?? "")) is not converted", at: policy.place, help: "write the custom resources")
        }
        var found: YAMLText?
        for policy in policies["request"]?.items ?? [] {
            guard policy["policyName"]?.text == "ModelBasedRoundRobin" else {
                report("\(what): the policy \(Text.quoted(policy["policyName"]?.text ?? "")) is not converted", at: policy.place, help: "write the custom resources")
                continue
            }
            check(policy, "ModelBasedRoundRobin", known: ["policyName", "policyVersion", "policyId", "parameters"])
            guard let parameters = policy["parameters"] else {
                report("ModelBasedRoundRobin has no parameters", at: policy.place)
                continue
            }
            if found != nil { report("\(what): ModelBasedRoundRobin stands there twice", at: policy.place) }
            found = models(parameters)
        }
        return found
    }

    private mutating func models(_ node: ConfNode) -> YAMLText {
        check(node, "parameters", known: ["onQuotaExceedSuspendDuration", "productionModels", "sandboxModels"])
        return .map([
            ("onQuotaExceedSuspendDuration", node["onQuotaExceedSuspendDuration"]?.yaml),
            ("productionModels", node["productionModels"].map { list($0, "production") }), ("sandboxModels", node["sandboxModels"].map { list($0, "sandbox") }),
        ])
    }

    private mutating func list(_ node: ConfNode, _ environment: String) -> YAMLText {
        var models: [YAMLText] = []
        for entry in node.items {
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
            let name = addBackend(endpoint, environment, own)
            models.append(.map([
                ("model", .string(model)), ("backendRef", TableObjects.reference("Backend", name)), ("weight", entry["weight"]?.yaml),
            ]))
        }
        return .list(models)
    }

    private mutating func cors(_ node: ConfNode) -> YAMLText? {
        check(node, "corsConfiguration", known: [
            "corsConfigurationEnabled", "accessControlAllowOrigins", "accessControlAllowCredentials", "accessControlAllowHeaders", "accessControlAllowMethods",
            "accessControlAllowMaxAge", "accessControlExposeHeaders",
        ])
        if let enabled = node["corsConfigurationEnabled"], enabled.flag == nil {
            report("corsConfigurationEnabled is neither true nor false", at: enabled.place)
        }
        return .map([
            ("enabled", .flag(node["corsConfigurationEnabled"]?.flag ?? true)), ("accessControlAllowOrigins", node["accessControlAllowOrigins"]?.yaml),
            ("accessControlAllowCredentials", node["accessControlAllowCredentials"]?.yaml), ("accessControlAllowHeaders", node["accessControlAllowHeaders"]?.yaml),
            ("accessControlAllowMethods", node["accessControlAllowMethods"]?.yaml), ("accessControlMaxAge", node["accessControlAllowMaxAge"]?.yaml),
            ("accessControlExposeHeaders", node["accessControlExposeHeaders"]?.yaml),
        ])
    }

    // MARK: - Authentication

    /// Authentication: the API's in each environment, and one for the operations that are open.
    mutating func addAuthentication() {
        if hasOpenOperation {
            documents.append(object("dp.wso2.com/v1alpha2", "Authentication", names.open, [
                ("default", .map([("disabled", .flag(true))])), ("targetRef", TableObjects.reference("Resource", names.uniqueID)),
            ]))
        }
        guard let list = root["authentication"], !list.items.isEmpty else { return }
        var types: [(String, YAMLText?)] = []
        var apiKeys: [YAMLText] = []
        for entry in list.items {
            let isEnabled = entry["enabled"]?.flag ?? true
            let common: [(String, YAMLText?)] = [("header", entry["headerName"]?.yaml), ("sendTokenToUpstream", entry["sendTokenToUpstream"]?.yaml)]
            let known = ["authType", "enabled", "required", "sendTokenToUpstream", "headerName", "headerEnable"]
            switch entry["authType"]?.text {
            case "OAuth2":
                check(entry, "authentication", known: known)
                types.append(("oauth2", .map([("required", entry["required"]?.yaml), ("disabled", .flag(!isEnabled))] + common)))
            case "JWT":
                check(entry, "authentication", known: known + ["audience"])
                types.append(("jwt", .map([("disabled", .flag(!isEnabled)), ("audience", entry["audience"]?.yaml)] + common)))
            case "APIKey":
                check(entry, "authentication", known: known + ["queryParamName", "queryParamEnable"])
                guard isEnabled else { continue }
                let token: (String, YAMLText?) = ("sendTokenToUpstream", entry["sendTokenToUpstream"]?.yaml)
                if entry["headerEnable"]?.flag ?? true { apiKeys.append(.map([("in", .string("Header")), ("name", .string(entry["headerName"]?.text ?? "apiKey")), token])) }
                if entry["queryParamEnable"]?.flag ?? false { apiKeys.append(.map([("in", .string("Query")), ("name", .string(entry["queryParamName"]?.text ?? "apiKey")), token])) }
            case "mTLS":
                check(entry, "authentication", known: ["authType", "enabled", "required", "certificates"])
                types.append(("mtls", .map([("required", entry["required"]?.yaml), ("disabled", .flag(!isEnabled)), ("configMapRefs", entry["certificates"]?.yaml)])))
            default: report("authentication: authType is one of OAuth2, JWT, APIKey, mTLS", at: entry["authType"]?.place ?? entry.place)
            }
        }
        if !apiKeys.isEmpty { types.append(("apiKey", .list(apiKeys))) }
        let isOpen = !types.isEmpty && list.items.allSatisfy { $0["enabled"]?.flag == false }
        documents.append(object("dp.wso2.com/v1alpha2", "Authentication", "\(names.uniqueID)-authentication", [
            ("default", .map(isOpen ? [("disabled", .flag(true))] : [("authTypes", .map(types))])), ("targetRef", TableObjects.reference("API", names.uniqueID)),
        ]))
    }
}
