import CTable

/// The sections since format 1.1, each of them absent from a table where it would be empty: what most tables do
/// without. A view, as `RoutingTable` is.
@usableFromInline
package struct FeatureSections: Sendable {
    package let conditionSets: Records<rtbl_condition_set>
    package let conditions: Records<rtbl_condition>
    package let ruleExtras: Records<rtbl_rule_extras>
    package let headerOperations: Records<rtbl_header_operation>
    package let redirects: Records<rtbl_redirect>
    package let corsPolicies: Records<rtbl_cors>
    package let authentications: Records<rtbl_authentication>
    package let authenticationSchemes: Records<rtbl_authentication_scheme>
    package let tokenIssuers: Records<rtbl_token_issuer>
    package let rateLimits: Records<rtbl_rate_limit>
    package let backendExtras: Records<rtbl_backend_extras>
    package let backendTLS: Records<rtbl_backend_tls>
    package let retries: Records<rtbl_retry>
    package let circuitBreakers: Records<rtbl_circuit_breaker>
    package let healthChecks: Records<rtbl_health_check>
    package let aiRateLimits: Records<rtbl_ai_rate_limit>
    package let poolExtras: Records<rtbl_pool_extras>
    package let numberLists: Records<UInt32>
    package let blobs: Records<rtbl_blob>
    let blobData: Bytes
    package let secretTexts: Records<rtbl_secret_text>

    init(_ directory: SectionDirectory) throws(TableFault) {
        conditionSets = try directory.optionalRecords(RTBL_SECTION_CONDITION_SETS)
        conditions = try directory.optionalRecords(RTBL_SECTION_CONDITIONS)
        ruleExtras = try directory.optionalRecords(RTBL_SECTION_RULE_EXTRAS)
        headerOperations = try directory.optionalRecords(RTBL_SECTION_HEADER_OPERATIONS)
        redirects = try directory.optionalRecords(RTBL_SECTION_REDIRECTS)
        corsPolicies = try directory.optionalRecords(RTBL_SECTION_CORS)
        authentications = try directory.optionalRecords(RTBL_SECTION_AUTHENTICATIONS)
        authenticationSchemes = try directory.optionalRecords(RTBL_SECTION_AUTHENTICATION_SCHEMES)
        tokenIssuers = try directory.optionalRecords(RTBL_SECTION_TOKEN_ISSUERS)
        rateLimits = try directory.optionalRecords(RTBL_SECTION_RATE_LIMITS)
        backendExtras = try directory.optionalRecords(RTBL_SECTION_BACKEND_EXTRAS)
        backendTLS = try directory.optionalRecords(RTBL_SECTION_BACKEND_TLS)
        retries = try directory.optionalRecords(RTBL_SECTION_RETRIES)
        circuitBreakers = try directory.optionalRecords(RTBL_SECTION_CIRCUIT_BREAKERS)
        healthChecks = try directory.optionalRecords(RTBL_SECTION_HEALTH_CHECKS)
        aiRateLimits = try directory.optionalRecords(RTBL_SECTION_AI_RATE_LIMITS)
        poolExtras = try directory.optionalRecords(RTBL_SECTION_POOL_EXTRAS)
        numberLists = try directory.optionalRecords(RTBL_SECTION_NUMBER_LISTS)
        blobs = try directory.optionalRecords(RTBL_SECTION_BLOBS)
        blobData = try directory.optionalBytes(RTBL_SECTION_BLOB_DATA)
        secretTexts = try directory.optionalRecords(RTBL_SECTION_SECRET_TEXTS)
    }
}

// MARK: - From records to records

extension RoutingTable {
    /// What `rule` asks for that most rules do not; nil: nothing.
    package func extras(of rule: rtbl_rule) -> rtbl_rule_extras? {
        hasExtras(rule) ? features.ruleExtras[Int(rule.extras)] : nil
    }

    package func hasExtras(_ rule: rtbl_rule) -> Bool { rule.extras != RTBL_NONE }

    /// What the backend asks for that most do not; nil: nothing. The cost is the logarithm of how many do.
    package func extras(of backend: Index<rtbl_backend>) -> rtbl_backend_extras? {
        let extras = features.backendExtras
        let number = extras.firstIndex { $0.backend >= backend.raw }
        return number < extras.count && extras[number].backend == backend.raw ? extras[number] : nil
    }

    /// What the pool asks for that most do not; nil: nothing. The cost is the logarithm of how many do.
    package func extras(of pool: Index<rtbl_pool>) -> rtbl_pool_extras? {
        let extras = features.poolExtras
        let number = extras.firstIndex { $0.pool >= pool.raw }
        return number < extras.count && extras[number].pool == pool.raw ? extras[number] : nil
    }

    /// A long text, without what is in Secrets; nil for `RTBL_NONE`. Empty: all of it is in Secrets.
    package func blob(_ raw: UInt32) -> Bytes? {
        guard raw != RTBL_NONE else { return nil }
        let blob = features.blobs[Int(raw)]
        guard blob.bytes > 0 else { return self.blob(features.secretTexts[Int(blob.first)].rest) ?? features.blobData[0..<0] }
        return features.blobData[Int(blob.first)..<Int(blob.first) + Int(blob.bytes)]
    }

    /// The parts of a long text that are in Secrets, first to last.
    package func secretTexts(_ raw: UInt32) -> [rtbl_secret_text] {
        var found: [rtbl_secret_text] = []
        var next = raw
        while next != RTBL_NONE, features.blobs[Int(next)].bytes == 0 {
            let text = features.secretTexts[Int(features.blobs[Int(next)].first)]
            found.append(text)
            next = text.rest
        }
        return found
    }

    package func string(_ number: Int, of list: rtbl_strings) -> Bytes {
        precondition(number < Int(list.count))
        return string(stringLists[Int(list.first) + number])
    }
}

extension rtbl_route {
    /// nil: nothing beside path and method.
    @inlinable package var conditionsIndex: Index<rtbl_condition_set>? { Index(present: conditions) }
}

extension rtbl_condition_set {
    package var headers: Range<Int> { Int(first)..<Int(first) + Int(header_count) }
    package var queryParameters: Range<Int> { headers.upperBound..<headers.upperBound + Int(query_count) }
}

extension rtbl_rule_extras {
    /// Numbers in HEADER_OPERATIONS.
    package var requestHeaders: Range<Int> { Int(first_header_operation)..<Int(first_header_operation) + Int(request_header_count) }
    package var responseHeaders: Range<Int> { requestHeaders.upperBound..<requestHeaders.upperBound + Int(response_header_count) }
    package var redirectIndex: Index<rtbl_redirect>? { Index(present: redirect) }
    /// nil: no CORS header is added, and preflights are requests like others.
    package var corsIndex: Index<rtbl_cors>? { Index(present: cors) }
    /// nil: open.
    package var authenticationIndex: Index<rtbl_authentication>? { Index(present: authentication) }
    /// Numbers in NUMBER_LISTS, which has numbers in RATE_LIMITS.
    package var rateLimits: Range<Int> { Int(first_rate_limit)..<Int(first_rate_limit) + Int(rate_limit_count) }
}

extension rtbl_authentication {
    package var schemes: Range<Int> { Int(first_scheme)..<Int(first_scheme) + Int(scheme_count) }
    /// Numbers in NUMBER_LISTS, which has numbers in TOKEN_ISSUERS.
    package var issuers: Range<Int> { Int(first_issuer)..<Int(first_issuer) + Int(issuer_count) }
}

extension rtbl_backend_extras {
    package var tlsIndex: Index<rtbl_backend_tls>? { Index(present: tls) }
    package var retryIndex: Index<rtbl_retry>? { Index(present: retry) }
    package var circuitBreakerIndex: Index<rtbl_circuit_breaker>? { Index(present: circuit_breaker) }
    package var healthCheckIndex: Index<rtbl_health_check>? { Index(present: health_check) }
    package var aiRateLimitIndex: Index<rtbl_ai_rate_limit>? { Index(present: ai_rate_limit) }
}

extension rtbl_retry {
    /// Numbers in NUMBER_LISTS.
    package var statuses: Range<Int> { Int(first_status)..<Int(first_status) + Int(status_count) }
}

extension Records {
    /// The first element for which `isBehind` is true, among elements of which the later ones are; `count` if none is.
    fileprivate func firstIndex(where isBehind: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
