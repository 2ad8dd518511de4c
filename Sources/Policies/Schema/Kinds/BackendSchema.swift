/// dp.wso2.com Backend.
enum BackendSchema {
    static let services = Field("services", .list(.object(ObjectSchema([host, port]))), "exactly one host and port", .required)
    static let host = Field("host", .string(length: 1...Limits.objectName), "a DNS name or an address", .required)
    static let port = Field("port", .integer(1...65_535), "a TCP port", .required)
    static let basePath = Field("basePath", .string(length: 0...1024), "what every upstream path begins with")
    static let protocolName = Field("protocol", .enumeration(["http", "https", "ws", "wss"]), "http (default) or https")

    static let tls = Field("tls", .anything, "trust anchors and names of the server's certificate", .optional, .notServed(.backendTLS))
    static let retry = Field("retry", .anything, "repeats on this Backend", .optional, .notServed(.retry))
    static let circuitBreaker = Field("circuitBreaker", .anything, "limits of connections and requests", .optional, .notServed(.circuitBreaker))
    static let healthCheck = Field("healthCheck", .anything, "requests that find out whether the Backend lives", .optional, .notServed(.healthCheck))

    static let timeout = Field("timeout", .object(ObjectSchema([upstreamResponseTimeout, downstreamRequestIdleTimeout])), "seconds")
    static let upstreamResponseTimeout = Field("upstreamResponseTimeout", .integer(1...Limits.timeoutSeconds), "seconds to the head of an answer, default 600")
    static let downstreamRequestIdleTimeout = Field("downstreamRequestIdleTimeout", .integer(0...Limits.seconds), "seconds of silence on a client's connection", .optional,
        .ignored("clients' connections have the dataplane's --idle-timeout and --body-timeout"))

    static let security = Field("security", .object(ObjectSchema([apiKey, basic])), "the credential that the Backend wants")
    static let apiKey = Field("apiKey", .object(ObjectSchema([keyIn, keyName, valueFrom])), "a key in a header or query parameter")
    static let keyIn = Field("in", .enumeration(["Header", "Query"]), "Header or Query", .required)
    static let keyName = Field("name", .string(length: 1...256), "of the header or query parameter", .required)
    static let valueFrom = Field("valueFrom", .object(ObjectSchema([ReferenceSchema.name, valueKey])), "the Secret that holds the key", .required)
    static let valueKey = Field("valueKey", .string(length: 1...Limits.objectName, .dataKey), "key in the Secret", .required)
    static let basic = Field("basic", .object(ObjectSchema([secretRef])), "user name and password")
    static let secretRef = Field("secretRef", .object(ObjectSchema([ReferenceSchema.name, usernameKey, passwordKey])), "the Secret that holds them", .required)
    static let usernameKey = Field("usernameKey", .string(length: 1...Limits.objectName, .dataKey), "key of the user name in the Secret", .required)
    static let passwordKey = Field("passwordKey", .string(length: 1...Limits.objectName, .dataKey), "key of the password in the Secret", .required)

    static let spec = Field("spec", .object(ObjectSchema([
        services, basePath, protocolName, security, timeout, tls, retry, circuitBreaker, healthCheck,
    ])), "address and credential", .required)

    static let kind = KindSchema(.backend, ["v1alpha1", "v1alpha2"], "one service that requests are sent to", members: [spec])
}
