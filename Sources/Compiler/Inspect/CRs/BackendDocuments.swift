import CTable
import RoutingTable

extension TableObjects {
    /// Backend: those that a target uses.
    var backendDocuments: [YAMLText] { table.backends.indices.map { document(table.backends[$0], TableReport.BackendFeatures(of: Index(unchecked: UInt32($0)), table)) } }

    private func document(_ backend: rtbl_backend, _ features: TableReport.BackendFeatures?) -> YAMLText {
        let settings = table.backendSettings[backend.settingsIndex]
        let base = table.text(backend.base_path)
        return Self.object("dp.wso2.com/v1alpha2", "Backend", table.name(backend), spec: [
            ("services", .list([.map([("host", .string(table.text(backend.host))), ("port", .number(Int(backend.port)))])])),
            ("protocol", .string(Int(backend.scheme) == RTBL_SCHEME_HTTPS ? "https" : "http")), ("basePath", base.isEmpty ? nil : .string(base)),
            ("security", backend.credentialIndex.map { security(table.credentials[$0]) }),
            ("timeout", timeout(Int(settings.response_timeout_millis), features?.requestIdleTimeoutMillis)),
            ("tls", features?.tls.map { tls in
                .map([("certificateInline", tls.certificates.map { .string($0) }), ("secretRef", tls.certificateSecret.map(Self.reference)), ("allowedSANs", tls.allowedSANs.isEmpty ? nil : .list(tls.allowedSANs.map { .string($0) }))])
            }),
            ("retry", features?.retry.map { retry in
                .map([
                    ("count", .number(retry.count)), ("baseIntervalMillis", .number(retry.baseIntervalMillis)), ("statusCodes", .list(retry.statusCodes.map { .number($0) })),
                ])
            }),
            ("circuitBreaker", features?.circuitBreaker.map { breaker in
                .map([
                    ("maxConnections", .number(breaker.maxConnections)), ("maxPendingRequests", .number(breaker.maxPendingRequests)),
                    ("maxRequests", .number(breaker.maxRequests)), ("maxRetries", .number(breaker.maxRetries)),
                    ("maxConnectionPools", breaker.maxConnectionPools.map { .number($0) }),
                ])
            }),
            ("healthCheck", features?.healthCheck.map { check in
                .map([
                    ("timeout", .number(check.timeoutSeconds)), ("interval", .number(check.intervalSeconds)),
                    ("unhealthyThreshold", .number(check.unhealthyThreshold)), ("healthyThreshold", .number(check.healthyThreshold)),
                ])
            }),
        ])
    }

    /// A certificate in a Secret of the object's namespace.
    static func reference(_ text: IntermediateRepresentation.SecretText) -> YAMLText {
        .map([("name", .string(text.secret.name)), ("key", .string(text.key))])
    }

    /// Both come from whole seconds.
    private func timeout(_ responseMillis: Int, _ idleMillis: Int?) -> YAMLText? {
        guard responseMillis > 0 || idleMillis != nil else { return nil }
        return .map([
            ("upstreamResponseTimeout", responseMillis > 0 ? .number(responseMillis / 1000) : nil), ("downstreamRequestIdleTimeout", idleMillis.map { .number($0 / 1000) }),
        ])
    }

    private func security(_ credential: rtbl_credential) -> YAMLText {
        let secret = YAMLText.string(table.text(credential.secret_name)), key = YAMLText.string(table.text(credential.key))
        if Int(credential.kind) == RTBL_CREDENTIAL_BASIC {
            return .map([("basic", .map([("secretRef", .map([
                ("name", secret), ("usernameKey", key), ("passwordKey", .string(table.text(credential.password_key))),
            ]))]))])
        }
        return .map([("apiKey", .map([
            ("in", .string(Int(credential.kind) == RTBL_CREDENTIAL_HEADER ? "Header" : "Query")), ("name", .string(table.text(credential.name))),
            ("valueFrom", .map([("name", secret), ("valueKey", key)])),
        ]))])
    }

    /// ReferenceGrant: one in each namespace that others refer into.
    var grantDocuments: [YAMLText] {
        struct Source: Hashable, Comparable {
            let group: String, kind: String, namespace: String
            static func < (a: Self, b: Self) -> Bool { (a.kind, a.namespace) < (b.kind, b.namespace) }
        }
        var sources: [String: Set<Source>] = [:]
        for number in table.pools.indices {
            let pool = table.pools[number]
            let isModels = Int(pool.kind) == RTBL_POOL_MODELS, owner = table.owner(pool)
            for target in 0..<table.targetCount(of: pool) {
                let backend = table.name(table.backends[table.targets[pool.target(target)].backendIndex])
                guard backend.namespace != owner.namespace else { continue }
                let group = isModels ? "dp.wso2.com" : "gateway.networking.k8s.io"
                sources[backend.namespace, default: []].insert(Source(group: group, kind: isModels ? "APIPolicy" : "HTTPRoute", namespace: owner.namespace))
            }
        }
        return sources.sorted { $0.key < $1.key }.map { namespace, sources in
            Self.object("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", ObjectName(namespace: namespace, name: "to-backends"), spec: [
                ("from", .list(sources.sorted().map { .map([("group", .string($0.group)), ("kind", .string($0.kind)), ("namespace", .string($0.namespace))]) })),
                ("to", .list([.map([("group", .string("dp.wso2.com")), ("kind", .string("Backend"))])])),
            ])
        }
    }
}
