/// v1 Secret and ConfigMap.
enum DataSchema {
    static let data = Field("data", .stringMap, "values; a Secret's are base64")
    static let stringData = Field("stringData", .stringMap, "values as they are; they win over data")
    static let binaryData = Field("binaryData", .stringMap, "values in base64")
    static let immutable = Field("immutable", .boolean, "not looked at", .optional, .informative)
    static let secret = KindSchema(.secret, ["v1"], "values that others refer to; a table never holds credentials", members: [
        data, stringData, immutable, Field("type", .string(), "not looked at", .optional, .informative),
    ])
    static let configMap = KindSchema(.configMap, ["v1"], "values that others refer to", members: [
        data, binaryData, immutable,
    ])
}

extension KindSchema {
    /// Of every kind that is known.
    package static let all: [Kind: KindSchema] = {
        let served = [
            APISchema.kind, HTTPRouteSchema.kind, GatewaySchema.kind, ReferenceGrantSchema.kind, BackendSchema.kind, AIProviderSchema.kind,
            APIPolicySchema.kind, AuthenticationSchema.kind, TokenIssuerSchema.kind, RateLimitPolicySchema.kind, AIRateLimitPolicySchema.kind,
            DataSchema.secret, DataSchema.configMap,
        ]
        return Dictionary(uniqueKeysWithValues: (served + RecognisedSchemas.all).map { ($0.kind, $0) })
    }()
}
