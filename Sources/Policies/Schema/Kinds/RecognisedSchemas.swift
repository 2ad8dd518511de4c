/// Kinds that are recognised and held against their schema, but not enforced.
enum RecognisedSchemas {
    static let all = [scope, backendJWT, interceptorService, gqlRoute, subscription, application, applicationMapping]

    private static func kind(_ kind: Kind, _ versions: [String], _ summary: String, _ fields: [Field]) -> KindSchema {
        KindSchema(kind, versions, summary, members: [Field("spec", .object(ObjectSchema(fields)), summary, .required)],
                   refusal: kind == .gqlRoute ? .graphQL : .notEnforced)
    }

    private static let scope = kind(.scope, ["v1alpha1"], "what a caller must be allowed to do", [
        Field("names", .list(.string(length: 1...1024), count: 1...1024), "names of scopes", .required),
    ])

    private static let backendJWT = kind(.backendJWT, ["v1alpha1"], "a token for the backend", [
        Field("encoding", .enumeration(["Base64", "Base64url"]), "of the token"),
        Field("header", .string(length: 1...256, .headerName), "the header that holds the token"),
        Field("signingAlgorithm", .enumeration(["RSA", "ECDSA", "HMAC"].flatMap { kind in ["256", "384", "512"].map { "SHA\($0)with\(kind)" } }), "how the token is signed"),
        Field("tokenTTL", .integer(0...Limits.count), "seconds that the token is good for"),
        Field("customClaims", .list(.object(ObjectSchema([
            Field("claim", .string(length: 1...1024), "the claim's name", .required), Field("value", .string(length: 1...1024), "the claim's value", .required),
            Field("type", .enumeration(["string", "int", "float", "bool", "long", "date"]), "the value's type"),
        ]))), "further claims"),
    ])

    private static let interceptorService = kind(.interceptorService, ["v1alpha1"], "a service that changes requests or answers", [
        Field("backendRef", .object(ObjectSchema([ReferenceSchema.name])), "the Backend that it runs on", .required),
        Field("includes", .list(.enumeration([
            "request_headers", "request_body", "request_trailers", "response_headers", "response_body", "response_trailers", "invocation_context",
        ]), count: 0...7), "what the service is shown"),
    ])

    private static let gqlRoute = kind(.gqlRoute, ["v1alpha2"], "a GraphQL API", [
        HTTPRouteSchema.parentRefs, HTTPRouteSchema.hostnames, HTTPRouteSchema.backendRefs,
        Field("rules", .list(.object(ObjectSchema([
            Field("matches", .list(.object(ObjectSchema([
                Field("type", .enumeration(["QUERY", "MUTATION", "SUBSCRIPTION"]), "the kind of operation"), Field("path", .string(), "the operation's name"),
            ]))), "operations"),
            Field("filters", .list(.object(ObjectSchema([HTTPRouteSchema.extensionRef]))), "what is done to a request"),
        ]))), "what is served"),
    ])

    private static let organization = Field("organization", .string(length: 1...1024), "whose it is", .required)

    private static let subscription = kind(.subscription, ["v1alpha2", "v1alpha3"], "who has subscribed to an API", [
        organization, Field("subscriptionStatus", .string(), "whether it is active", .required),
        Field("api", .object(ObjectSchema([
            Field("name", .string(length: 1...1024), "the API's name", .required), Field("version", .string(length: 1...1024), "the API's version", .required),
        ])), "the API", .required),
        Field("ratelimitRef", .object(ObjectSchema([
            ReferenceSchema.name, Field("level", .string(), "what the limit is for"),
        ])), "its limits"),
    ])

    private static let application = kind(.application, ["v1alpha2"], "who calls", [
        organization, Field("name", .string(length: 1...1024), "the application's name", .required), Field("owner", .string(), "whose application it is", .required),
        Field("attributes", .stringMap, "for people and tools"),
        Field("securitySchemes", .object(ObjectSchema([
            Field("oauth2", .object(ObjectSchema([
                Field("environments", .list(.object(ObjectSchema([
                    Field("envId", .string(), "the environment", .required), Field("appId", .string(), "the client's id there", .required),
                    Field("keyType", .string(), "PRODUCTION or SANDBOX", .required),
                ]))), "its ids in the environments"),
            ])), "its OAuth 2.0 clients"),
        ])), "how it authenticates"),
    ])

    private static let applicationMapping = kind(.applicationMapping, ["v1alpha2"], "which application has which subscription", [
        Field("applicationRef", .string(length: 1...Limits.objectName), "the Application", .required),
        Field("subscriptionRef", .string(length: 1...Limits.objectName), "the Subscription", .required),
    ])
}
