import CTable
import RoutingTable

/// What a report says of the features since format 1.1; a part that the table does not use is absent.
extension TableReport {
    /// What a rule asks for beside its path and its pools.
    package struct RuleFeatures: Encodable, Equatable {
        package var requestHeaders: [IntermediateRepresentation.HeaderOperation]?
        package var responseHeaders: [IntermediateRepresentation.HeaderOperation]?
        package var redirect: IntermediateRepresentation.Redirect?
        /// 0: never.
        package var requestTimeoutMillis: Int?
        package var backendRequestTimeoutMillis: Int?
        /// Numbers in the report's lists.
        package var cors: Int?
        package var authentication: Int?
        package var rateLimits: [Int]?

        /// nil: nothing.
        init?(of rule: rtbl_rule, _ table: RoutingTable) {
            guard let extras = table.extras(of: rule) else { return nil }
            requestHeaders = table.headerOperations(extras.requestHeaders).nilIfEmpty
            responseHeaders = table.headerOperations(extras.responseHeaders).nilIfEmpty
            redirect = extras.redirectIndex.map(table.redirect)
            requestTimeoutMillis = table.present(extras.request_timeout_millis)
            backendRequestTimeoutMillis = table.present(extras.backend_request_timeout_millis)
            cors = extras.corsIndex?.number
            authentication = extras.authenticationIndex?.number
            rateLimits = table.rateLimits(of: extras).nilIfEmpty
        }
    }

    package struct BackendFeatures: Encodable, Equatable {
        package var tls: IntermediateRepresentation.BackendTLS?
        package var retry: IntermediateRepresentation.Retry?
        package var circuitBreaker: IntermediateRepresentation.CircuitBreaker?
        package var healthCheck: IntermediateRepresentation.HealthCheck?
        /// Identity in hex.
        package var aiRateLimitID: String?
        package var aiRateLimit: IntermediateRepresentation.AIRateLimit?
        /// 0: never.
        package var requestIdleTimeoutMillis: Int?

        /// nil: nothing.
        init?(of backend: Index<rtbl_backend>, _ table: RoutingTable) {
            guard let extras = table.extras(of: backend) else { return nil }
            tls = extras.tlsIndex.map(table.tls)
            retry = extras.retryIndex.map(table.retry)
            circuitBreaker = extras.circuitBreakerIndex.map(table.circuitBreaker)
            healthCheck = extras.healthCheckIndex.map(table.healthCheck)
            aiRateLimitID = extras.aiRateLimitIndex.map { hex(table.features.aiRateLimits[$0].identity) }
            aiRateLimit = extras.aiRateLimitIndex.map(table.aiRateLimit)
            requestIdleTimeoutMillis = table.present(extras.request_idle_timeout_millis)
        }
    }

    package struct RateLimit: Encodable, Equatable {
        /// Identity in hex.
        package var id: String
        package var limit: IntermediateRepresentation.RateLimit
    }

    /// What rules refer to by number.
    package struct Shared: Encodable {
        package var authentications: [IntermediateRepresentation.Authentication]?
        package var tokenIssuers: [IntermediateRepresentation.TokenIssuer]?
        package var corsPolicies: [IntermediateRepresentation.CORS]?
        package var rateLimits: [RateLimit]?

        /// nil: the table has nothing of the kind.
        init?(_ table: RoutingTable) {
            let features = table.features
            authentications = features.authentications.indices.map(table.authentication).nilIfEmpty
            tokenIssuers = features.tokenIssuers.indices.map(table.tokenIssuer).nilIfEmpty
            corsPolicies = features.corsPolicies.indices.map { table.cors(Index(unchecked: UInt32($0))) }.nilIfEmpty
            rateLimits = features.rateLimits.indices.map { RateLimit(id: hex(features.rateLimits[$0].identity), limit: table.rateLimit($0)) }.nilIfEmpty
            if authentications == nil, tokenIssuers == nil, corsPolicies == nil, rateLimits == nil { return nil }
        }
    }
}

extension Array {
    var nilIfEmpty: Self? { isEmpty ? nil : self }
}
