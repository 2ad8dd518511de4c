/// A key of a Secret or ConfigMap, in the namespace of the object that names it.
package struct DataKey: Sendable {
    package let name: Located<String>
    package let key: Located<String>
}

/// A certificate as a CR gives it; one of the three should be there.
package struct CertificateText: Sendable {
    package let inline: Located<String>?
    package let secret: DataKey?
    package let configMap: DataKey?
    /// Of the member that holds them.
    package let place: Place
    package var count: Int { [inline != nil, secret != nil, configMap != nil].count { $0 } }
}

package struct Authentication: Sendable {
    /// What is nil leaves the decision to the next layer.
    package struct Layer: Sendable {
        package var disabled: Located<Bool>?
        package var types: Types?
    }

    /// A class: most APIs have none, and share nothing else.
    package final class Types: Sendable {
        package let oauth2: OAuth2?
        /// Replaced whole by a higher layer.
        package let apiKeys: [APIKey]?
        package let jwt: JWT?
        package let mtls: MutualTLS?
        package let place: Place

        init(oauth2: OAuth2?, apiKeys: [APIKey]?, jwt: JWT?, mtls: MutualTLS?, place: Place) {
            (self.oauth2, self.apiKeys, self.jwt, self.mtls, self.place) = (oauth2, apiKeys, jwt, mtls, place)
        }
    }

    package struct OAuth2: Sendable {
        package let isMandatory: Bool?
        package let isDisabled: Bool?
        package let header: Located<String>?
        package let sendsToken: Bool?
        package let place: Place
    }

    package struct APIKey: Sendable {
        package let isHeader: Bool
        package let name: Located<String>
        package let sendsToken: Bool
    }

    package struct JWT: Sendable {
        package let isDisabled: Bool?
        package let header: Located<String>?
        package let sendsToken: Bool?
        package let audience: [Located<String>]?
        package let place: Place
    }

    package struct MutualTLS: Sendable {
        package let isMandatory: Bool?
        package let isDisabled: Bool?
        package let inline: [Located<String>]
        package let secrets: [DataKey]
        package let configMaps: [DataKey]
        package let place: Place
    }

    package let header: ObjectHeader
    package let `default`: Layer
    package let override: Layer
    package let target: ReferenceText?
}

package struct TokenIssuer: Sendable {
    package struct JWKS: Sendable {
        package let url: Located<String>
        package let trust: CertificateText?
    }

    package struct ClaimMapping: Sendable {
        package let remote: String
        package let local: String
    }

    package let header: ObjectHeader
    package let name: String
    package let organization: Located<String>?
    package let issuer: Located<String>?
    package let consumerKeyClaim: String
    package let scopesClaim: String
    package let claimMappings: [ClaimMapping]
    /// Empty: every environment.
    package let environments: [String]
    package let jwks: JWKS?
    package let certificate: CertificateText?
    /// Of signatureValidation.
    package let keysPlace: Place
    package let target: ReferenceText?
}

/// So many of something in a window of time.
package struct LimitText: Sendable {
    package enum Unit: String, Sendable { case minute = "Minute", hour = "Hour", day = "Day" }
    package let count: Int
    package let unit: Unit
    package let place: Place
}

package struct RateLimitPolicy: Sendable {
    package let header: ObjectHeader
    package let `default`: LimitText?
    package let override: LimitText?
    package let target: ReferenceText?
}

package struct AIRateLimitPolicy: Sendable {
    package struct Layer: Sendable {
        package var requests: LimitText?
        package var requestTokens: LimitText?
        package var responseTokens: LimitText?
        package var totalTokens: LimitText?
        package var isEmpty: Bool { requests == nil && requestTokens == nil && responseTokens == nil && totalTokens == nil }
    }

    package let header: ObjectHeader
    package let `default`: Layer
    package let override: Layer
    package let target: ReferenceText?
}
