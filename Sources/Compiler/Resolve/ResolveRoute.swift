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
            let policy = rulePolicy(rule, route, subject)
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
            let matches = matches(rule, api, subject)
            for (text, match) in zip(matches, rule.matches) {
                guard let text else { continue }
                reachability.add(text, hosts: hosts, environment: environment, place: match.place)
            }
            out.rules.append(IR.Rule(
                environment: environment, route: reference(route.header), index: number, hosts: hosts, matches: matches.compactMap { $0 },
                rewrite: rewrite(rule, subject), modelPool: modelPool, backendPool: backendPool, position: position(rule.place)))
        }
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

    // MARK: extensions

    /// The policy of kind Resource that the rule names.
    private mutating func rulePolicy(_ rule: HTTPRoute.Rule, _ route: HTTPRoute, _ subject: String) -> Int? {
        var found: (index: Int, place: Place)?
        for reference in rule.extensions {
            guard reference.group == nil || reference.group == Kind.apiPolicy.group, let kind = reference.kind else {
                report(.referenceKind, "\(subject): extensionRef needs group dp.wso2.com and a kind", at: reference.kind?.place ?? reference.name.place)
                continue
            }
            switch kind.value {
            case "APIPolicy":
                guard let index = resourcePolicy(reference, route, subject) else { continue }
                if let first = found, first.index != index {
                    let names = [first.index, index].map { resources.apiPolicies[$0].header }.map { "\($0.id) (\(resources.describe($0.place)))" }
                    report(.twoResourcePolicies, "\(subject) names two policies: \(names.joined(separator: " and "))", at: reference.name.place, help: "merge them into one")
                }
                found = found ?? (index, reference.name.place)
            case "Authentication": checkAuthentication(reference, route, subject)
            case "RateLimitPolicy", "AIRateLimitPolicy":
                report(.rateLimit, "\(subject): rate limits are not served yet", at: kind.place, help: "remove the filter")
            case "Scope": report(.scope, "\(subject): scopes are not enforced", at: kind.place, help: "remove the filter")
            default:
                let near = NearName.of(kind.value, in: ["APIPolicy", "Authentication", "RateLimitPolicy", "Scope"])
                report(.referenceKind, "\(subject): extensionRef names kind \(Text.quoted(kind.value)), which has no meaning here", at: kind.place, help: near.map { "did you mean \($0)?" })
            }
        }
        return found?.index
    }

    private mutating func resourcePolicy(_ reference: ReferenceText, _ route: HTTPRoute, _ subject: String) -> Int? {
        guard let index = tables.policies[route.header.namespace, reference.name.value] else {
            reportMissing(.extensionNotFound, "\(subject): extensionRef", .apiPolicy, tables.policies, route.header.namespace, reference.name)
            return nil
        }
        let policy = resources.apiPolicies[index]
        usedPolicies.insert(index)
        guard let kind = policy.target?.kind, kind.value != "Resource" else { return policy.target == nil ? nil : index }
        report(.referenceKind, "\(subject): extensionRef names \(policy.header.id), whose targetRef is of kind \(Text.quotable(kind.value)), not Resource",
               at: reference.name.place, help: "write kind: Resource in its targetRef (\(resources.describe(kind.place)))")
        return nil
    }

    private mutating func checkAuthentication(_ reference: ReferenceText, _ route: HTTPRoute, _ subject: String) {
        guard let index = tables.authentications[route.header.namespace, reference.name.value] else {
            return reportMissing(.extensionNotFound, "\(subject): extensionRef", .authentication, tables.authentications, route.header.namespace, reference.name)
        }
        let authentication = resources.authentications[index]
        guard !authentication.isDisabled else { return }
        report(.authentication, "\(subject): \(authentication.header.id) asks for authentication, which is not served yet", at: reference.name.place,
               help: "this version serves APIs without authentication")
    }
}
