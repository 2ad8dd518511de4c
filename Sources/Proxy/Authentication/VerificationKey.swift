import COpenSSL
import RoutingTable

/// A public key of a token issuer, and what it may verify.
@safe
final class VerificationKey: @unchecked Sendable {
    // Safe: one reference is held from init to deinit; libcrypto only reads through it, from any thread.
    private let key: OpaquePointer
    /// nil: it has no name, as a key that comes in a certificate has none.
    let id: String?
    let algorithms: TokenAlgorithms

    /// Takes over the reference. nil, and the reference is given up: the key is of a type, or a size, that is not used.
    ///
    /// - Parameter limits: what the key's own description allows.
    @unsafe
    init?(taking key: OpaquePointer, id: String?, limits: TokenAlgorithms = TokenAlgorithms(rawValue: .max)) {
        let algorithms = unsafe Self.algorithms(of: key).intersection(limits)
        guard !algorithms.isEmpty else {
            unsafe EVP_PKEY_free(key)
            return nil
        }
        unsafe self.key = key
        self.id = id
        self.algorithms = algorithms
    }

    deinit { unsafe EVP_PKEY_free(key) }

    private static func algorithms(of key: OpaquePointer) -> TokenAlgorithms {
        let bits = unsafe Int(EVP_PKEY_get_bits(key))
        let isSoundRSA = bits >= Limits.rsaKeyBitsAtLeast && bits <= Limits.rsaKeyBitsAtMost
        switch unsafe EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA where isSoundRSA: return .rsa
        case EVP_PKEY_RSA_PSS where isSoundRSA: return .rsaPSS
        case EVP_PKEY_EC: return unsafe curve(of: key)
        case EVP_PKEY_ED25519: return .ed25519
        default: return []
        }
    }

    private static func curve(of key: OpaquePointer) -> TokenAlgorithms {
        var name = [CChar](repeating: 0, count: 64)
        var count = 0
        guard unsafe EVP_PKEY_get_group_name(key, &name, name.count, &count) == 1 else { return [] }
        switch String(decoding: name.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) {
        case "prime256v1": return .p256
        case "secp384r1": return .p384
        default: return []
        }
    }

    /// Whether `signature` was made over `signed` by the private half of this key.
    func verifies(_ signature: [UInt8], over signed: Bytes, _ algorithm: TokenAlgorithm) -> Bool {
        guard algorithms.contains(algorithm) else { return false }
        var signature = signature
        if let size = algorithm.coordinateBytes {
            guard let encoded = Self.derSignature(signature, coordinateBytes: size) else { return false }
            signature = encoded
        }
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer {
            unsafe EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        var details: OpaquePointer? = nil
        guard unsafe EVP_DigestVerifyInit_ex(context, &details, algorithm.digestName, nil, nil, key, nil) == 1 else { return false }
        if algorithm == .ps256 {
            // The salt is as long as the digest (RFC 7518, 3.5); MGF1 takes the same digest by itself.
            guard unsafe EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) == 1
            else { return false }
        }
        return unsafe EVP_DigestVerify(context, signature, signature.count, signed.base, signed.count) == 1
    }

    /// RFC 7518, 3.4 has the two numbers of an ECDSA signature behind each other, each of the curve's length; OpenSSL
    /// wants them in DER.
    static func derSignature(_ raw: [UInt8], coordinateBytes: Int) -> [UInt8]? {
        guard raw.count == 2 * coordinateBytes else { return nil }
        func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
            var digits = Array(bytes.drop { $0 == 0 })
            if digits.isEmpty || digits[0] >= 0x80 { digits.insert(0, at: 0) }
            return [0x02, UInt8(digits.count)] + digits
        }
        let both = integer(raw[..<coordinateBytes]) + integer(raw[coordinateBytes...])
        return [0x30, UInt8(both.count)] + both // at most 2 × (2 + 49) bytes: the short form of a length
    }
}
