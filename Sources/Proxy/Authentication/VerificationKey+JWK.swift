import COpenSSL

extension VerificationKey {
    /// A JSON Web Key (RFC 7517; RFC 8037 for Ed25519).
    ///
    /// - Returns: nil if the key is not for signatures, or of a type or size that is not used: others of its set still are.
    static func make(_ jwk: StrictJSON) -> VerificationKey? {
        guard case .string(let type) = jwk["kty"], let limits = limits(jwk) else { return nil }
        let id: String?
        switch jwk["kid"] {
        case .absent: id = nil
        case .string(let text): id = text
        default: return nil
        }
        let key: OpaquePointer?
        switch type {
        case "RSA": unsafe key = rsa(jwk)
        case "EC": unsafe key = elliptic(jwk)
        case "OKP": unsafe key = edwards(jwk)
        default: return nil // "oct": a shared secret, which nobody may put where the public can see it
        }
        guard let key = unsafe key else {
            ERR_clear_error()
            return nil
        }
        return unsafe VerificationKey(taking: key, id: id, limits: limits)
    }

    /// What `alg`, `use` and `key_ops` allow (RFC 7517, 4.2 to 4.4); nil: no verification of signatures.
    private static func limits(_ jwk: StrictJSON) -> TokenAlgorithms? {
        switch jwk["use"] {
        case .absent, .string("sig"): break
        default: return nil
        }
        switch jwk["key_ops"] {
        case .absent: break
        case .strings(let operations) where operations.contains("verify"): break
        default: return nil
        }
        switch jwk["alg"] {
        case .absent: return TokenAlgorithms(rawValue: .max)
        case .string(let name): return TokenAlgorithm(name).map { TokenAlgorithms($0) }
        default: return nil
        }
    }

    private static func bytes(_ jwk: StrictJSON, _ name: String) -> [UInt8]? {
        guard case .string(let text) = jwk[name], let bytes = Base64URL.decode(text), !bytes.isEmpty else { return nil }
        return bytes
    }

    private static func rsa(_ jwk: StrictJSON) -> OpaquePointer? {
        guard let modulus = bytes(jwk, "n"), let exponent = bytes(jwk, "e"), modulus.count <= Limits.rsaKeyBitsAtMost / 8 + 1, exponent.count <= 8,
            exponent.last.map({ $0 & 1 == 1 }) == true, exponent != [1]
        else { return nil }
        guard let n = unsafe BN_bin2bn(modulus, Int32(modulus.count), nil) else { return nil }
        defer { unsafe BN_free(n) }
        guard let e = unsafe BN_bin2bn(exponent, Int32(exponent.count), nil) else { return nil }
        defer { unsafe BN_free(e) }
        return unsafe make("RSA") { unsafe OSSL_PARAM_BLD_push_BN($0, lasting("n"), n) == 1 && OSSL_PARAM_BLD_push_BN($0, lasting("e"), e) == 1 }
    }

    private static func elliptic(_ jwk: StrictJSON) -> OpaquePointer? {
        let group: StaticString, size: Int
        switch jwk["crv"] {
        case .string("P-256"): (group, size) = ("prime256v1", 32)
        case .string("P-384"): (group, size) = ("secp384r1", 48)
        default: return nil
        }
        // Of full length (RFC 7518, 6.2.1.2); OpenSSL refuses a point that is not on the curve.
        guard let x = bytes(jwk, "x"), let y = bytes(jwk, "y"), x.count == size, y.count == size else { return nil }
        let point = [0x04] + x + y
        return unsafe point.withUnsafeBytes { point in
            unsafe make("EC") {
                unsafe OSSL_PARAM_BLD_push_utf8_string($0, lasting("group"), lasting(group), 0) == 1
                    && OSSL_PARAM_BLD_push_octet_string($0, lasting("pub"), point.baseAddress, point.count) == 1
            }
        }
    }

    private static func edwards(_ jwk: StrictJSON) -> OpaquePointer? {
        guard jwk["crv"] == .string("Ed25519"), let x = bytes(jwk, "x"), x.count == 32 else { return nil }
        return unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, x, x.count)
    }

    /// A literal in memory that stays: OpenSSL keeps the address of a parameter's name, and until the parameters are
    /// built that of its value.
    private static func lasting(_ literal: StaticString) -> UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    /// A public key of the parameters that `fill` puts in; their values stay where they are until this returns.
    private static func make(_ type: String, _ fill: (OpaquePointer) -> Bool) -> OpaquePointer? {
        guard let builder = unsafe OSSL_PARAM_BLD_new() else { return nil }
        defer { unsafe OSSL_PARAM_BLD_free(builder) }
        guard unsafe fill(builder), let parameters = unsafe OSSL_PARAM_BLD_to_param(builder) else { return nil }
        defer { unsafe OSSL_PARAM_free(parameters) }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer? = nil
        let selection = OSSL_KEYMGMT_SELECT_ALL_PARAMETERS | OSSL_KEYMGMT_SELECT_PUBLIC_KEY // EVP_PKEY_PUBLIC_KEY
        guard unsafe EVP_PKEY_fromdata_init(context) == 1, unsafe EVP_PKEY_fromdata(context, &key, selection, parameters) == 1 else { return nil }
        return unsafe key
    }
}
