extension Backend {
    /// What few Backends have; a class, so that the others pay a word for it.
    package final class Details: Sendable {
        package struct Retry: Sendable {
            package let count: Int
            package let baseIntervalMillis: Int
            package let statusCodes: [Int]
            package let place: Place
        }

        package struct CircuitBreaker: Sendable {
            package let maxConnections: Int
            package let maxPendingRequests: Int
            package let maxRequests: Int
            package let maxRetries: Int
            package let maxConnectionPools: Int?
        }

        /// Seconds; counts.
        package struct HealthCheck: Sendable {
            package let timeout: Int
            package let interval: Int
            package let unhealthyThreshold: Int
            package let healthyThreshold: Int
        }

        package let certificate: CertificateText?
        package let tlsPlace: Place?
        package let allowedSANs: [Located<String>]
        package let retry: Retry?
        package let circuitBreaker: CircuitBreaker?
        package let healthCheck: HealthCheck?

        /// nil: the Backend has none of it.
        init?(_ spec: ObjectReader) {
            certificate = CertificateText(spec, BackendSchema.tls)
            tlsPlace = spec.keyPlace(BackendSchema.tls)
            allowedSANs = spec.object(BackendSchema.tls)?.strings(BackendSchema.allowedSANs) ?? []
            retry = spec.object(BackendSchema.retry).map(Retry.init)
            circuitBreaker = spec.object(BackendSchema.circuitBreaker).map(CircuitBreaker.init)
            healthCheck = spec.object(BackendSchema.healthCheck).map(HealthCheck.init)
            if tlsPlace == nil, retry == nil, circuitBreaker == nil, healthCheck == nil { return nil }
        }
    }
}

extension Backend.Details.Retry {
    init(_ reader: ObjectReader) {
        self.init(count: reader.integer(BackendSchema.retryCount)?.value ?? 1, baseIntervalMillis: reader.integer(BackendSchema.baseIntervalMillis)?.value ?? 25,
                  statusCodes: reader.integers(BackendSchema.statusCodes) ?? [], place: reader.place)
    }
}

extension Backend.Details.CircuitBreaker {
    init(_ reader: ObjectReader) {
        self.init(maxConnections: reader.integer(BackendSchema.maxConnections)?.value ?? 1024,
                  maxPendingRequests: reader.integer(BackendSchema.maxPendingRequests)?.value ?? 1024,
                  maxRequests: reader.integer(BackendSchema.maxRequests)?.value ?? 1024, maxRetries: reader.integer(BackendSchema.maxRetries)?.value ?? 3,
                  maxConnectionPools: reader.integer(BackendSchema.maxConnectionPools)?.value)
    }
}

extension Backend.Details.HealthCheck {
    init(_ reader: ObjectReader) {
        self.init(timeout: reader.integer(BackendSchema.healthTimeout)?.value ?? 1, interval: reader.integer(BackendSchema.healthInterval)?.value ?? 30,
                  unhealthyThreshold: reader.integer(BackendSchema.unhealthyThreshold)?.value ?? 2,
                  healthyThreshold: reader.integer(BackendSchema.healthyThreshold)?.value ?? 2)
    }
}
