/// The objects of one input, typed, in the order in which they were read.
package struct Resources: Sendable {
    package var apis: [API] = []
    package var httpRoutes: [HTTPRoute] = []
    package var gateways: [Gateway] = []
    package var referenceGrants: [ReferenceGrant] = []
    package var backends: [Backend] = []
    package var aiProviders: [AIProvider] = []
    package var apiPolicies: [APIPolicy] = []
    package var authentications: [Authentication] = []
    package var tokenIssuers: [TokenIssuer] = []
    package var rateLimitPolicies: [RateLimitPolicy] = []
    package var aiRateLimitPolicies: [AIRateLimitPolicy] = []
    package var secrets: [Secret] = []
    package var configMaps: [ConfigMap] = []
    /// Of kinds that are recognised and not enforced.
    package var recognised: [ObjectHeader] = []
    /// A document could not be read: what seems to be missing may stand there.
    package var isIncomplete = false

    /// The first file that could not be read, and the system's reason.
    package var unreadable: (file: Int, errno: Int32)?

    package let files: [SourceFile]

    package init(files: [SourceFile]) { self.files = files }

    /// Makes room for the objects of all parts, so that lists of many are neither copied as they grow nor left with
    /// room for as many again. Of other kinds there are few.
    mutating func reserve(_ parts: [Resources]) {
        apis.reserveCapacity(parts.reduce(0) { $0 + $1.apis.count })
        httpRoutes.reserveCapacity(parts.reduce(0) { $0 + $1.httpRoutes.count })
        backends.reserveCapacity(parts.reduce(0) { $0 + $1.backends.count })
        aiProviders.reserveCapacity(parts.reduce(0) { $0 + $1.aiProviders.count })
        apiPolicies.reserveCapacity(parts.reduce(0) { $0 + $1.apiPolicies.count })
        secrets.reserveCapacity(parts.reduce(0) { $0 + $1.secrets.count })
    }

    /// `policies/chat.yaml:131`: how messages name another place.
    package func describe(_ place: Place) -> String { "\(files[Int(place.file)].displayName):\(place.line)" }
}
