/// dp.wso2.com API.
enum APISchema {
    static let apiName = Field("apiName", .string(length: 1...60), "the API's name", .required)
    static let apiVersion = Field("apiVersion", .string(length: 1...30), "the API's version; basePath ends with it", .required)
    static let apiType = Field("apiType", .enumeration(["REST", "GraphQL", "GRPC"]), "only REST is served")
    static let basePath = Field("basePath", .string(length: 1...256, .basePath), "what every path of the API begins with", .required)
    static let organization = Field("organization", .string(), "whose API it is")
    static let environment = Field("environment", .string(), "basePath is unique within it")
    static let isDefaultVersion = Field("isDefaultVersion", .boolean, "also serve the paths without the version")
    static let production = Field("production", .list(.object(ObjectSchema(environmentFields))), "the routes of the production environment")
    static let sandbox = Field("sandbox", .list(.object(ObjectSchema(environmentFields))), "the routes of the sandbox environment")
    static let apiProperties = Field("apiProperties", .list(.object(ObjectSchema([
        Field("name", .string(), "the property's name"), Field("value", .string(), "the property's value"),
    ]))), "properties for interceptors", .optional, .ignored("properties are for interceptors, which are not served"))
    static let definitionFileRef = Field("definitionFileRef", .string(), "ConfigMap with the API's definition", .optional, .ignored("the API's definition is not served"))
    static let definitionPath = Field("definitionPath", .string(length: 1...256), "where the definition is served", .optional, .ignored("the API's definition is not served"))
    static let systemAPI = Field("systemAPI", .boolean, "an API of the gateway's own", .optional, .ignored("every API is served alike"))

    static let routeRefs = Field("routeRefs", .list(.string(length: 1...Limits.objectName)), "names of HTTPRoutes, in order", versions: ["v1alpha2", "v1alpha3"])
    static let httpRouteRefs = Field("httpRouteRefs", .list(.string(length: 1...Limits.objectName)), "names of HTTPRoutes, in order", versions: ["v1alpha1"])
    private static let environmentFields = [routeRefs, httpRouteRefs]

    static let spec = Field("spec", .object(ObjectSchema([
        apiName, apiVersion, apiType, basePath, organization, environment, isDefaultVersion, production, sandbox,
        apiProperties, definitionFileRef, definitionPath, systemAPI,
    ])), "what the API is", .required)

    static let kind = KindSchema(.api, ["v1alpha1", "v1alpha2", "v1alpha3"], "one version of an API: its base path and its routes", members: [spec])
}
