/// dp.wso2.com APIPolicy.
enum APIPolicySchema {
    static let `default` = Field("default", .object(ObjectSchema(layerFields)), "what holds where nothing else is said")
    static let override = Field("override", .object(ObjectSchema(layerFields)), "what holds whatever else is said")
    private static let layerFields = [
        aiProvider, modelBasedRoundRobin, cORSPolicy, subscriptionValidation, requestInterceptors, responseInterceptors, backendJwtPolicy,
    ]

    static let aiProvider = Field("aiProvider", .object(ObjectSchema([ReferenceSchema.name])), "the AIProvider, in the policy's namespace")
    static let modelBasedRoundRobin = Field("modelBasedRoundRobin", .object(ObjectSchema([suspendDuration, productionModels, sandboxModels])), "models that take turns")
    static let suspendDuration = Field("onQuotaExceedSuspendDuration", .integer(0...Limits.seconds), "seconds that a model rests when its quota is used up, default 0: never")
    static let productionModels = Field("productionModels", models, "of the production environment")
    static let sandboxModels = Field("sandboxModels", models, "of the sandbox environment")
    private static let models = ValueSchema.list(.object(ObjectSchema([model, backendRef, weight])))
    static let model = Field("model", .string(length: 1...1024), "the model's name as the provider knows it", .required)
    static let backendRef = Field("backendRef", .object(ObjectSchema(ReferenceSchema.all)), "the Backend that serves the model", .required)
    static let weight = Field("weight", .integer(1...Limits.weight), "share of the requests, default 1")

    static let cORSPolicy = Field("cORSPolicy", .object(ObjectSchema([
        corsEnabled, allowCredentials, allowHeaders, allowMethods, allowOrigins, exposeHeaders, maxAge,
    ])), "answers to browsers of other origins")
    static let corsEnabled = Field("enabled", .boolean, "default true")
    static let allowCredentials = Field("accessControlAllowCredentials", .boolean, "whether credentials may be sent")
    static let allowHeaders = Field("accessControlAllowHeaders", .list(.string(length: 1...256)), "headers that may be sent")
    static let allowMethods = Field("accessControlAllowMethods", .list(.string(length: 1...64)), "methods that may be used")
    static let allowOrigins = Field("accessControlAllowOrigins", .list(.string(length: 1...1024)), "origins that may call")
    static let exposeHeaders = Field("accessControlExposeHeaders", .list(.string(length: 1...256)), "headers that a page may read")
    static let maxAge = Field("accessControlMaxAge", .integer(0...Limits.seconds), "seconds that the answer may be kept")
    static let subscriptionValidation = Field("subscriptionValidation", .boolean, "whether callers need a subscription")
    private static let interceptors = ValueSchema.list(.object(ObjectSchema([ReferenceSchema.name, ReferenceSchema.namespace])), count: 0...1)
    static let requestInterceptors = Field("requestInterceptors", interceptors, "services that change requests", .optional, .notServed(.interceptor))
    static let responseInterceptors = Field("responseInterceptors", interceptors, "services that change answers", .optional, .notServed(.interceptor))
    static let backendJwtPolicy = Field("backendJwtPolicy", .object(ObjectSchema([ReferenceSchema.name])), "a token for the backend", .optional, .notServed(.backendToken))

    static let spec = Field("spec", .object(ObjectSchema([`default`, override, ReferenceSchema.targetRef])), "what holds for what", .required)

    static let kind = KindSchema(.apiPolicy, ["v1alpha1", "v1alpha2", "v1alpha3", "v1alpha4"], "what is done to the requests of an API or of a rule", members: [spec])
}
