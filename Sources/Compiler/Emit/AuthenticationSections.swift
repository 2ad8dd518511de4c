import CTable

/// AUTHENTICATIONS, their schemes, and TOKEN_ISSUERS.
struct AuthenticationSections {
    private(set) var authentications = RecordPool<rtbl_authentication>()
    private(set) var schemes = ListPool<rtbl_authentication_scheme>()
    private(set) var issuers = RecordPool<rtbl_token_issuer>()
    /// Of the representation's authentications, by their index there.
    private(set) var numbers: [UInt32] = []
    /// Of its token issuers.
    private var issuerNumbers: [UInt32] = []

    init(
        _ ir: IntermediateRepresentation, numberLists: inout ListPool<UInt32>, blobs: inout BlobPool, strings: inout StringPool
    ) throws(EmitError) {
        for issuer in ir.tokenIssuers { issuerNumbers.append(try issuers.index(of: try Self.record(issuer, &blobs, &strings))) }
        for authentication in ir.authentications {
            numbers.append(try authentications.index(of: try record(authentication, &numberLists, &blobs, &strings)))
        }
    }

    private static func record(
        _ issuer: IntermediateRepresentation.TokenIssuer, _ blobs: inout BlobPool, _ strings: inout StringPool
    ) throws(EmitError) -> rtbl_token_issuer {
        let subject = "TokenIssuer \(issuer.object)"
        guard issuer.certificates != nil || issuer.certificateSecret != nil || issuer.keySet != nil || issuer.keySetURL != nil else {
            throw EmitError(subject, "has neither a certificate nor a JWK Set", at: issuer.position)
        }
        guard !issuer.issuer.isEmpty, issuer.keySetURL != nil || issuer.keySetURLCertificates == nil && issuer.keySetURLCertificateSecret == nil else {
            throw EmitError(subject, "has no issuer, or certificates for a URL that is not there", at: issuer.position)
        }
        return rtbl_token_issuer(
            object_namespace: try strings.offset(of: issuer.object.namespace), object_name: try strings.offset(of: issuer.object.name),
            name: try strings.offset(of: issuer.name), issuer: try strings.offset(of: issuer.issuer),
            organization: try strings.offset(of: issuer.organization), consumer_key_claim: try strings.offset(of: issuer.consumerKeyClaim),
            scopes_claim: try strings.offset(of: issuer.scopesClaim),
            environments: try strings.strings(issuer.environments, "environments", of: subject),
            claim_mappings: try strings.strings(issuer.claimMappings.flatMap { [$0.remote, $0.local] }, "claim mappings", of: subject),
            certificates: try blobs.index(of: issuer.certificates, issuer.certificateSecret.map { [$0] } ?? [], "the certificates", of: subject, &strings),
            key_set: try blobs.index(of: issuer.keySet, "the keys of the JWK Set", of: subject),
            key_set_url: try strings.offset(of: issuer.keySetURL ?? ""),
            key_set_url_certificates: try blobs.index(
                of: issuer.keySetURLCertificates, issuer.keySetURLCertificateSecret.map { [$0] } ?? [], "the certificates for the JWK Set's URL", of: subject, &strings))
    }

    private mutating func record(
        _ authentication: IntermediateRepresentation.Authentication, _ numberLists: inout ListPool<UInt32>, _ blobs: inout BlobPool,
        _ strings: inout StringPool
    ) throws(EmitError) -> rtbl_authentication {
        let subject = authentication.object.map { "Authentication \($0)" } ?? "authentication by TokenIssuer"
        var list: [rtbl_authentication_scheme] = []
        if let scheme = authentication.oauth2 { list.append(try Self.record(scheme, RTBL_AUTHENTICATION_OAUTH2, subject, &strings)) }
        if let scheme = authentication.jwt { list.append(try Self.record(scheme, RTBL_AUTHENTICATION_JWT, subject, &strings)) }
        for scheme in authentication.apiKeys { list.append(try Self.record(scheme, subject, &strings)) }
        guard list.isEmpty == authentication.issuers.isEmpty else {
            throw EmitError(subject, "asks for tokens that nobody issues, or names issuers without asking for tokens")
        }
        if let scheme = authentication.mutualTLS { list.append(try Self.record(scheme, subject, &blobs, &strings)) }
        guard !list.isEmpty else { throw EmitError(subject, "has no scheme: it could let nobody in") }
        var issuers: [UInt32] = []
        for number in authentication.issuers {
            guard issuerNumbers.indices.contains(number) else { throw EmitError(subject, "refers to tokenIssuers[\(number)], of which there are \(issuerNumbers.count)") }
            issuers.append(issuerNumbers[number])
        }
        return rtbl_authentication(
            object_namespace: try strings.offset(of: authentication.object?.namespace ?? ""),
            object_name: try strings.offset(of: authentication.object?.name ?? ""),
            first_scheme: try schemes.first(of: list), first_issuer: try numberLists.first(of: issuers),
            scheme_count: try listCount(list.count, "schemes", of: subject), issuer_count: try listCount(issuers.count, "issuers", of: subject))
    }

    private static func record(
        _ scheme: IntermediateRepresentation.TokenScheme, _ kind: Int, _ subject: String, _ strings: inout StringPool
    ) throws(EmitError) -> rtbl_authentication_scheme {
        rtbl_authentication_scheme(
            name: try strings.headerName(scheme.header, of: subject), audiences: try strings.strings(scheme.audiences, "audiences", of: subject),
            certificates: RTBL_NONE, kind: UInt8(kind), flags: flags(isMandatory: scheme.isMandatory, sendsUpstream: scheme.sendsTokenUpstream), reserved: 0)
    }

    private static func record(
        _ scheme: IntermediateRepresentation.APIKeyScheme, _ subject: String, _ strings: inout StringPool
    ) throws(EmitError) -> rtbl_authentication_scheme {
        let isHeader = scheme.location == .header
        guard !scheme.name.isEmpty else { throw EmitError(subject, "an API key has no name") }
        return rtbl_authentication_scheme(
            name: isHeader ? try strings.headerName(scheme.name, of: subject) : try strings.offset(of: scheme.name),
            audiences: rtbl_strings(first: 0, count: 0, reserved: 0), certificates: RTBL_NONE,
            kind: UInt8(isHeader ? RTBL_AUTHENTICATION_API_KEY_HEADER : RTBL_AUTHENTICATION_API_KEY_QUERY),
            flags: flags(isMandatory: false, sendsUpstream: scheme.sendsTokenUpstream), reserved: 0)
    }

    private static func record(
        _ scheme: IntermediateRepresentation.MutualTLS, _ subject: String, _ blobs: inout BlobPool, _ strings: inout StringPool
    ) throws(EmitError) -> rtbl_authentication_scheme {
        let text = scheme.certificates.isEmpty && !scheme.certificateSecrets.isEmpty ? nil : scheme.certificates
        return rtbl_authentication_scheme(
            name: 0, audiences: rtbl_strings(first: 0, count: 0, reserved: 0),
            certificates: try blobs.index(of: text, scheme.certificateSecrets, "the certificates for mutual TLS", of: subject, &strings),
            kind: UInt8(RTBL_AUTHENTICATION_MUTUAL_TLS), flags: flags(isMandatory: scheme.isMandatory, sendsUpstream: false), reserved: 0)
    }

    private static func flags(isMandatory: Bool, sendsUpstream: Bool) -> UInt8 {
        UInt8((isMandatory ? RTBL_AUTHENTICATION_MANDATORY : 0) | (sendsUpstream ? RTBL_AUTHENTICATION_SEND_UPSTREAM : 0))
    }
}
