import CTable

/// Who may call: AUTHENTICATIONS, their schemes, and TOKEN_ISSUERS.
extension RoutingTable {
    func validateAuthentications(_ known: borrowing StringStarts) throws(TableFault) {
        for i in features.authentications.indices {
            let authentication = features.authentications[i], name = "AUTHENTICATIONS[\(i)]"
            try known.check(authentication.object_namespace, "\(name).object_namespace")
            try known.check(authentication.object_name, "\(name).object_name")
            guard authentication.scheme_count > 0 else { throw TableFault("\(name) has no scheme: it could let nobody in") }
            try checkRange(authentication.schemes.lowerBound, authentication.schemes.count, of: features.authenticationSchemes.count, "\(name).first_scheme")
            try checkNumbers(authentication.issuers, below: features.tokenIssuers.count, "\(name).first_issuer")
            let needsIssuer = authentication.schemes.contains { Int(features.authenticationSchemes[$0].kind) != RTBL_AUTHENTICATION_MUTUAL_TLS }
            guard needsIssuer == (authentication.issuer_count > 0) else {
                throw TableFault("\(name) asks for tokens that nobody issues, or names issuers without asking for tokens")
            }
        }
        for i in features.authenticationSchemes.indices { try check(features.authenticationSchemes[i], "AUTHENTICATION_SCHEMES[\(i)]", known) }
    }

    private func check(_ scheme: rtbl_authentication_scheme, _ name: String, _ known: borrowing StringStarts) throws(TableFault) {
        try known.check(scheme.name, "\(name).name")
        try checkStrings(scheme.audiences, "\(name).audiences")
        try checkOptionalIndex(scheme.certificates, below: features.blobs.count, "\(name).certificates")
        guard Int(scheme.flags) & ~(RTBL_AUTHENTICATION_MANDATORY | RTBL_AUTHENTICATION_SEND_UPSTREAM) == 0, scheme.reserved == 0 else {
            throw TableFault("\(name).flags has unknown bits")
        }
        let isMutualTLS = Int(scheme.kind) == RTBL_AUTHENTICATION_MUTUAL_TLS
        guard isMutualTLS == (scheme.certificates != RTBL_NONE) else {
            throw TableFault("\(name).certificates are there without mutual TLS, or missing with it")
        }
        switch Int(scheme.kind) {
        case RTBL_AUTHENTICATION_OAUTH2 where isHeaderName(scheme.name), RTBL_AUTHENTICATION_JWT where isHeaderName(scheme.name),
            RTBL_AUTHENTICATION_API_KEY_HEADER where isHeaderName(scheme.name), RTBL_AUTHENTICATION_API_KEY_QUERY where scheme.name != 0,
            RTBL_AUTHENTICATION_MUTUAL_TLS where scheme.name == 0:
            return
        case RTBL_AUTHENTICATION_OAUTH2...RTBL_AUTHENTICATION_MUTUAL_TLS:
            throw TableFault("\(name).name is not the name of a header in lower case or of a query parameter, or is there for mutual TLS")
        default: throw TableFault("\(name).kind is unknown")
        }
    }

    func validateTokenIssuers(_ known: borrowing StringStarts) throws(TableFault) {
        for i in features.tokenIssuers.indices {
            let issuer = features.tokenIssuers[i], name = "TOKEN_ISSUERS[\(i)]"
            for field in [
                issuer.object_namespace, issuer.object_name, issuer.name, issuer.issuer, issuer.organization, issuer.consumer_key_claim,
                issuer.scopes_claim, issuer.key_set_url,
            ] { try known.check(field, "a string in \(name)") }
            guard issuer.issuer != 0 else { throw TableFault("\(name).issuer is empty") }
            try checkStrings(issuer.environments, "\(name).environments")
            try checkStrings(issuer.claim_mappings, "\(name).claim_mappings")
            guard issuer.claim_mappings.count.isMultiple(of: 2) else { throw TableFault("\(name).claim_mappings are not pairs") }
            for (blob, field) in [
                (issuer.certificates, "certificates"), (issuer.key_set, "key_set"), (issuer.key_set_url_certificates, "key_set_url_certificates"),
            ] { try checkOptionalIndex(blob, below: features.blobs.count, "\(name).\(field)") }
            guard issuer.certificates != RTBL_NONE || issuer.key_set != RTBL_NONE || issuer.key_set_url != 0 else {
                throw TableFault("\(name) has no key that its tokens could be verified with")
            }
            guard string(issuer.key_set_url).isRequestTargetOrQuery, issuer.key_set_url != 0 || issuer.key_set_url_certificates == RTBL_NONE else {
                throw TableFault("\(name).key_set_url is not a URL, or has certificates and is not there")
            }
        }
    }
}

extension Bytes {
    /// Printable ASCII without blanks.
    fileprivate var isRequestTargetOrQuery: Bool {
        for i in 0..<count where self[i] <= 0x20 || self[i] >= 0x7f { return false }
        return true
    }
}
