/// gateway.networking.k8s.io HTTPRoute.
enum HTTPRouteSchema {
    static let parentRefs = Field("parentRefs", .list(.object(ObjectSchema([
        ReferenceSchema.group, ReferenceSchema.kind, ReferenceSchema.name, ReferenceSchema.namespace, sectionName, ReferenceSchema.port,
    ]))), "Gateways; checked if they are in the input")
    static let sectionName = Field("sectionName", .string(), "a listener's name")
    static let hostnames = Field("hostnames", .list(.string(length: 1...Limits.objectName)), "hosts that the rules serve; absent: those of the Gateway's listeners")
    static let rules = Field("rules", .list(.object(ObjectSchema([ruleName, matches, filters, backendRefs, timeouts, retry, sessionPersistence]))), "what is served")

    static let ruleName = Field("name", .string(), "the rule's name", .optional, .informative)
    static let matches = Field("matches", .list(.object(ObjectSchema([path, headers, queryParams, method]))), "requests that the rule serves; absent: all paths")
    static let filters = Field("filters", .list(.object(ObjectSchema([
        filterType, urlRewrite, extensionRef, requestHeaderModifier, responseHeaderModifier, requestRedirect, requestMirror, corsFilter, externalAuth,
    ]))), "what is done to a request or its answer")
    static let backendRefs = Field("backendRefs", .list(.object(ObjectSchema(ReferenceSchema.all + [weight, backendFilters]))), "where requests go")
    static let timeouts = Field("timeouts", .object(ObjectSchema([requestTimeout, backendTimeout])), "bounds of time, such as 10s or 1m30s; 0s: none")
    static let requestTimeout = Field("request", .string(length: 2...64, .duration), "from the request to the end of its answer")
    static let backendTimeout = Field("backendRequest", .string(length: 2...64, .duration), "for one attempt at a backend, to the head of its answer; at most request")
    static let retry = Field("retry", .anything, "repeats on the same backend", .optional, .notServed(.retry))
    static let sessionPersistence = Field("sessionPersistence", .anything, "cookies that bind to a backend", .optional, .notServed(.sessionPersistence))

    static let path = Field("path", .object(ObjectSchema([pathType, pathValue])), "absent: PathPrefix /")
    static let pathType = Field("type", .enumeration(["Exact", "PathPrefix", "RegularExpression"]), "how value is compared, default PathPrefix")
    static let pathValue = Field("value", .string(length: 1...1024), "behind the API's basePath, default /")
    static let headers = Field("headers", .list(.object(ObjectSchema([conditionType, headerName, conditionValue])), count: 0...16), "headers that a request must have")
    static let queryParams = Field("queryParams", .list(.object(ObjectSchema([conditionType, parameterName, conditionValue])), count: 0...16), "query parameters that a request must have")
    static let conditionType = Field("type", .enumeration(["Exact", "RegularExpression"]), "how value is compared, default Exact")
    static let headerName = Field("name", .string(length: 1...256, .headerName), "the header's name, in any case", .required)
    static let parameterName = Field("name", .string(length: 1...256), "the parameter's name, case matters", .required)
    static let conditionValue = Field("value", .string(length: 1...4096), "the whole value, or a regular expression for it", .required)
    static let method = Field("method", .enumeration(methods), "absent: every method")
    static let methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]

    /// The member that goes with each type of filter.
    static let filterMembers = [
        "URLRewrite": urlRewrite, "ExtensionRef": extensionRef, "RequestHeaderModifier": requestHeaderModifier,
        "ResponseHeaderModifier": responseHeaderModifier, "RequestRedirect": requestRedirect, "RequestMirror": requestMirror,
        "CORS": corsFilter, "ExternalAuth": externalAuth,
    ]
    static let filterType = Field("type", .enumeration([
        "URLRewrite", "ExtensionRef", "RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "RequestMirror", "CORS", "ExternalAuth",
    ]), "which of the other members it is", .required)
    static let urlRewrite = Field("urlRewrite", .object(ObjectSchema([rewriteHostname, rewritePath])), "the path that the backend sees")
    static let rewriteHostname = Field("hostname", .string(), "the host that the backend sees", .optional, .notServed(.hostRewrite))
    static let rewritePath = Field("path", .object(ObjectSchema([rewriteType, replaceFullPath, replacePrefixMatch])), "the path that the backend sees")
    static let rewriteType = Field("type", .enumeration(["ReplaceFullPath", "ReplacePrefixMatch"]), "how the path is made", .required)
    static let replaceFullPath = Field("replaceFullPath", .string(length: 0...1024), "the whole path behind the Backend's basePath")
    static let replacePrefixMatch = Field("replacePrefixMatch", .string(length: 0...1024), "instead of the matched prefix")
    static let extensionRef = Field("extensionRef", .object(ObjectSchema([ReferenceSchema.group, ReferenceSchema.kind, ReferenceSchema.name])), "APIPolicy, Authentication or RateLimitPolicy for this rule")
    static let requestHeaderModifier = Field("requestHeaderModifier", headerChanges, "changes to the request's headers")
    static let responseHeaderModifier = Field("responseHeaderModifier", headerChanges, "changes to the answer's headers")
    private static let headerChanges = ValueSchema.object(ObjectSchema([setHeaders, addHeaders, removeHeaders]))
    static let setHeaders = Field("set", headerValues, "headers with their one value")
    static let addHeaders = Field("add", headerValues, "values that are added to headers")
    static let removeHeaders = Field("remove", .list(.string(length: 1...256, .headerName), count: 0...16), "headers that are removed")
    private static let headerValues = ValueSchema.list(.object(ObjectSchema([headerName, headerValue])), count: 0...16)
    static let headerValue = Field("value", .string(length: 1...4096, .headerValue), "the header's value", .required)
    static let requestRedirect = Field("requestRedirect", .object(ObjectSchema([scheme, redirectHostname, redirectPath, redirectPort, statusCode])), "an answer that sends the client elsewhere")
    static let scheme = Field("scheme", .enumeration(["http", "https"]), "of the new address, default the request's")
    static let redirectHostname = Field("hostname", .string(length: 1...Limits.objectName), "of the new address, default the request's")
    static let redirectPath = Field("path", .object(ObjectSchema([rewriteType, replaceFullPath, replacePrefixMatch])), "of the new address, default the request's")
    static let redirectPort = Field("port", .integer(1...65_535), "of the new address, default the scheme's, or the request's")
    static let statusCode = Field("statusCode", .integer(301...308), "301, 302 (default), 303, 307 or 308")
    static let requestMirror = Field("requestMirror", .anything, "a copy of the request to another backend", .optional, .notServed(.mirror))
    static let corsFilter = Field("cors", .anything, "answers to browsers of other origins", .optional, .notServed(.cors))
    static let externalAuth = Field("externalAuth", .anything, "authentication by another service", .optional, .notServed(.authentication))

    static let weight = Field("weight", .integer(0...1_000_000), "share of the requests, default 1; 0: none")
    static let backendFilters = Field("filters", .anything, "filters for this backend alone", .optional, .notServed(.backendFilter))

    static let spec = Field("spec", .object(ObjectSchema([parentRefs, hostnames, rules])), "hosts and rules", .required)

    static let kind = KindSchema(.httpRoute, ["v1beta1", "v1"], "rules by which the requests of some hosts find their backends", members: [spec])
}

/// The members of a reference to another object.
enum ReferenceSchema {
    static let group = Field("group", .string(), "the API group of the object that is meant")
    static let kind = Field("kind", .string(length: 1...63), "the kind of the object that is meant")
    static let name = Field("name", .string(length: 1...Limits.objectName), "the name of the object that is meant", .required)
    static let namespace = Field("namespace", .string(length: 1...63), "its namespace, default the object's own")
    static let port = Field("port", .integer(1...65_535), "a port", .optional, .ignored("the port is the Backend's or listener's own"))
    static let all = [group, kind, name, namespace, port]
    static let targetRef = Field("targetRef", .object(ObjectSchema([group, targetKind, name, namespace])), "what the policy is for", .required)
    static let targetKind = Field("kind", .string(length: 1...63), "the kind of the object that is meant", .required)
}
