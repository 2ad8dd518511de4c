import Policies

/// Who asks for authentication, found once for all APIs.
struct AuthenticationIndex {
    /// By the API that they are for.
    private var ofAPI: [IntermediateRepresentation.Reference: [Int]] = [:]
    private var ofGateways: [Int] = []
    let issuer: ObjectHeader?

    init(_ resources: Resources) {
        for (index, authentication) in resources.authentications.enumerated() {
            guard let target = authentication.target else { continue }
            switch target.kind?.value {
            case "API":
                let namespace = target.namespace?.value ?? authentication.header.namespace
                ofAPI[IntermediateRepresentation.Reference(namespace: namespace, name: target.name.value), default: []].append(index)
            case "Gateway": ofGateways.append(index)
            default: break
            }
        }
        issuer = resources.unserved.first { $0.id.kind == .tokenIssuer }
    }

    func authentications(of api: IntermediateRepresentation.Reference) -> [Int] { ofGateways + (ofAPI[api] ?? []) }
}

extension Resolver {
    /// Whether callers of this API must authenticate, which this version cannot demand, or the API is open.
    mutating func checkAuthentication(_ api: API) {
        let applying = authentications.authentications(of: reference(api.header)).map { resources.authentications[$0] }
        if let authentication = applying.first(where: { !$0.isDisabled }) {
            report(.authentication, "\(authentication.header.id) asks for authentication, which is not served yet", at: authentication.header.place,
                   help: "this version serves APIs without authentication: set disabled: true to say so")
        } else if !applying.isEmpty {
            return
        } else if let issuer = authentications.issuer {
            report(.authentication, "\(issuer.id): \(api.header.id) asks for its tokens, which is not served yet", at: issuer.place,
                   help: "this version serves APIs without authentication: give each an Authentication with disabled: true")
        } else {
            report(.openAPI, "\(api.header.id) is open: no TokenIssuer and no Authentication is in the input", at: api.header.place,
                   help: "the dataplane serves it on loopback only, unless --allow-open is given")
        }
    }

    /// Kinds that are recognised: an error where traffic or access would differ, else a warning.
    mutating func checkUnserved() {
        for authentication in resources.authentications {
            guard let target = authentication.target, target.kind?.value == "API" else { continue }
            let namespace = target.namespace?.value ?? authentication.header.namespace
            if tables.apis[namespace, target.name.value] == nil {
                reportMissing(.targetNotFound, "\(authentication.header.id): targetRef", .api, tables.apis, namespace, target.name)
            }
        }
        for object in resources.unserved {
            switch object.id.kind {
            case .rateLimitPolicy, .aiRateLimitPolicy:
                report(.rateLimit, "\(object.id): rate limits are not served yet", at: object.place, help: "remove it")
            case .gqlRoute: report(.graphQL, "\(object.id): GraphQL is not served", at: object.place, help: "use an HTTPRoute")
            case .tokenIssuer: break
            default: report(.notEnforced, "\(object.id) is recognised, but has no effect", at: object.place)
            }
        }
        for gateway in resources.gateways {
            report(.gatewayListener, "\(gateway.header.id): only the names and host names of its listeners are used", at: gateway.header.place,
                   help: "ports and certificates are the dataplane's --listen, --listen-tls, --cert and --key")
        }
    }
}
