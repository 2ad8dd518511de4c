import COpenSSL

/// An Ed25519 public key, against which tables are verified.
@safe
package struct PublicKey: ~Copyable {
    // Safe: owned by this value alone from init to deinit; libcrypto only reads through it.
    private let key: OpaquePointer
    /// As in `TableSignature`.
    package let id: [UInt8]

    /// - Parameter pem: SubjectPublicKeyInfo in PEM, as `rtblc keygen` and `openssl pkey -pubout` write it.
    package init(pem: [UInt8]) throws(KeyFault) {
        // The buffer outlives the BIO that reads it.
        let found = unsafe pem.withUnsafeBytes { buffer -> OpaquePointer? in
            guard let source = unsafe BIO_new_mem_buf(buffer.baseAddress, Int32(clamping: buffer.count)) else { return nil }
            defer { unsafe BIO_free(source) }
            return unsafe PEM_read_bio_PUBKEY(source, nil, nil, nil)
        }
        guard let found = unsafe found else { throw KeyFault("this is no public key in PEM (BEGIN PUBLIC KEY)") }
        do {
            unsafe id = try Self.id(of: found)
        } catch {
            unsafe EVP_PKEY_free(found)
            throw error
        }
        unsafe key = found
    }

    deinit { unsafe EVP_PKEY_free(key) }

    /// Whether `signature` was made over `digest` with the private half of this key.
    package func verifies(_ signature: TableSignature, of digest: Digest) -> Bool {
        guard signature.keyID == id, let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
        // Both arrays are only read, for the length that is passed with them.
        return unsafe EVP_DigestVerify(context, signature.bytes, signature.bytes.count, digest.bytes, digest.bytes.count) == 1
    }

    /// The id of an Ed25519 key, public or private.
    package static func id(of key: OpaquePointer) throws(KeyFault) -> [UInt8] {
        var raw = [UInt8](repeating: 0, count: 32)
        var count = raw.count
        guard unsafe EVP_PKEY_get_id(key) == EVP_PKEY_ED25519, unsafe EVP_PKEY_get_raw_public_key(key, &raw, &count) == 1, count == raw.count else {
            throw KeyFault("the key is not of the type Ed25519; rtblc keygen makes one")
        }
        return Array(Digest(of: unsafe raw.span.bytes).bytes.prefix(TableSignature.keyIDBytes)) // a UInt8 has no padding
    }
}

/// Why a key cannot be used.
package struct KeyFault: Error, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
