/// gateway.networking.k8s.io Gateway: its listeners' names and host names.
enum GatewaySchema {
    static let listeners = Field("listeners", .list(.object(ObjectSchema([
        listenerName, hostname,
        Field("port", .integer(1...65_535), "see the dataplane's --listen"), Field("protocol", .string(), "see the dataplane's --listen-tls"),
        Field("tls", .anything, "see the dataplane's --cert"), Field("allowedRoutes", .anything, "not looked at"),
    ]))), "their host names are checked", .required)
    static let listenerName = Field("name", .string(length: 1...Limits.objectName), "what sectionName names", .required)
    static let hostname = Field("hostname", .string(length: 1...Limits.objectName), "absent: every host")
    static let spec = Field("spec", .object(ObjectSchema([
        listeners, Field("gatewayClassName", .string(), "not looked at"), Field("addresses", .anything, "see the dataplane's --listen"),
        Field("infrastructure", .anything, "not looked at"), Field("allowedListeners", .anything, "not looked at"), Field("tls", .anything, "not looked at"),
    ])), "listeners", .required)
    static let kind = KindSchema(.gateway, ["v1beta1", "v1"], "listeners whose host names the routes take", members: [spec])
}

/// gateway.networking.k8s.io ReferenceGrant.
enum ReferenceGrantSchema {
    static let from = Field("from", .list(.object(ObjectSchema([group, ReferenceSchema.targetKind, fromNamespace]))), "who may refer", .required)
    static let to = Field("to", .list(.object(ObjectSchema([group, ReferenceSchema.targetKind, toName]))), "to what", .required)
    static let group = Field("group", .string(), "the API group")
    static let fromNamespace = Field("namespace", .string(length: 1...63), "the namespace of those that refer", .required)
    static let toName = Field("name", .string(length: 1...Limits.objectName), "absent: every object of the kind")
    static let spec = Field("spec", .object(ObjectSchema([from, to])), "who may refer to what", .required)
    static let kind = KindSchema(.referenceGrant, ["v1beta1", "v1"], "allows references from other namespaces", members: [spec])
}

/// dp.wso2.com Authentication.
enum AuthenticationSchema {
    static let `default` = Field("default", .object(ObjectSchema(layer)), "what holds where nothing else is said")
    static let override = Field("override", .object(ObjectSchema(layer)), "what holds whatever else is said")
    private static let layer = [disabled, Field("authTypes", .anything, "the ways to authenticate"), Field("type", .string(), "of older versions"), ext]
    static let disabled = Field("disabled", .boolean, "true: open to everybody")
    /// The form of early v1alpha1.
    static let ext = Field("ext", .object(ObjectSchema([
        disabled, Field("authTypes", .anything, "the ways to authenticate"), Field("serviceRef", .anything, "the service that authenticates"),
    ])), "the ways to authenticate, in early versions", versions: ["v1alpha1"])
    static let spec = Field("spec", .object(ObjectSchema([`default`, override, ReferenceSchema.targetRef])), "who may call what", .required)
    static let kind = KindSchema(.authentication, ["v1alpha1", "v1alpha2"], "how the callers of an API or of a rule authenticate", members: [spec])
}

/// v1 Secret and ConfigMap.
enum DataSchema {
    static let data = Field("data", .stringMap, "values; a Secret's are base64")
    static let stringData = Field("stringData", .stringMap, "values as they are; they win over data")
    static let immutable = Field("immutable", .boolean, "not looked at")
    static let secret = KindSchema(.secret, ["v1"], "values that others refer to; a table never holds them", members: [
        data, stringData, immutable, Field("type", .string(), "not looked at"),
    ])
    static let configMap = KindSchema(.configMap, ["v1"], "values that others refer to", members: [
        data, Field("binaryData", .stringMap, "values in base64"), immutable,
    ])
}

/// Kinds that are known by name and not served by this version: their fields are not looked into.
enum UnservedSchemas {
    private static func kind(_ kind: Kind, _ versions: [String], _ summary: String) -> KindSchema {
        KindSchema(kind, versions, summary, members: [Field("spec", .anything, summary)])
    }

    static let all = [
        kind(.tokenIssuer, ["v1alpha1", "v1alpha2"], "whose tokens are good"),
        kind(.rateLimitPolicy, ["v1alpha1", "v1alpha3"], "how many requests are served"),
        kind(.aiRateLimitPolicy, ["v1alpha3"], "how many tokens are served"),
        kind(.scope, ["v1alpha1"], "what a caller must be allowed to do"),
        kind(.backendJWT, ["v1alpha1"], "a token for the backend"),
        kind(.interceptorService, ["v1alpha1"], "a service that changes requests or answers"),
        kind(.gqlRoute, ["v1alpha2"], "a GraphQL API"),
        kind(.subscription, ["v1alpha2", "v1alpha3"], "who has subscribed to an API"),
        kind(.application, ["v1alpha2"], "who calls"),
        kind(.applicationMapping, ["v1alpha2"], "which application has which subscription"),
    ]
}

extension KindSchema {
    /// Of every kind that is known.
    package static let all: [Kind: KindSchema] = {
        let served = [
            APISchema.kind, HTTPRouteSchema.kind, GatewaySchema.kind, ReferenceGrantSchema.kind, BackendSchema.kind, AIProviderSchema.kind,
            APIPolicySchema.kind, AuthenticationSchema.kind, DataSchema.secret, DataSchema.configMap,
        ]
        return Dictionary(uniqueKeysWithValues: (served + UnservedSchemas.all).map { ($0.kind, $0) })
    }()
}
