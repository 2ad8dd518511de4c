/// What the compiler knows once every reference is resolved and every precedence decided: the input of the
/// emitter, complete enough to emit the table from its JSON alone (`rtblc compile --ir FILE`).
///
/// The order of every list is the order in the table: APIs by namespace and name; rules in document order;
/// targets as the policy lists them. Paths are normalised and whole (base path included).
package struct IntermediateRepresentation: Codable, Equatable, Sendable {
    /// Raised whenever a field changes its meaning or disappears.
    package static let currentVersion = 1

    package var version = Self.currentVersion
    package var apis: [API] = []
    /// Every Backend that a target uses, by namespace and name.
    package var backends: [Backend] = []
    /// What rules refer to by index, each once, in order of first use.
    @OmittedWhenEmpty package var authentications: [Authentication] = []
    @OmittedWhenEmpty package var tokenIssuers: [TokenIssuer] = []
    @OmittedWhenEmpty package var corsPolicies: [CORS] = []
    @OmittedWhenEmpty package var rateLimits: [RateLimit] = []

    package init() {}

    /// Where something was written: a file relative to the PATH argument, a line from 1.
    package struct Position: Codable, Hashable, Sendable {
        package var file: String
        package var line: Int
        package init(file: String, line: Int) { (self.file, self.line) = (file, line) }
    }

    /// An object's namespace and name.
    package struct Reference: Codable, Hashable, Sendable, Comparable {
        package var namespace: String
        package var name: String
        package init(namespace: String, name: String) { (self.namespace, self.name) = (namespace, name) }
        package static func < (a: Self, b: Self) -> Bool { (a.namespace, a.name) < (b.namespace, b.name) }
    }

    package enum Environment: String, Codable, Sendable { case production, sandbox }

    package struct API: Codable, Equatable, Sendable {
        package var object: Reference
        package var apiName: String
        package var apiVersion: String
        package var basePath: String
        package var organization: String
        package var isDefaultVersion: Bool
        /// Asks for no authentication.
        package var isOpen: Bool
        package var environments: [Environment]
        package var pools: [Pool]
        package var rules: [Rule]
        package var position: Position?
    }

    package struct Rule: Codable, Equatable, Sendable {
        package var environment: Environment
        package var route: Reference
        /// Of the rule in its HTTPRoute, from 0.
        package var index: Int
        /// Lower case; `*.example.com` is a wildcard.
        package var hosts: [String]
        package var matches: [Match]
        package var rewrite: Rewrite
        /// Index into the API's `pools`; nil: no rotation of models.
        package var modelPool: Int?
        /// Index into the API's `pools`: the rule's own backendRefs; nil: it has none.
        package var backendPool: Int?
        package var position: Position?
        @OmittedWhenEmpty package var requestHeaders: [HeaderOperation] = []
        @OmittedWhenEmpty package var responseHeaders: [HeaderOperation] = []
        @Boxed package var redirect: Redirect? = nil
        @Boxed package var timeouts: Timeouts? = nil
        /// Index into the top level's `corsPolicies`; nil: none.
        package var cors: Int?
        /// Index into the top level's `authentications`; nil: open.
        package var authentication: Int?
        /// Indexes into the top level's `rateLimits`; all of them apply.
        @OmittedWhenEmpty package var rateLimits: [Int] = []
    }

    package struct Match: Codable, Equatable, Sendable {
        package enum PathType: String, Codable, Sendable { case exact, prefix, regularExpression }
        package var type: PathType
        /// The API's base path (without the version segment, where a default version is served so).
        package var basePath: String
        /// Base path and match value joined, normalised, without a trailing `/`. Of a regular expression: the base
        /// path joined with the whole segments that every match of the expression begins with.
        package var path: String
        /// nil: every method.
        package var method: String?
        /// RE2 syntax, where `type` is `regularExpression`, else nil: what follows the base path must match the whole
        /// of it, a trailing `/` forgiven.
        package var pattern: String?
        /// All must hold; of several with one name only the first is kept (Gateway API).
        @OmittedWhenEmpty package var headers: [Condition] = []
        @OmittedWhenEmpty package var queryParameters: [Condition] = []
    }

    package enum Rewrite: Codable, Hashable, Sendable {
        case none
        /// `\1` to `\9` stand for the groups of the match's regular expression.
        case replaceFullPath(String)
        case replacePrefixMatch(String)
    }

    package struct Pool: Codable, Equatable, Sendable {
        package enum Kind: String, Codable, Sendable { case models, backends }
        package enum OwnerKind: String, Codable, Sendable { case apiPolicy = "APIPolicy", httpRoute = "HTTPRoute" }
        package var kind: Kind
        package var environment: Environment
        package var ownerKind: OwnerKind
        package var owner: Reference
        /// Of the rule whose backendRefs these are; nil in a pool of models.
        package var ruleIndex: Int?
        package var targets: [Target]
        package var options: Options
        /// nil in a pool of backends.
        @Boxed package var provider: Provider?
        package var position: Position?
    }

    package struct Target: Codable, Equatable, Sendable {
        /// nil in a pool of backends.
        package var model: String?
        package var backend: Reference
        /// As the CR says, at least 1; the emitter divides by the greatest common divisor.
        package var weight: Int
        package var tier: Int
        package var position: Position?
    }

    /// What a pool does about quotas and failures; the defaults are those of the `rtbl/…` annotations.
    package struct Options: Codable, Hashable, Sendable {
        package enum AllSuspended: String, Codable, Sendable { case reject, leastRemaining = "least-remaining", passthrough }
        package enum RetryAfter: String, Codable, Sendable { case extend, ignore }
        package enum SuspendFor: String, Codable, Sendable { case policy, reset }
        package enum ClientModel: String, Codable, Sendable { case ignore, honour }
        package enum MissingModel: String, Codable, Sendable { case insert, pass, reject }

        /// `onQuotaExceedSuspendDuration`; 0: never suspended.
        package var suspendSeconds = 0
        package var failoverAttempts = 3
        /// Of `408 429 500 502 503 504 529 connect timeout`.
        package var failoverOn = ["429", "503", "529", "connect"]
        /// Of the same and `remaining`.
        package var suspendOn = ["429", "remaining"]
        package var allSuspended = AllSuspended.reject
        package var retryAfter = RetryAfter.extend
        package var suspendFor = SuspendFor.policy
        package var clientModel = ClientModel.ignore
        package var missingModel = MissingModel.insert
        /// nil: off.
        package var sticky: Sticky?
        package init() {}
    }

    package struct Provider: Codable, Hashable, Sendable {
        /// nil: no AIProvider, the defaults.
        package var object: Reference?
        package var requestModel: Field
        package var responseModel: Field?
        package var promptTokens: Field?
        package var completionTokens: Field?
        package var totalTokens: Field?
    }

    package enum Field: Codable, Hashable, Sendable {
        /// Object keys from the root: `$.usage.total_tokens` is `["usage", "total_tokens"]`.
        case body([String])
        case header(String)
    }

    package struct Backend: Codable, Equatable, Sendable {
        package enum Scheme: String, Codable, Sendable { case http, https }
        package var object: Reference
        package var scheme: Scheme
        package var host: String
        package var port: Int
        /// Starts with `/` or is empty, never ends with `/`.
        package var basePath: String
        package var credential: Credential?
        package var settings: BackendSettings
        package var position: Position?
        @Boxed package var tls: BackendTLS? = nil
        @Boxed package var retry: Retry? = nil
        @Boxed package var circuitBreaker: CircuitBreaker? = nil
        @Boxed package var healthCheck: HealthCheck? = nil
        @Boxed package var aiRateLimit: AIRateLimit? = nil
        /// `timeout.downstreamRequestIdleTimeout`; 0: never; nil: the dataplane's default.
        package var requestIdleTimeoutMillis: Int?
    }

    /// Where a secret value is found at run time; never the value.
    package struct Credential: Codable, Hashable, Sendable {
        package enum Kind: String, Codable, Sendable { case header, query, basic }
        package var kind: Kind
        package var secret: Reference
        /// Of the header or the query parameter; `authorization` for basic.
        package var name: String
        package var key: String
        /// For basic: the key of the password (`key` is that of the user name).
        package var passwordKey: String?
    }

    /// Milliseconds; nil: the dataplane's default.
    package struct BackendSettings: Codable, Hashable, Sendable {
        package var connectTimeoutMillis: Int?
        package var responseTimeoutMillis: Int?
        package var streamTimeoutMillis: Int?
    }
}
