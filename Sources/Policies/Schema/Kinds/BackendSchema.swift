/// dp.wso2.com Backend.
enum BackendSchema {
    static let services = Field("services", .list(.object(ObjectSchema([host, port]))), "exactly one host and port", .required)
    static let host = Field("host", .string(length: 1...Limits.objectName), "a DNS name or an address", .required)
    static let port = Field("port", .integer(1...65_535), "a TCP port", .required)
    static let basePath = Field("basePath", .string(length: 0...1024), "what every upstream path begins with")
    static let protocolName = Field("protocol", .enumeration(["http", "https", "ws", "wss"]), "http (default) or https")

    static let tls = Field("tls", .object(ObjectSchema(CertificateSchema.all + [allowedSANs])), "whom to trust, with protocol https; absent: the system's authorities")
    static let allowedSANs = Field("allowedSANs", .list(.string(length: 1...Limits.objectName)), "names of which the server's certificate must have one; absent: the service's host")

    static let retry = Field("retry", .object(ObjectSchema([retryCount, baseIntervalMillis, statusCodes])), "repeats on this Backend")
    static let retryCount = Field("count", .integer(0...Limits.count), "how many, default 1")
    static let baseIntervalMillis = Field("baseIntervalMillis", .integer(1...Limits.timeoutSeconds), "milliseconds before the first repeat, doubled for each further one, default 25")
    static let statusCodes = Field("statusCodes", .list(.integer(401...598)), "the statuses after which a request is repeated")

    static let circuitBreaker = Field("circuitBreaker", .object(ObjectSchema([maxConnections, maxPendingRequests, maxRequests, maxRetries, maxConnectionPools])), "what is beyond it counts as not reached")
    static let maxConnections = Field("maxConnections", .integer(1...Limits.count), "connections at one time, default 1024")
    static let maxPendingRequests = Field("maxPendingRequests", .integer(0...Limits.count), "requests that wait for a connection, default 1024")
    static let maxRequests = Field("maxRequests", .integer(1...Limits.count), "requests at one time, default 1024")
    static let maxRetries = Field("maxRetries", .integer(0...Limits.count), "repeats at one time, default 3")
    static let maxConnectionPools = Field("maxConnectionPools", .integer(1...Limits.count), "pools of connections; absent: no limit")

    static let healthCheck = Field("healthCheck", .object(ObjectSchema([healthTimeout, healthInterval, unhealthyThreshold, healthyThreshold])), "connections that find out whether the Backend lives")
    static let healthTimeout = Field("timeout", .integer(1...Limits.timeoutSeconds), "seconds that one takes at most, default 1")
    static let healthInterval = Field("interval", .integer(1...Limits.timeoutSeconds), "seconds between two, default 30")
    static let unhealthyThreshold = Field("unhealthyThreshold", .integer(1...Limits.count), "failures in a row that make the Backend unhealthy, default 2")
    static let healthyThreshold = Field("healthyThreshold", .integer(1...Limits.count), "successes in a row that make it healthy again, default 2")

    static let timeout = Field("timeout", .object(ObjectSchema([upstreamResponseTimeout, downstreamRequestIdleTimeout])), "seconds")
    static let upstreamResponseTimeout = Field("upstreamResponseTimeout", .integer(1...Limits.timeoutSeconds), "seconds to the head of an answer, default 600")
    static let downstreamRequestIdleTimeout = Field("downstreamRequestIdleTimeout", .integer(0...Limits.timeoutSeconds), "seconds that a client may pause within a request, default 300; 0: for ever")

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
