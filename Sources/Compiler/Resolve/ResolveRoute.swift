import Policies

extension Resolver {
    mutating func resolveRoute(_ index: Int, _ api: API, _ environment: IR.Environment, _ pools: inout PoolBuilder, _ out: inout IR.API,
                               _ reachability: inout Reachability, _ order: RouteOrder) {
        let route = resources.httpRoutes[index]
        let hosts = hosts(route)
        if route.rules.isEmpty {
            report(.noRules, "\(route.header.id) has no rules: it serves nothing", at: route.header.place)
        }
        for (number, rule) in route.rules.enumerated() {
            let subject = "\(route.header.id): rules[\(number)]"
            let extensions = ruleExtensions(rule, route, subject)
            let redirect = redirect(rule, subject)
            let (modelPool, backendPool) = redirect == nil
                ? rulePools(environment, route, number, extensions.policy, rule, api, subject, &pools) : (nil, nil)
            let matches = matches(rule, api, subject)
            for (resolved, match) in zip(matches, rule.matches) {
                guard let resolved else { continue }
                reachability.add(resolved.match, hosts: hosts, environment: environment, place: match.place)
            }
            var resolved = IR.Rule(
                environment: environment, route: reference(route.header), index: number, hosts: hosts, matches: matches.compactMap { $0?.match } + matches.compactMap { $0?.withoutVersion },
                rewrite: rewrite(rule, subject), modelPool: modelPool, backendPool: backendPool, position: position(rule.place))
            resolved.requestHeaders = headerOperations(rule, isResponse: false, subject)
            resolved.responseHeaders = headerOperations(rule, isResponse: true, subject)
            resolved.redirect = redirect
            resolved.timeouts = timeouts(rule, subject)
            resolved.cors = resolveCORS(order.api, route, rule: extensions.policy)
            resolved.authentication = resolveAuthentication(order.api, route, rule: extensions.authentication, at: rule.place)
            resolved.rateLimits = resolveRateLimits(order.api, route, rule: extensions.rateLimit)
            out.rules.append(resolved)
        }
    }

    private mutating func rulePools(_ environment: IR.Environment, _ route: HTTPRoute, _ number: Int, _ policy: Int?, _ rule: HTTPRoute.Rule, _ api: API, _ subject: String,
                                    _ pools: inout PoolBuilder) -> (models: Int?, backends: Int?) {
        let modelPool = modelPool(environment, rulePolicy: policy, rule, subject, &pools)
        if let policy { reportUnserved(policy, environment, api) }
        let backendPool = backendPool(environment, route, ruleIndex: number, rulePolicy: policy, rule, &pools)
        if modelPool == nil, rule.backendRefs.allSatisfy({ $0.weight == 0 }) {
            report(.noBackend, rule.backendRefs.isEmpty ? "\(subject) has neither backendRefs nor models: no request can be answered"
                : "\(subject): every backendRef has weight 0, and there are no models", at: rule.place, help: "add a backendRef with kind: Backend")
        }
        if let modelPool, backendPool == nil, pools.pools[modelPool].options.allSuspended == .passthrough {
            report(.noBackend, "\(subject): rtbl/all-suspended: passthrough needs a backendRef to pass to", at: rule.place, help: "add a backendRef with kind: Backend")
        }
        return (modelPool, backendPool)
    }

    private mutating func reportUnserved(_ policy: Int, _ environment: IR.Environment, _ api: API) {
        let other = environment == .production ? api.sandbox : api.production
        guard other == nil else { return }
        let missing: IR.Environment = environment == .production ? .sandbox : .production
        for layer in [policies[policy].override, policies[policy].default] {
            guard let list = layer.list(missing), !list.targets.isEmpty else { continue }
            report(.environmentNotServed, "\(resources.apiPolicies[policy].header.id): \(api.header.id) has no \(missing.rawValue) routes: these models are never used", at: list.place,
                   help: "remove the list, or give the API \(missing.rawValue) routes")
        }
    }

    // MARK: hosts

    /// The route's own, else those of its Gateways' listeners.
    private mutating func hosts(_ route: HTTPRoute) -> [String] {
        let listeners = listeners(route)
        var hosts: [String] = []
        for name in route.hostnames {
            guard let host = HostText.routeHost(name.value) else {
                report(.hostname, "\(route.header.id): hostname \(Text.quoted(name.value)) is no DNS name", at: name.place, help: "without scheme, port and path; a wildcard is *.example.com")
                continue
            }
            if let listeners, !listeners.contains(where: { $0.map { HostText.listener($0, takes: host) } ?? true }) {
                report(.listenerNotFound, "\(route.header.id): no listener of its Gateway takes \(Text.quoted(host))", at: name.place,
                       help: "its listeners take \(listeners.compactMap { $0 }.joined(separator: ", "))")
            }
            if !hosts.contains(host) { hosts.append(host) }
        }
        guard route.hostnames.isEmpty else { return hosts }
        for case let host? in listeners ?? [] where !hosts.contains(host) { hosts.append(host) }
        if hosts.isEmpty, !resources.isIncomplete {
            report(.noHostname, "\(route.header.id) has no hostnames, and no Gateway in the input has a listener with one for it", at: route.header.place, help: "add hostnames")
        }
        return hosts
    }

    /// The host names (nil: every host) of the listeners that the route is attached to; nil: none of its Gateways is
    /// in the input.
    private mutating func listeners(_ route: HTTPRoute) -> [String?]? {
        var found: [String?]?
        for parent in route.parents {
            guard parent.reference.kind.map({ $0.value == "Gateway" }) ?? true,
                  let index = tables.gateways[parent.reference.namespace?.value ?? route.header.namespace, parent.reference.name.value] else { continue }
            let gateway = resources.gateways[index]
            var matching = gateway.listeners
            if let section = parent.sectionName {
                matching = matching.filter { $0.name == section.value }
                if matching.isEmpty {
                    let near = NearName.of(section.value, in: gateway.listeners.compactMap(\.name))
                    report(.listenerNotFound, "\(route.header.id): \(gateway.header.id) has no listener \(Text.quoted(section.value))", at: section.place,
                           help: near.map { "did you mean \(Text.quoted($0))?" })
                    continue
                }
            }
            found = (found ?? []) + matching.map { listener in
                guard let hostname = listener.hostname else { return nil }
                if HostText.routeHost(hostname.value) == nil {
                    report(.hostname, "\(gateway.header.id): hostname \(Text.quoted(hostname.value)) is no DNS name", at: hostname.place, help: "without scheme, port and path; a wildcard is *.example.com")
                }
                return HostText.routeHost(hostname.value)
            }
        }
        return found
    }
}
