/// What a rule may ask for beside its path and its pools: HTTPRoute matches and filters, cORSPolicy, RateLimitPolicy.
extension IntermediateRepresentation {
    /// A header or query parameter that a match demands (Gateway API HTTPHeaderMatch, HTTPQueryParamMatch).
    package struct Condition: Codable, Hashable, Sendable {
        /// Of a header in lower case; of a query parameter as it stands, decoded.
        package var name: String
        /// The whole value, or an expression in RE2's syntax that the whole value must match.
        package var value: String
        package var isRegularExpression: Bool
        package init(name: String, value: String, isRegularExpression: Bool = false) {
            (self.name, self.value, self.isRegularExpression) = (name, value, isRegularExpression)
        }
    }

    /// One step of a RequestHeaderModifier or ResponseHeaderModifier; they are done in the order of the list.
    package struct HeaderOperation: Codable, Hashable, Sendable {
        package enum Operation: String, Codable, Sendable { case set, add, remove }
        package var operation: Operation
        /// Lower case.
        package var name: String
        /// nil for `remove`.
        package var value: String?
        package init(_ operation: Operation, name: String, value: String? = nil) {
            (self.operation, self.name, self.value) = (operation, name, value)
        }
    }

    /// A RequestRedirect: what is nil stays as the request has it. The rule needs no pool.
    package struct Redirect: Codable, Hashable, Sendable {
        /// `http` or `https`.
        package var scheme: String?
        package var hostname: String?
        /// nil: the scheme's own where a scheme is given, else the request's.
        package var port: Int?
        package var path: Rewrite
        /// 301, 302, 303, 307 or 308.
        package var statusCode: Int
        package init(scheme: String? = nil, hostname: String? = nil, port: Int? = nil, path: Rewrite = .none, statusCode: Int = 302) {
            (self.scheme, self.hostname, self.port, self.path, self.statusCode) = (scheme, hostname, port, path, statusCode)
        }
    }

    /// HTTPRoute `timeouts`, in milliseconds; 0: never; nil: not limited by the rule.
    package struct Timeouts: Codable, Hashable, Sendable {
        package var requestMillis: Int?
        package var backendRequestMillis: Int?
        package init(requestMillis: Int? = nil, backendRequestMillis: Int? = nil) {
            (self.requestMillis, self.backendRequestMillis) = (requestMillis, backendRequestMillis)
        }
    }

    /// An APIPolicy's `cORSPolicy` that is enabled; one that is not enabled is none.
    package struct CORS: Codable, Hashable, Sendable {
        package var allowsCredentials: Bool
        /// As browsers send them, or `*`.
        package var origins: [String]
        package var methods: [String]
        package var headers: [String]
        package var exposedHeaders: [String]
        package var maxAgeSeconds: Int?
        package init(
            allowsCredentials: Bool = false, origins: [String], methods: [String] = [], headers: [String] = [],
            exposedHeaders: [String] = [], maxAgeSeconds: Int? = nil
        ) {
            (self.allowsCredentials, self.origins, self.methods) = (allowsCredentials, origins, methods)
            (self.headers, self.exposedHeaders, self.maxAgeSeconds) = (headers, exposedHeaders, maxAgeSeconds)
        }
    }

    /// The length of a fixed window.
    package enum Window: String, Codable, Sendable { case minute, hour, day }

    /// One limit of a RateLimitPolicy.
    package struct RateLimit: Codable, Hashable, Sendable {
        /// What shares a counter: all rules of an environment of an API, one rule, or all requests with the key.
        package enum Scope: String, Codable, Sendable { case api, resource, custom }
        /// The RateLimitPolicy.
        package var object: Reference
        package var scope: Scope
        package var requests: Int
        package var unit: Window
        /// Of `custom`: the key, its value (nil: any, each counted apart), the organization.
        package var key: String?
        package var value: String?
        package var organization: String?
        package init(
            object: Reference, scope: Scope, requests: Int, unit: Window, key: String? = nil, value: String? = nil, organization: String? = nil
        ) {
            (self.object, self.scope, self.requests, self.unit) = (object, scope, requests, unit)
            (self.key, self.value, self.organization) = (key, value, organization)
        }
    }
}
