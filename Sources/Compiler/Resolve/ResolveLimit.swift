import Policies

extension Resolver {
    /// The request limit of a rule: indexes into the representation's list. The highest layer that has one decides.
    mutating func resolveRateLimits(_ api: Int, _ route: HTTPRoute, rule: Int?) -> [Int] {
        for layer in rateLimitPolicies.layers(api: api, route: route, rule: rule) {
            let policy = resources.rateLimitPolicies[layer.policy]
            guard let limit = layer.isOverride ? policy.override : policy.default else { continue }
            let isRules = policy.target?.kind?.value == "Resource"
            return [lists.rateLimits.index(of: IR.RateLimit(
                object: reference(policy.header), scope: isRules ? .resource : .api, requests: limit.count, unit: Self.window(limit.unit)))]
        }
        return []
    }

    static func window(_ unit: LimitText.Unit) -> IR.Window {
        switch unit {
        case .minute: .minute
        case .hour: .hour
        case .day: .day
        }
    }

    mutating func checkLimits() {
        for policy in resources.rateLimitPolicies where policy.default == nil && policy.override == nil && !diagnostics.hasErrors {
            report(.emptyLimit, "\(policy.header.id) limits nothing", at: policy.header.place, help: "give default or override an api with requestsPerUnit and unit")
        }
        for policy in resources.aiRateLimitPolicies where policy.default.isEmpty && policy.override.isEmpty && !diagnostics.hasErrors {
            report(.emptyLimit, "\(policy.header.id) limits nothing", at: policy.header.place, help: "give default or override a tokenCount with a count, or a requestCount")
        }
    }

    /// The AIRateLimitPolicy of a Backend, its override over its default.
    func aiRateLimit(ofBackend backend: Int) -> IR.AIRateLimit? {
        guard let index = aiRateLimitPolicies.ofObject[backend] else { return nil }
        let policy = resources.aiRateLimitPolicies[index]
        let (over, under) = (policy.override, policy.default)
        var out = IR.AIRateLimit(object: reference(policy.header))
        // Counts share a window: those of the layer that names any.
        let tokens = over.requestTokens == nil && over.responseTokens == nil && over.totalTokens == nil ? under : over
        if let unit = (tokens.requestTokens ?? tokens.responseTokens ?? tokens.totalTokens)?.unit {
            out.tokens = IR.AIRateLimit.Tokens(unit: Self.window(unit), prompt: tokens.requestTokens?.count, completion: tokens.responseTokens?.count, total: tokens.totalTokens?.count)
        }
        if let requests = over.requests ?? under.requests {
            out.requests = IR.AIRateLimit.Requests(unit: Self.window(requests.unit), limit: requests.count)
        }
        return out.tokens == nil && out.requests == nil ? nil : out
    }
}
