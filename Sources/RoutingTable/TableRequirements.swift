import CTable

/// What a table needs of the program that serves it, beyond routing, rotation, suspension and failover: each feature
/// that it uses, and where it does first.
package struct TableRequirements: Sendable {
    package enum Feature: String, CaseIterable, Sendable {
        case regularExpressions = "regular expressions in paths"
        case conditions = "header and query parameter matches"
        case headerFilters = "header filters"
        case redirects = "redirects"
        case ruleTimeouts = "rule timeouts"
        case cors = "cORSPolicy"
        case authentication = "authentication"
        case rateLimits = "rate limits"
        case tiers = "rtbl/tiers"
        case stickiness = "rtbl/sticky: header"
        case claimStickiness = "rtbl/sticky: claim"
        case backendTLS = "Backend tls"
        case retries = "Backend retry"
        case circuitBreakers = "Backend circuitBreaker"
        case healthChecks = "Backend healthCheck"
        case aiRateLimits = "AIRateLimitPolicy"
        case requestIdleTimeouts = "Backend timeout.downstreamRequestIdleTimeout"
        case secretTexts = "certificates in Secrets that are not in the table"
    }

    /// In the order of `Feature.allCases`; `first` names an object, and where it was written if the table says so.
    package private(set) var uses: [(feature: Feature, first: String)] = []

    package init(_ table: RoutingTable) {
        for feature in Feature.allCases {
            if let first = table.firstUse(of: feature) { uses.append((feature, first)) }
        }
    }

    /// Those that are not among `served`.
    package func missing(from served: Set<Feature>) -> [(feature: Feature, first: String)] {
        uses.filter { !served.contains($0.feature) }
    }
}

extension RoutingTable {
    fileprivate func firstUse(of feature: TableRequirements.Feature) -> String? {
        switch feature {
        case .regularExpressions: nodes.indices.first { nodes[$0].regex_count > 0 }.map { ruleName(ofRoute: Int(nodes[$0].first_route)) }
        case .conditions: features.conditionSets.count == 0 ? nil : routes.indices.first { routes[$0].conditions != RTBL_NONE }.map { ruleName(ofRoute: $0) }
        case .headerFilters: firstRule { !$0.requestHeaders.isEmpty || !$0.responseHeaders.isEmpty }
        case .redirects: firstRule { $0.redirect != RTBL_NONE }
        case .ruleTimeouts: firstRule { $0.request_timeout_millis != RTBL_NONE || $0.backend_request_timeout_millis != RTBL_NONE }
        case .cors: firstRule { $0.cors != RTBL_NONE }
        case .authentication: firstRule { $0.authentication != RTBL_NONE }
        case .rateLimits: firstRule { !$0.rateLimits.isEmpty }
        case .tiers: targets.indices.first { targets[$0].tier > 0 }.map { target in poolName(pools.indices.last { Int(pools[$0].first_target) <= target }!) }
        case .stickiness: firstPool { Int($0.sticky) == RTBL_STICKY_HEADER }
        case .claimStickiness: firstPool { Int($0.sticky) == RTBL_STICKY_CLAIM }
        case .backendTLS: firstBackend { $0.tls != RTBL_NONE }
        case .retries: firstBackend { $0.retry != RTBL_NONE }
        case .circuitBreakers: firstBackend { $0.circuit_breaker != RTBL_NONE }
        case .healthChecks: firstBackend { $0.health_check != RTBL_NONE }
        case .aiRateLimits: firstBackend { $0.ai_rate_limit != RTBL_NONE }
        case .requestIdleTimeouts: firstBackend { $0.request_idle_timeout_millis != RTBL_NONE }
        case .secretTexts: features.secretTexts.indices.first.map { "Secret \(name(features.secretTexts[$0].secret_namespace, features.secretTexts[$0].secret_name))" }
        }
    }

    private func firstRule(where asks: (rtbl_rule_extras) -> Bool) -> String? {
        guard features.ruleExtras.indices.contains(where: { asks(features.ruleExtras[$0]) }) else { return nil }
        return rules.indices.first { extras(of: rules[$0]).map(asks) ?? false }.map { ruleName($0) }
    }

    private func firstPool(where asks: (rtbl_pool_extras) -> Bool) -> String? {
        features.poolExtras.indices.first { asks(features.poolExtras[$0]) }.map { poolName(Int(features.poolExtras[$0].pool)) }
    }

    private func firstBackend(where asks: (rtbl_backend_extras) -> Bool) -> String? {
        guard let extras = features.backendExtras.indices.first(where: { asks(features.backendExtras[$0]) }) else { return nil }
        let number = Int(features.backendExtras[extras].backend)
        let backend = backends[number]
        return "Backend \(name(backend.object_namespace, backend.object_name))\(place { $0.backends[number] })"
    }

    private func ruleName(ofRoute route: Int) -> String { ruleName(Int(routes[route].rule)) }

    private func ruleName(_ number: Int) -> String {
        let api = apis[rules[number].apiIndex]
        return "API \(name(api.object_namespace, api.object_name)), rule \(number) of the table\(place { $0.rules[number] })"
    }

    private func poolName(_ number: Int) -> String {
        let pool = pools[number], api = apis[pool.apiIndex]
        return "API \(name(api.object_namespace, api.object_name)), pool of \(name(pool.owner_namespace, pool.owner_name))\(place { $0.pools[number] })"
    }

    private func name(_ namespace: UInt32, _ name: UInt32) -> String { "\(string(namespace).text)/\(string(name).text)" }

    private func place(_ record: (Positions) -> rtbl_position) -> String {
        guard let positions else { return "" }
        let position = record(positions)
        return position.line == 0 ? "" : " (\(positions.file(position).text):\(position.line))"
    }
}
