/// What a table says, in words: the content of `rtblc inspect`, as text or as JSON.
package struct TableReport: Encodable {
    package struct Section: Encodable {
        package var kind: Int
        /// nil: a kind that this version does not know.
        package var name: String?
        package var elements: Int
        package var elementBytes: Int
        package var bytes: Int
        package var offset: Int
    }

    /// As in `1.0`.
    package var format: String
    package var fileBytes: Int
    /// SHA-256 in hex: of the file, and of what bears on traffic.
    package var digest: String
    package var trafficDigest: String
    package var sections: [Section]
    package var apis: [API]
    package var backends: [Backend]
    package var shared: Shared?

    package struct API: Encodable {
        package var object: String
        package var name: String
        package var version: String
        package var basePath: String
        package var organization: String
        package var isOpen: Bool
        package var isDefaultVersion: Bool
        package var environments: [String]
        package var routes: [Route]
        package var pools: [Pool]
        package var position: String?
    }

    package struct Route: Encodable {
        package var environment: String
        package var host: String
        /// In the order of rtbl.h; empty: every method.
        package var methods: [String]
        /// `exact`, `prefix` or `regex`.
        package var match: String
        /// Of a regular expression: only the base path.
        package var path: String
        /// What follows the base path must match it; nil: no regular expression.
        package var pattern: String?
        package var headers: [IntermediateRepresentation.Condition]?
        package var queryParameters: [IntermediateRepresentation.Condition]?
        package var features: RuleFeatures?
        /// After the Backend's base path; `…` stands for what follows a prefix.
        package var upstreamPath: String
        /// Numbers in the table.
        package var modelPool: Int?
        package var backendPool: Int?
        package var position: String?
    }

    package struct Pool: Encodable {
        package var number: Int
        /// Identity in hex: what the dataplane's `/status` calls `id`.
        package var id: String
        package var kind: String
        package var environment: String
        package var owner: String
        package var options: Options
        package var provider: Provider?
        /// Target numbers within the pool.
        package var rotation: [Int]
        package var targets: [Target]
        package var position: String?
    }

    package struct Options: Encodable, Equatable {
        package var suspendSeconds: Int
        package var suspendOn: [String]
        package var failoverOn: [String]
        package var failoverAttempts: Int
        package var allSuspended: String
        package var retryAfter: String
        package var suspendFor: String
        package var clientModel: String
        package var missingModel: String
        package var sticky: IntermediateRepresentation.Sticky?
    }

    package struct Provider: Encodable {
        /// nil: the defaults.
        package var object: String?
        package var requestModel: String
        package var responseModel: String?
        package var promptTokens: String?
        package var completionTokens: String?
        package var totalTokens: String?
    }

    package struct Target: Encodable {
        package var id: String
        package var model: String?
        package var weight: Int
        /// Of the pool's picks, in percent.
        package var share: Double
        package var tier: Int
        package var backend: String
        package var upstream: String
        package var credential: String?
        package var position: String?
    }

    package struct Backend: Encodable {
        package var object: String
        package var upstream: String
        package var hostHeader: String
        package var credential: String?
        /// nil: the dataplane's default.
        package var connectTimeoutMillis: Int?
        package var responseTimeoutMillis: Int?
        package var streamTimeoutMillis: Int?
        package var features: BackendFeatures?
        package var position: String?
    }
}
