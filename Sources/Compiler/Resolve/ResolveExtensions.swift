import Policies

/// The policies of kind Resource that a rule names, by their indices.
struct RuleExtensions {
    var policy: Int?
    var authentication: Int?
    var rateLimit: Int?
}

extension Resolver {
    mutating func ruleExtensions(_ rule: HTTPRoute.Rule, _ route: HTTPRoute, _ subject: String) -> RuleExtensions {
        var out = RuleExtensions()
        for reference in rule.extensions {
            guard reference.group == nil || reference.group == Kind.apiPolicy.group, let kind = reference.kind else {
                report(.referenceKind, "\(subject): extensionRef needs group dp.wso2.com and a kind", at: reference.kind?.place ?? reference.name.place)
                continue
            }
            switch Kind(rawValue: kind.value) {
            case .apiPolicy:
                guard let index = find(.apiPolicy, tables.policies, reference, route, subject, { $0.apiPolicies[$1].target }) else { continue }
                apiPolicies.used.insert(index)
                reportTwo(out.policy, index, at: reference, subject) { $0.apiPolicies[$1].header }
                out.policy = out.policy ?? index
            case .authentication:
                guard let index = find(.authentication, tables.authentications, reference, route, subject, { $0.authentications[$1].target }) else { continue }
                authentications.used.insert(index)
                reportTwo(out.authentication, index, at: reference, subject) { $0.authentications[$1].header }
                out.authentication = out.authentication ?? index
            case .rateLimitPolicy:
                guard let index = find(.rateLimitPolicy, tables.rateLimits, reference, route, subject, { $0.rateLimitPolicies[$1].target }) else { continue }
                rateLimitPolicies.used.insert(index)
                reportTwo(out.rateLimit, index, at: reference, subject) { $0.rateLimitPolicies[$1].header }
                out.rateLimit = out.rateLimit ?? index
            case .scope: report(.scope, "\(subject): scopes are not enforced", at: kind.place, help: "remove the filter")
            default:
                let near = NearName.of(kind.value, in: ["APIPolicy", "Authentication", "RateLimitPolicy", "Scope"])
                report(.referenceKind, "\(subject): extensionRef names kind \(Text.quoted(kind.value)), which has no meaning here", at: kind.place, help: near.map { "did you mean \($0)?" })
            }
        }
        return out
    }

    /// The policy of kind Resource that is named.
    private mutating func find(_ kind: Kind, _ table: NameTables.Table, _ reference: ReferenceText, _ route: HTTPRoute, _ subject: String,
                               _ target: (Resources, Int) -> ReferenceText?) -> Int? {
        guard let index = table[route.header.namespace, reference.name.value] else {
            reportMissing(.extensionNotFound, "\(subject): extensionRef", kind, table, route.header.namespace, reference.name)
            return nil
        }
        guard let found = target(resources, index)?.kind else { return nil }
        if found.value == "Resource" { return index }
        let id = ObjectID(kind: kind, namespace: route.header.namespace, name: reference.name.value)
        report(.referenceKind, "\(subject): extensionRef names \(id), whose targetRef is of kind \(Text.quotable(found.value)), not Resource",
               at: reference.name.place, help: "write kind: Resource in its targetRef (\(resources.describe(found.place)))")
        return nil
    }

    private mutating func reportTwo(_ first: Int?, _ second: Int, at reference: ReferenceText, _ subject: String, _ header: (Resources, Int) -> ObjectHeader) {
        guard let first, first != second else { return }
        let names = [first, second].map { header(resources, $0) }.map { "\($0.id) (\(resources.describe($0.place)))" }
        report(.twoResourcePolicies, "\(subject) names two policies: \(names.joined(separator: " and "))", at: reference.name.place, help: "merge them into one")
    }

    /// Kinds that are recognised: an error where traffic or access would differ, else a warning.
    mutating func checkRecognised() {
        for object in resources.recognised {
            if object.id.kind == .gqlRoute {
                report(.graphQL, "\(object.id): GraphQL is not served", at: object.place, help: "use an HTTPRoute")
            } else {
                report(.notEnforced, "\(object.id) is recognised, but has no effect", at: object.place)
            }
        }
        for gateway in resources.gateways {
            report(.gatewayListener, "\(gateway.header.id): only the names and host names of its listeners are used", at: gateway.header.place,
                   help: "ports and certificates are the dataplane's --listen, --listen-tls, --cert and --key")
        }
    }
}
