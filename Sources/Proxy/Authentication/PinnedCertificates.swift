import COpenSSL
import RoutingTable

/// The certificates that mutual TLS accepts: each itself, and what those that are certificate authorities have issued.
@safe
final class PinnedCertificates: @unchecked Sendable {
    // Safe: each holds one reference from init to deinit; after init libcrypto only reads through them, from any thread.
    private var certificates: [OpaquePointer] = unsafe []
    private let authorities: OpaquePointer

    /// - Parameter pem: blocks that are no certificates are left out.
    /// - Returns: nil if the system has no memory.
    init?(pem: [UInt8]) {
        guard let store = unsafe X509_STORE_new() else { return nil }
        unsafe authorities = store
        // Whoever is listed is trusted, be it no root but an authority below one.
        unsafe X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        unsafe X509_STORE_set_purpose(store, X509_PURPOSE_SSL_CLIENT)
        var found: [OpaquePointer] = unsafe []
        unsafe PEMBlocks.forEach(in: pem) { label, der in
            guard let certificate = unsafe PEMBlocks.certificate(label, der) else { return }
            unsafe found.append(certificate)
            if unsafe X509_check_ca(certificate) == 1 { unsafe _ = X509_STORE_add_cert(store, certificate) }
        }
        unsafe certificates = found
    }

    deinit {
        for unsafe certificate in unsafe certificates { unsafe X509_free(certificate) }
        unsafe X509_STORE_free(authorities)
    }

    var count: Int { unsafe certificates.count }

    /// Whether a certificate whose private key the client has proved to hold lets it in now.
    ///
    /// - Parameter chain: a `STACK_OF(X509) *` that the client sent with it: what links it to an authority.
    @unsafe
    func accepts(_ certificate: OpaquePointer, with chain: UnsafeMutableRawPointer? = nil) -> Bool {
        defer { ERR_clear_error() }
        if unsafe certificates.contains(where: { unsafe X509_cmp($0, certificate) == 0 }) { return unsafe Self.isInForce(certificate) }
        guard let context = unsafe X509_STORE_CTX_new() else { return false }
        defer { unsafe X509_STORE_CTX_free(context) }
        return unsafe X509_STORE_CTX_init(context, authorities, certificate, chain.map { OpaquePointer($0) }) == 1 && X509_verify_cert(context) == 1
    }

    private static func isInForce(_ certificate: OpaquePointer) -> Bool {
        unsafe X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 && X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0
    }
}
