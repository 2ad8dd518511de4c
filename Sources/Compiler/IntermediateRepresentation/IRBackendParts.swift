/// What a Backend may ask for beside its address, credential and timeouts; and where a pool's stickiness comes from.
extension IntermediateRepresentation {
    /// `tls`: how the Backend's certificate is verified.
    package struct BackendTLS: Codable, Hashable, Sendable {
        /// PEM, the authorities that may have issued it; nil: the system's.
        package var certificates: String?
        /// Where they are found instead.
        package var certificateSecret: SecretText?
        /// Of which the certificate must have one; empty: the Backend's host.
        @OmittedWhenEmpty package var allowedSANs: [String]
        package init(certificates: String? = nil, certificateSecret: SecretText? = nil, allowedSANs: [String] = []) {
            (self.certificates, self.certificateSecret, self.allowedSANs) = (certificates, certificateSecret, allowedSANs)
        }
    }

    /// `retry`: repeats on the same Backend.
    package struct Retry: Codable, Hashable, Sendable {
        package var count: Int
        package var baseIntervalMillis: Int
        /// Of 401 to 598, ascending.
        package var statusCodes: [Int]
        package init(count: Int = 1, baseIntervalMillis: Int = 25, statusCodes: [Int]) {
            (self.count, self.baseIntervalMillis, self.statusCodes) = (count, baseIntervalMillis, statusCodes)
        }
    }

    /// `circuitBreaker`.
    package struct CircuitBreaker: Codable, Hashable, Sendable {
        package var maxConnections: Int
        package var maxPendingRequests: Int
        package var maxRequests: Int
        package var maxRetries: Int
        /// nil: no limit.
        package var maxConnectionPools: Int?
        package init(
            maxConnections: Int = 1024, maxPendingRequests: Int = 1024, maxRequests: Int = 1024, maxRetries: Int = 3,
            maxConnectionPools: Int? = nil
        ) {
            (self.maxConnections, self.maxPendingRequests) = (maxConnections, maxPendingRequests)
            (self.maxRequests, self.maxRetries, self.maxConnectionPools) = (maxRequests, maxRetries, maxConnectionPools)
        }
    }

    /// `healthCheck`.
    package struct HealthCheck: Codable, Hashable, Sendable {
        package var timeoutSeconds: Int
        package var intervalSeconds: Int
        package var unhealthyThreshold: Int
        package var healthyThreshold: Int
        package init(timeoutSeconds: Int = 1, intervalSeconds: Int = 30, unhealthyThreshold: Int = 2, healthyThreshold: Int = 2) {
            (self.timeoutSeconds, self.intervalSeconds) = (timeoutSeconds, intervalSeconds)
            (self.unhealthyThreshold, self.healthyThreshold) = (unhealthyThreshold, healthyThreshold)
        }
    }

    /// The AIRateLimitPolicy of a Backend.
    package struct AIRateLimit: Codable, Hashable, Sendable {
        package struct Tokens: Codable, Hashable, Sendable {
            package var unit: Window
            /// nil: no limit; at least one of the three is there.
            package var prompt: Int?
            package var completion: Int?
            package var total: Int?
            package init(unit: Window, prompt: Int? = nil, completion: Int? = nil, total: Int? = nil) {
                (self.unit, self.prompt, self.completion, self.total) = (unit, prompt, completion, total)
            }
        }

        package struct Requests: Codable, Hashable, Sendable {
            package var unit: Window
            package var limit: Int
            package init(unit: Window, limit: Int) { (self.unit, self.limit) = (unit, limit) }
        }

        /// The AIRateLimitPolicy.
        package var object: Reference
        package var organization: String?
        package var tokens: Tokens?
        package var requests: Requests?
        package init(object: Reference, organization: String? = nil, tokens: Tokens? = nil, requests: Requests? = nil) {
            (self.object, self.organization, self.tokens, self.requests) = (object, organization, tokens, requests)
        }
    }

    /// `rtbl/sticky`: requests with the same value go to the same target.
    package enum Sticky: Codable, Hashable, Sendable {
        /// Lower case.
        case header(String)
        /// Of the token that the caller was let in with.
        case claim(String)
    }
}

extension IntermediateRepresentation.Sticky {
    private enum Keys: String, CodingKey { case header, claim }

    package func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: Keys.self)
        switch self {
        case .header(let name): try object.encode(name, forKey: .header)
        case .claim(let name): try object.encode(name, forKey: .claim)
        }
    }

    package init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: Keys.self)
        if let name = try object.decodeIfPresent(String.self, forKey: .header) {
            self = .header(name)
        } else {
            self = .claim(try object.decode(String.self, forKey: .claim))
        }
    }
}
