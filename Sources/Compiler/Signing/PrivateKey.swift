import COpenSSL
import RoutingTable

/// An Ed25519 key pair, with which tables are signed.
@safe
package struct PrivateKey: ~Copyable {
    // Safe: owned by this value alone from init to deinit.
    private let key: OpaquePointer
    /// As in `TableSignature`.
    package let id: [UInt8]

    /// A new key, from the system's random numbers.
    package init() throws(KeyFault) {
        guard let context = unsafe EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil) else { throw KeyFault("libcrypto has no Ed25519") }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var made: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1, unsafe EVP_PKEY_keygen(context, &made) == 1, let made = unsafe made else {
            throw KeyFault("libcrypto made no key")
        }
        try unsafe self.init(owning: made)
    }

    /// - Parameter pem: PKCS #8 in PEM, without a passphrase.
    package init(pem: [UInt8]) throws(KeyFault) {
        // A callback that never has a passphrase: libcrypto would ask for one on the terminal.
        let noPassphrase: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = { _, _, _, _ in -1 }
        let found = unsafe pem.withUnsafeBytes { buffer -> OpaquePointer? in // the buffer outlives the BIO that reads it
            guard let source = unsafe BIO_new_mem_buf(buffer.baseAddress, Int32(clamping: buffer.count)) else { return nil }
            defer { unsafe BIO_free(source) }
            return unsafe PEM_read_bio_PrivateKey(source, nil, noPassphrase, nil)
        }
        guard let found = unsafe found else { throw KeyFault("this is no private key in PEM without a passphrase (BEGIN PRIVATE KEY)") }
        try unsafe self.init(owning: found)
    }

    private init(owning key: OpaquePointer) throws(KeyFault) {
        do {
            unsafe id = try PublicKey.id(of: key)
        } catch {
            unsafe EVP_PKEY_free(key)
            throw error
        }
        unsafe self.key = key
    }

    deinit { unsafe EVP_PKEY_free(key) }

    /// PKCS #8.
    package func pem() throws(KeyFault) -> [UInt8] {
        try unsafe Self.text { unsafe PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) }
    }

    /// SubjectPublicKeyInfo.
    package func publicPEM() throws(KeyFault) -> [UInt8] {
        try unsafe Self.text { unsafe PEM_write_bio_PUBKEY($0, key) }
    }

    package func sign(_ digest: Digest) throws(KeyFault) -> TableSignature {
        guard let context = unsafe EVP_MD_CTX_new() else { throw KeyFault("libcrypto has no memory") }
        defer { unsafe EVP_MD_CTX_free(context) }
        var bytes = [UInt8](repeating: 0, count: TableSignature.signatureBytes)
        var count = bytes.count
        // libcrypto writes at most `count` bytes; an Ed25519 signature has exactly that many.
        guard unsafe EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
            unsafe EVP_DigestSign(context, &bytes, &count, digest.bytes, digest.bytes.count) == 1, count == bytes.count
        else { throw KeyFault("libcrypto made no signature") }
        return TableSignature(keyID: id, bytes: bytes)
    }

    /// What `write` puts into a BIO in memory.
    private static func text(_ write: (OpaquePointer) -> Int32) throws(KeyFault) -> [UInt8] {
        guard let sink = unsafe BIO_new(BIO_s_mem()) else { throw KeyFault("libcrypto has no memory") }
        defer { unsafe BIO_free(sink) }
        guard unsafe write(sink) == 1 else { throw KeyFault("libcrypto could not write the key") }
        var bytes = [UInt8](repeating: 0, count: 1024) // an Ed25519 key in PEM has about 120
        let count = unsafe BIO_read(sink, &bytes, Int32(bytes.count))
        guard count > 0, Int(count) < bytes.count else { throw KeyFault("libcrypto could not write the key") }
        return Array(bytes.prefix(Int(count)))
    }
}
