/// dp.wso2.com Authentication.
enum AuthenticationSchema {
    static let `default` = Field("default", .object(ObjectSchema(layer)), "what holds where nothing else is said")
    static let override = Field("override", .object(ObjectSchema(layer)), "what holds whatever else is said")
    private static let layer = [
        disabled, authTypes, ext, Field("type", .string(), "of early versions", .optional, .ignored("authTypes says it all"), versions: ["v1alpha1"]),
    ]
    static let disabled = Field("disabled", .boolean, "true: open to everybody")
    static let authTypes = Field("authTypes", .object(ObjectSchema([oauth2, apiKey, jwt, mtls, testConsoleKey])), "the ways to authenticate; oauth2 is one unless it is disabled")

    static let oauth2 = Field("oauth2", .object(ObjectSchema([oauth2Required, typeDisabled, header, sendTokenToUpstream])), "a token of a TokenIssuer, in the header that OAuth 2.0 uses")
    static let oauth2Required = Field("required", necessity, "mandatory (default): needed beside other mandatory types", versions: ["v1alpha2"])
    static let typeDisabled = Field("disabled", .boolean, "true: this type is not accepted, default false")
    static let header = Field("header", .string(length: 1...256, .headerName), "the header that holds the token, default authorization")
    static let sendTokenToUpstream = Field("sendTokenToUpstream", .boolean, "true: the backend sees the token as well, default false")

    static let apiKey = Field("apiKey", .list(.object(ObjectSchema([keyIn, keyName, sendTokenToUpstream]))), "a token of a TokenIssuer, in a header or query parameter of any name")
    static let keyIn = Field("in", .enumeration(["Header", "Query"]), "Header or Query", .required)
    static let keyName = Field("name", .string(length: 1...256), "of the header or query parameter", .required)

    static let jwt = Field("jwt", .object(ObjectSchema([jwtDisabled, jwtHeader, sendTokenToUpstream, audience])), "a token of a TokenIssuer, for the audience that is listed", versions: ["v1alpha2"])
    static let jwtDisabled = Field("disabled", .boolean, "false: this type is accepted, default true")
    static let jwtHeader = Field("header", .string(length: 1...256, .headerName), "the header that holds the token, default internal-key")
    static let audience = Field("audience", .list(.string(length: 1...1024)), "the token must name one of them")

    static let mtls = Field("mtls", .object(ObjectSchema([mtlsRequired, typeDisabled, certificatesInline, secretRefs, configMapRefs])), "a client certificate that is listed")
    static let mtlsRequired = Field("required", necessity, "mandatory: needed beside other mandatory types; default optional")
    static let certificatesInline = Field("certificatesInline", .list(.string(length: 1...Limits.certificate)), "certificates as PEM")
    static let secretRefs = Field("secretRefs", .list(CertificateSchema.reference), "Secrets with certificates as PEM")
    static let configMapRefs = Field("configMapRefs", .list(CertificateSchema.reference), "ConfigMaps with certificates as PEM")
    private static let necessity = ValueSchema.enumeration(["mandatory", "optional"])

    static let testConsoleKey = Field("testConsoleKey", .object(ObjectSchema([
        Field("header", .string(length: 1...256, .headerName), "the header that holds the key, default internal-key"), sendTokenToUpstream,
    ])), "a key of the publisher's test console", .optional, .ignored("keys of the test console are not accepted"), versions: ["v1alpha1"])

    /// The form of early v1alpha1.
    static let ext = Field("ext", .object(ObjectSchema([
        disabled, Field("authTypes", .anything, "the ways to authenticate", .optional, .notServed(.authentication)),
        Field("serviceRef", .anything, "the service that authenticates", .optional, .notServed(.authentication)),
    ])), "the ways to authenticate, in early versions", versions: ["v1alpha1"])

    static let spec = Field("spec", .object(ObjectSchema([`default`, override, ReferenceSchema.targetRef])), "who may call what", .required)
    static let kind = KindSchema(.authentication, ["v1alpha1", "v1alpha2"], "how the callers of an API or of a rule authenticate", members: [spec])
}

/// Certificates: inline, or in a Secret or ConfigMap of the object's namespace.
enum CertificateSchema {
    static let inline = Field("certificateInline", .string(length: 1...Limits.certificate), "the certificate as PEM")
    static let secretRef = Field("secretRef", reference, "the Secret that holds it")
    static let configMapRef = Field("configMapRef", reference, "the ConfigMap that holds it")
    static let all = [inline, secretRef, configMapRef]

    static let key = Field("key", .string(length: 1...Limits.objectName, .dataKey), "the key in the Secret or ConfigMap", .required)
    static let reference = ValueSchema.object(ObjectSchema([ReferenceSchema.name, key]))
}
