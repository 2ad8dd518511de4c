/// The registered claims (RFC 7519, 4.1) that decide about a token.
package struct TokenClaims {
    let issuer: String
    /// Milliseconds since 1970, without leeway.
    let expiresAtMillis: Int64
    let notBeforeMillis: Int64
    let audiences: [String]
    let subject: String?

    package init(_ claims: StrictJSON) throws(TokenFault) {
        guard case .string(let issuer) = claims["iss"] else { throw TokenFault(.issuer) }
        self.issuer = issuer
        guard let expiry = try Self.date(claims["exp"]) else { throw TokenFault(.malformed) }
        expiresAtMillis = expiry
        notBeforeMillis = try Self.date(claims["nbf"]) ?? .min
        switch claims["aud"] {
        case .absent: audiences = []
        case .string(let one): audiences = [one]
        case .strings(let several): audiences = several
        default: throw TokenFault(.malformed)
        }
        if case .string(let text) = claims["sub"] { subject = text } else { subject = nil }
    }

    /// A NumericDate: seconds, perhaps with a fraction (RFC 7519, 2); nil: absent.
    private static func date(_ member: StrictJSON.Member) throws(TokenFault) -> Int64? {
        switch member {
        case .absent: return nil
        case .number(let seconds) where abs(seconds) <= Limits.latestDateSeconds: return Int64((seconds * 1000).rounded(.down))
        default: throw TokenFault(.malformed)
        }
    }

    /// From when and until when a token is accepted, leeway included; the end is not part of it (RFC 7519, 4.1.4, 4.1.5).
    package var acceptedMillis: (from: Int64, until: Int64) {
        let (from, isEarly) = notBeforeMillis.subtractingReportingOverflow(Limits.clockLeewayMillis)
        return (isEarly ? .min : from, expiresAtMillis + Limits.clockLeewayMillis)
    }
}
