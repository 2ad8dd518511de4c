/// dp.wso2.com AIProvider.
enum AIProviderSchema {
    static let providerName = Field("providerName", .string(), "for people", .optional, .informative)
    static let providerAPIVersion = Field("providerAPIVersion", .string(), "for people", .optional, .informative)
    static let organization = Field("organization", .string(), "whose provider it is", .optional, .informative)
    static let supportedModels = Field("supportedModels", .list(.string(length: 1...1024)), "a model outside this list draws a warning")
    static let requestModel = Field("requestModel", value, "where the model stands in a request, default Body model")
    static let responseModel = Field("responseModel", value, "where the model stands in an answer", versions: ["v1alpha4"])
    static let model = Field("model", value, "where the model stands in an answer", versions: ["v1alpha3"])
    static let rateLimitFields = Field("rateLimitFields", .object(ObjectSchema([promptTokens, completionToken, totalToken])), "where the token counts stand in an answer")
    static let promptTokens = Field("promptTokens", value, "the request's tokens")
    static let completionToken = Field("completionToken", value, "the answer's tokens")
    static let totalToken = Field("totalToken", value, "their sum")

    static let place = Field("in", .enumeration(["Body", "Header"]), "Body or Header", .required)
    static let name = Field("value", .string(length: 1...1024), "a top-level key, a path $.a.b, or a header's name", .required)
    private static let value = ValueSchema.object(ObjectSchema([place, name]))

    static let spec = Field("spec", .object(ObjectSchema([
        providerName, providerAPIVersion, organization, supportedModels, requestModel, responseModel, model, rateLimitFields,
    ])), "the form of requests and answers", .required)

    static let kind = KindSchema(.aiProvider, ["v1alpha3", "v1alpha4"], "where a provider's requests and answers name the model and count tokens", members: [spec])
}
