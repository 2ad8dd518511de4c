/// Who may call: Authentication and TokenIssuer.
extension IntermediateRepresentation {
    /// What a rule demands of its callers. Any one of the schemes is enough, but every mandatory one must pass.
    package struct Authentication: Codable, Hashable, Sendable {
        /// The Authentication; nil: none is there, a TokenIssuer alone asks for tokens.
        package var object: Reference?
        /// nil: no such scheme (absent, or disabled).
        package var oauth2: TokenScheme?
        package var jwt: TokenScheme?
        @OmittedWhenEmpty package var apiKeys: [APIKeyScheme]
        package var mutualTLS: MutualTLS?
        /// Indexes into the top level's `tokenIssuers`: whose tokens are taken.
        @OmittedWhenEmpty package var issuers: [Int]

        package init(
            object: Reference? = nil, oauth2: TokenScheme? = nil, jwt: TokenScheme? = nil, apiKeys: [APIKeyScheme] = [],
            mutualTLS: MutualTLS? = nil, issuers: [Int] = []
        ) {
            (self.object, self.oauth2, self.jwt) = (object, oauth2, jwt)
            (self.apiKeys, self.mutualTLS, self.issuers) = (apiKeys, mutualTLS, issuers)
        }
    }

    /// `authTypes.oauth2` or `authTypes.jwt`: a JWT in a header.
    package struct TokenScheme: Codable, Hashable, Sendable {
        /// Lower case; in `authorization` the token stands behind `Bearer`.
        package var header: String
        package var sendsTokenUpstream: Bool
        package var isMandatory: Bool
        /// One of these must be among the token's; empty: any.
        @OmittedWhenEmpty package var audiences: [String]
        package init(header: String = "authorization", sendsTokenUpstream: Bool = false, isMandatory: Bool = false, audiences: [String] = []) {
            (self.header, self.sendsTokenUpstream, self.isMandatory, self.audiences) = (header, sendsTokenUpstream, isMandatory, audiences)
        }
    }

    /// One of `authTypes.apiKey`: a JWT in a header or query parameter of that name.
    package struct APIKeyScheme: Codable, Hashable, Sendable {
        package enum Location: String, Codable, Sendable { case header, query }
        package var location: Location
        package var name: String
        package var sendsTokenUpstream: Bool
        package init(in location: Location, name: String, sendsTokenUpstream: Bool = false) {
            (self.location, self.name, self.sendsTokenUpstream) = (location, name, sendsTokenUpstream)
        }
    }

    /// `authTypes.mtls`.
    package struct MutualTLS: Codable, Hashable, Sendable {
        /// PEM, all of them one after the other; empty: they are all in `certificateSecrets`.
        package var certificates: String
        @OmittedWhenEmpty package var certificateSecrets: [SecretText]
        package var isMandatory: Bool
        package init(certificates: String, certificateSecrets: [SecretText] = [], isMandatory: Bool = false) {
            (self.certificates, self.certificateSecrets, self.isMandatory) = (certificates, certificateSecrets, isMandatory)
        }
    }

    /// A text that is found where the table is served: the compiler has not seen its Secret.
    package struct SecretText: Codable, Hashable, Sendable {
        package var secret: Reference
        package var key: String
        package init(secret: Reference, key: String) { (self.secret, self.key) = (secret, key) }
    }

    /// A TokenIssuer and the keys that its tokens are signed with; at least one of `certificates`, `certificateSecret`,
    /// `keySet` and `keySetURL` is there.
    package struct TokenIssuer: Codable, Hashable, Sendable {
        package struct ClaimMapping: Codable, Hashable, Sendable {
            package var remote: String
            package var local: String
            package init(remote: String, local: String) { (self.remote, self.local) = (remote, local) }
        }

        package var object: Reference
        package var name: String
        /// The `iss` claim.
        package var issuer: String
        package var organization: String
        /// Empty: all.
        @OmittedWhenEmpty package var environments: [String]
        package var consumerKeyClaim: String
        package var scopesClaim: String
        @OmittedWhenEmpty package var claimMappings: [ClaimMapping]
        /// PEM.
        package var certificates: String?
        /// Where PEM or a JWK Set is found instead.
        package var certificateSecret: SecretText?
        /// A JWK Set (RFC 7517, section 5) as text.
        package var keySet: String?
        /// Where the dataplane fetches a JWK Set.
        package var keySetURL: String?
        /// PEM, to verify the host of `keySetURL` with; nil: the system's.
        package var keySetURLCertificates: String?
        package var keySetURLCertificateSecret: SecretText?
        package var position: Position?

        package init(
            object: Reference, name: String, issuer: String, organization: String, environments: [String] = [],
            consumerKeyClaim: String = "azp", scopesClaim: String = "scope", claimMappings: [ClaimMapping] = [],
            certificates: String? = nil, keySet: String? = nil, keySetURL: String? = nil, keySetURLCertificates: String? = nil,
            position: Position? = nil
        ) {
            (self.object, self.name, self.issuer, self.organization) = (object, name, issuer, organization)
            (self.environments, self.consumerKeyClaim, self.scopesClaim) = (environments, consumerKeyClaim, scopesClaim)
            (self.claimMappings, self.certificates, self.keySet) = (claimMappings, certificates, keySet)
            (self.keySetURL, self.keySetURLCertificates, self.position) = (keySetURL, keySetURLCertificates, position)
        }
    }
}
