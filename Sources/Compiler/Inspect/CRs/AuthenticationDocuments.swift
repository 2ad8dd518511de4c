import CTable
import RoutingTable

extension TableObjects {
    /// Authentication: an open API says so.
    var authenticationDocuments: [YAMLText] {
        authentications.policies.map { policy in
            Self.object("dp.wso2.com/v1alpha2", "Authentication", policy.object, spec: [
                ("default", policy.asks.map(layer) ?? .map([("disabled", .flag(true))])),
                ("targetRef", policy.api.map { Self.reference("API", table.name(table.apis[$0]).name) } ?? Self.reference("Resource", policy.object.name)),
            ])
        }
    }

    /// Every type is written, those that are not taken as disabled.
    private func layer(_ asks: IntermediateRepresentation.Authentication) -> YAMLText {
        .map([("disabled", .flag(false)), ("authTypes", .map([
            ("oauth2", asks.oauth2.map { scheme in
                .map([("required", .string(scheme.isMandatory ? "mandatory" : "optional")), ("disabled", .flag(false))] + Self.token(scheme))
            } ?? .map([("disabled", .flag(true))])),
            ("jwt", asks.jwt.map { scheme in
                .map([("disabled", .flag(false))] + Self.token(scheme) + [("audience", .list(scheme.audiences.map { .string($0) }))])
            } ?? .map([("disabled", .flag(true))])),
            ("apiKey", .list(asks.apiKeys.map { key in
                .map([("in", .string(key.location == .header ? "Header" : "Query")), ("name", .string(key.name)), ("sendTokenToUpstream", .flag(key.sendsTokenUpstream))])
            })),
            ("mtls", asks.mutualTLS.map { scheme in
                .map([
                    ("required", .string(scheme.isMandatory ? "mandatory" : "optional")), ("disabled", .flag(false)),
                    ("certificatesInline", scheme.certificates.isEmpty ? nil : .list([.string(scheme.certificates)])),
                    ("secretRefs", scheme.certificateSecrets.isEmpty ? nil : .list(scheme.certificateSecrets.map(Self.reference))),
                ])
            } ?? .map([("disabled", .flag(true))])),
        ]))])
    }

    private static func token(_ scheme: IntermediateRepresentation.TokenScheme) -> [(String, YAMLText?)] {
        [("header", .string(scheme.header)), ("sendTokenToUpstream", .flag(scheme.sendsTokenUpstream))]
    }

    private static func certificate(_ text: String?, _ secret: IntermediateRepresentation.SecretText?) -> YAMLText? {
        text.map { .map([("certificateInline", .string($0))]) } ?? secret.map { .map([("secretRef", reference($0))]) }
    }

    /// TokenIssuer: keys that a ConfigMap or Secret held stand in it.
    var issuerDocuments: [YAMLText] {
        table.features.tokenIssuers.indices.map { table.tokenIssuer($0) }.map { issuer in
            Self.object("dp.wso2.com/v1alpha2", "TokenIssuer", ObjectName(issuer.object), spec: [
                ("name", .string(issuer.name)), ("organization", .string(issuer.organization)), ("issuer", .string(issuer.issuer)),
                ("consumerKeyClaim", .string(issuer.consumerKeyClaim)), ("scopesClaim", .string(issuer.scopesClaim)),
                ("environments", issuer.environments.isEmpty ? nil : .list(issuer.environments.map { .string($0) })),
                ("claimMappings", issuer.claimMappings.isEmpty ? nil : .list(issuer.claimMappings.map {
                    .map([("remoteClaim", .string($0.remote)), ("localClaim", .string($0.local))])
                })),
                ("signatureValidation", .map([
                    ("certificate", Self.certificate(issuer.certificates ?? issuer.keySet, issuer.certificateSecret)),
                    ("jwks", issuer.keySetURL.map { url in
                        .map([("url", .string(url)), ("tls", Self.certificate(issuer.keySetURLCertificates, issuer.keySetURLCertificateSecret))])
                    }),
                ])),
            ])
        }
    }
}
