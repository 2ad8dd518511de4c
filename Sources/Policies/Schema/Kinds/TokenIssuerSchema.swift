/// dp.wso2.com TokenIssuer.
enum TokenIssuerSchema {
    static let name = Field("name", .string(length: 1...1024), "the issuer's name, unique in its organization", .required)
    static let organization = Field("organization", .string(length: 1...1024), "the organization whose APIs take its tokens", .required)
    static let issuer = Field("issuer", .string(length: 1...1024), "the claim iss of its tokens", .required)
    static let consumerKeyClaim = Field("consumerKeyClaim", .string(length: 1...256), "the claim that names the client", .required)
    static let scopesClaim = Field("scopesClaim", .string(length: 1...256), "the claim that lists scopes", .required)
    static let environments = Field("environments", .list(.string(length: 1...1024)), "of the APIs that take its tokens; absent: every environment", versions: ["v1alpha2"])

    static let claimMappings = Field("claimMappings", .list(.object(ObjectSchema([remoteClaim, localClaim]))), "other names for claims")
    static let remoteClaim = Field("remoteClaim", .string(length: 1...256), "the name in the token", .required)
    static let localClaim = Field("localClaim", .string(length: 1...256), "the name here", .required)

    static let signatureValidation = Field("signatureValidation", .object(ObjectSchema([jwks, certificate])), "its public keys: at least one of the two", .required)
    static let certificate = Field("certificate", .object(ObjectSchema(CertificateSchema.all)), "the certificate that signs")
    static let jwks = Field("jwks", .object(ObjectSchema([url, tls])), "keys that the dataplane fetches")
    static let url = Field("url", .string(length: 1...2048), "http:// or https://", .required)
    static let tls = Field("tls", .object(ObjectSchema(CertificateSchema.all)), "the certificate to trust there")

    static let spec = Field("spec", .object(ObjectSchema([
        name, organization, issuer, consumerKeyClaim, scopesClaim, environments, claimMappings, signatureValidation, targetRef,
    ])), "who issues tokens, and how they are verified", .required)
    static let targetRef = Field("targetRef", .object(ObjectSchema([
        ReferenceSchema.group, ReferenceSchema.targetKind, ReferenceSchema.name, ReferenceSchema.namespace,
    ])), "the Gateway whose APIs take its tokens; absent: every Gateway")
    static let kind = KindSchema(.tokenIssuer, ["v1alpha1", "v1alpha2"], "whose tokens are good", members: [spec])
}
