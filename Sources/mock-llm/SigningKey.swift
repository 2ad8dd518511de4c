import COpenSSL

/// An RSA key pair that signs tokens by RS256.
@safe
final class SigningKey: @unchecked Sendable {
    // Safe: owned from init to deinit; libcrypto only reads through it once it is made.
    private let key: OpaquePointer
    /// RFC 7638: the same key has the same identifier wherever it is computed.
    private let id: String
    private let modulus: String
    private let exponent: String

    /// - Returns: nil if the system has no memory, or no randomness.
    init?() {
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "RSA", nil) else { return nil }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var made: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1, unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, Limits.keyBits) == 1,
            unsafe EVP_PKEY_generate(context, &made) == 1, let made = unsafe made
        else { return nil }
        unsafe key = made
        guard let modulus = unsafe Self.number(made, "n"), let exponent = unsafe Self.number(made, "e") else {
            unsafe EVP_PKEY_free(made)
            return nil
        }
        (self.modulus, self.exponent) = (modulus, exponent)
        let canonical = Array(#"{"e":"\#(exponent)","kty":"RSA","n":"\#(modulus)"}"#.utf8)
        var digest = [UInt8](repeating: 0, count: 32)
        unsafe sha256_digest(canonical, canonical.count, &digest)
        id = Base64.encodeForURL(digest)
    }

    deinit { unsafe EVP_PKEY_free(key) }

    /// As a JSON Web Key.
    var publicKey: JSON {
        ["kty": "RSA", "use": "sig", "alg": "RS256", "kid": .string(id), "n": .string(modulus), "e": .string(exponent)]
    }

    /// A JWT in compact form (RFC 7515, section 7.1).
    func sign(_ claims: JSON) -> String? {
        let header: JSON = ["alg": "RS256", "typ": "JWT", "kid": .string(id)]
        let signed = "\(Base64.encodeForURL(header.serialized)).\(Base64.encodeForURL(claims.serialized))"
        guard let context = unsafe EVP_MD_CTX_new() else { return nil }
        defer { unsafe EVP_MD_CTX_free(context) }
        let bytes = Array(signed.utf8)
        var signature = [UInt8](repeating: 0, count: Int(unsafe EVP_PKEY_get_size(key)))
        var count = signature.count
        guard unsafe EVP_DigestSignInit_ex(context, nil, "SHA2-256", nil, nil, key, nil) == 1,
            unsafe EVP_DigestSign(context, &signature, &count, bytes, bytes.count) == 1
        else { return nil }
        return "\(signed).\(Base64.encodeForURL(Array(signature.prefix(count))))"
    }

    private static func number(_ key: OpaquePointer, _ name: String) -> String? {
        var number: OpaquePointer?
        guard unsafe EVP_PKEY_get_bn_param(key, name, &number) == 1 else { return nil }
        defer { unsafe BN_free(number) }
        var bytes = [UInt8](repeating: 0, count: (Int(unsafe BN_num_bits(number)) + 7) / 8)
        unsafe _ = BN_bn2bin(number, &bytes)
        return Base64.encodeForURL(bytes)
    }
}
