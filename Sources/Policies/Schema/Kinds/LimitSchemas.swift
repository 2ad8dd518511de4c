/// dp.wso2.com RateLimitPolicy.
enum RateLimitPolicySchema {
    static let `default` = Field("default", .object(ObjectSchema(layer)), "what holds where nothing else is said")
    static let override = Field("override", .object(ObjectSchema(layer)), "what holds whatever else is said")
    private static let layer = [api, custom, subscription]
    static let api = Field("api", request, "requests that are served in a window of time")
    static let custom = Field("custom", .object(ObjectSchema([
        requestsPerUnit, unit, Field("key", .string(length: 1...1024), "what is counted by"), Field("value", .string(), "the value that is counted"),
        Field("organization", .string(), "whose requests are counted"),
    ])), "requests counted by a key of their own", .optional, .notServed(.customLimit))
    static let subscription = Field("subscription", .object(ObjectSchema([
        Field("stopOnQuotaReach", .boolean, "whether requests beyond the limit are refused"), Field("organization", .string(), "whose subscriptions"),
        Field("requestCount", request, "requests of one subscription"), Field("burstControl", request, "requests of one subscription in a short time"),
    ])), "requests of one subscription", .optional, .notServed(.subscriptionLimit), versions: ["v1alpha3"])

    static let requestsPerUnit = Field("requestsPerUnit", .integer(1...Limits.count), "how many", .required)
    static let unit = Field("unit", .enumeration(["Minute", "Hour", "Day"]), "the window", .required)
    static let request = ValueSchema.object(ObjectSchema([requestsPerUnit, unit]))

    static let spec = Field("spec", .object(ObjectSchema([`default`, override, ReferenceSchema.targetRef])), "how many requests of what", .required)
    static let kind = KindSchema(.rateLimitPolicy, ["v1alpha1", "v1alpha3"], "how many requests of an API or of a rule are served", members: [spec])
}

/// dp.wso2.com AIRateLimitPolicy.
enum AIRateLimitPolicySchema {
    static let `default` = Field("default", .object(ObjectSchema(layer)), "what holds where nothing else is said")
    static let override = Field("override", .object(ObjectSchema(layer)), "what holds whatever else is said")
    private static let layer = [organization, tokenCount, requestCount]
    static let organization = Field("organization", .string(), "for people", .optional, .informative)
    static let tokenCount = Field("tokenCount", .object(ObjectSchema([RateLimitPolicySchema.unit, requestTokens, responseTokens, totalTokens])), "tokens in a window of time")
    static let requestTokens = Field("requestTokenCount", .integer(1...Limits.count), "tokens of requests")
    static let responseTokens = Field("responseTokenCount", .integer(1...Limits.count), "tokens of answers")
    static let totalTokens = Field("totalTokenCount", .integer(1...Limits.count), "their sum")
    static let requestCount = Field("requestCount", RateLimitPolicySchema.request, "requests in a window of time")

    static let spec = Field("spec", .object(ObjectSchema([`default`, override, ReferenceSchema.targetRef])), "how many requests and tokens of what", .required)
    static let kind = KindSchema(.aiRateLimitPolicy, ["v1alpha3"], "how many requests and tokens a Backend takes", members: [spec])
}
