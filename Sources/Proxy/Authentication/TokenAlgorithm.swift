/// The signature algorithms of RFC 7518 and RFC 8037 that tokens may have. HMAC is not among them: a verifier's key is
/// public, and who could verify could forge. Nor is `none`.
package enum TokenAlgorithm: UInt8, CaseIterable, BitwiseCopyable {
    case rs256, rs384, rs512, ps256, es256, es384, edDSA

    package init?(_ name: String) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// As `alg` has it; with regard to case (RFC 7515, 4.1.1).
    package var name: String {
        switch self {
        case .rs256: "RS256"
        case .rs384: "RS384"
        case .rs512: "RS512"
        case .ps256: "PS256"
        case .es256: "ES256"
        case .es384: "ES384"
        case .edDSA: "EdDSA"
        }
    }

    /// OpenSSL's name of the digest; nil: the algorithm has its own.
    var digestName: String? {
        switch self {
        case .rs256, .ps256, .es256: "SHA2-256"
        case .rs384, .es384: "SHA2-384"
        case .rs512: "SHA2-512"
        case .edDSA: nil
        }
    }

    /// Of each of the two numbers of an ECDSA signature (RFC 7518, 3.4); nil: it is no such.
    var coordinateBytes: Int? {
        switch self {
        case .es256: 32
        case .es384: 48
        default: nil
        }
    }
}

/// What a key may verify.
struct TokenAlgorithms: OptionSet {
    let rawValue: UInt8

    init(rawValue: UInt8) { self.rawValue = rawValue }
    init(_ algorithm: TokenAlgorithm) { rawValue = 1 << algorithm.rawValue }

    static let rsa: TokenAlgorithms = [.init(.rs256), .init(.rs384), .init(.rs512), .init(.ps256)]
    static let rsaPSS = TokenAlgorithms(.ps256)
    static let p256 = TokenAlgorithms(.es256)
    static let p384 = TokenAlgorithms(.es384)
    static let ed25519 = TokenAlgorithms(.edDSA)

    func contains(_ algorithm: TokenAlgorithm) -> Bool { contains(TokenAlgorithms(algorithm)) }
}
