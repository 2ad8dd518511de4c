/// What came of looking at what a caller showed. The caller is never told which it was: it is counted, and logged.
package enum AuthenticationResult: UInt8, CaseIterable, BitwiseCopyable {
    case passed
    /// Nothing was shown where a scheme looks for it.
    case missing
    /// Not one signed token in compact form, or claims of the wrong kind, or one shown twice.
    case malformed
    case oversized
    /// An algorithm that is not allowed, or not for the key.
    case algorithm
    /// Of nobody whose tokens are taken here.
    case issuer
    /// It names no key, and there is more than one, or the one has a name.
    case missingKeyID
    /// It names a key that the issuer does not have.
    case unknownKey
    case signature
    case expired
    /// Before `nbf`.
    case early
    case audience
    /// A client certificate that is none of those listed, nor issued by one of them.
    case certificate
    /// The issuer's keys have never been there: not the caller's fault.
    case unavailable

    var name: String {
        switch self {
        case .passed: "passed"
        case .missing: "missing"
        case .malformed: "malformed"
        case .oversized: "oversized"
        case .algorithm: "algorithm"
        case .issuer: "issuer"
        case .missingKeyID: "missing_kid"
        case .unknownKey: "unknown_kid"
        case .signature: "signature"
        case .expired: "expired"
        case .early: "early"
        case .audience: "audience"
        case .certificate: "certificate"
        case .unavailable: "unavailable"
        }
    }
}
