/// The kinds that are known by name.
package enum Kind: String, CaseIterable, Sendable {
    case api = "API", httpRoute = "HTTPRoute", gateway = "Gateway", referenceGrant = "ReferenceGrant"
    case backend = "Backend", aiProvider = "AIProvider", apiPolicy = "APIPolicy", authentication = "Authentication"
    case tokenIssuer = "TokenIssuer", rateLimitPolicy = "RateLimitPolicy", aiRateLimitPolicy = "AIRateLimitPolicy"
    case scope = "Scope", backendJWT = "BackendJWT", interceptorService = "InterceptorService", gqlRoute = "GQLRoute"
    case subscription = "Subscription", application = "Application", applicationMapping = "ApplicationMapping"
    case secret = "Secret", configMap = "ConfigMap"

    package var group: String {
        switch self {
        case .httpRoute, .gateway, .referenceGrant: "gateway.networking.k8s.io"
        case .subscription, .application, .applicationMapping: "cp.wso2.com"
        case .secret, .configMap: ""
        default: "dp.wso2.com"
        }
    }

    /// Groups in which a kind that is not listed here is an error, not somebody else's object.
    package static let ownGroups: Set<String> = ["dp.wso2.com", "cp.wso2.com", "gateway.networking.k8s.io"]
}
