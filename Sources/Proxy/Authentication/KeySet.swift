import COpenSSL
import RoutingTable

/// The public keys of one token issuer, as they were at one time. Never changed: a fetch makes a new one.
package final class KeySet: Sendable {
    let keys: [VerificationKey]
    /// Keys that were there but are not used: for other purposes, of other types, too short, or too many.
    let ignored: Int

    static let empty = KeySet([], ignored: 0)

    private init(_ keys: [VerificationKey], ignored: Int) {
        self.keys = Array(keys.prefix(Limits.keysPerSet))
        self.ignored = ignored + max(0, keys.count - Limits.keysPerSet)
    }

    /// A JWK Set (RFC 7517, 5). What is not understood in it is left out, as that section says.
    ///
    /// - Returns: nil if `json` is no JWK Set at all.
    package convenience init?(json: [UInt8]) {
        guard let set = StrictJSON(json), let members = set.objects("keys") else { return nil }
        let keys = members.compactMap { VerificationKey.make($0) }
        self.init(keys, ignored: members.count - keys.count)
    }

    /// The public keys of certificates, and public keys, in PEM. Of a certificate nothing but its key counts.
    package convenience init(pem: [UInt8]) {
        var keys: [VerificationKey] = []
        var ignored = 0
        unsafe PEMBlocks.forEach(in: pem) { label, der in
            if let key = unsafe Self.key(label, der), let usable = unsafe VerificationKey(taking: key, id: nil) { keys.append(usable) } else { ignored += 1 }
        }
        self.init(keys, ignored: ignored)
    }

    convenience init(joining sets: [KeySet]) {
        self.init(sets.flatMap(\.keys), ignored: sets.reduce(0) { $0 + $1.ignored })
    }

    private static func key(_ label: String, _ der: UnsafeBufferPointer<UInt8>) -> OpaquePointer? {
        if let certificate = unsafe PEMBlocks.certificate(label, der) {
            defer { unsafe X509_free(certificate) }
            return unsafe X509_get_pubkey(certificate)
        }
        var next = der.baseAddress
        switch label {
        case "PUBLIC KEY": return unsafe d2i_PUBKEY(nil, &next, der.count)
        case "RSA PUBLIC KEY": return unsafe d2i_PublicKey(EVP_PKEY_RSA, nil, &next, der.count)
        default: return nil
        }
    }
}

extension KeySet {
    /// Whether one of the keys made the token's signature.
    ///
    /// - Returns: `.passed`, or why not.
    package static func verify(_ token: Bytes, _ jws: CompactJWS, with sets: [KeySet]) -> AuthenticationResult {
        let signed = token[0..<jws.signedBytes]
        let usable = sets.lazy.flatMap(\.keys).filter { $0.algorithms.contains(jws.algorithm) }
        guard let id = jws.keyID else { return verifyUnnamed(jws, signed, Array(usable)) }
        let named = sets.lazy.flatMap(\.keys).filter { $0.id == id }
        if !named.isEmpty {
            // The key is known, but an algorithm that is not its own makes it another token than the issuer's.
            guard named.contains(where: { $0.algorithms.contains(jws.algorithm) }) else { return .algorithm }
            return named.contains { $0.verifies(jws.signature, over: signed, jws.algorithm) } ? .passed : .signature
        }
        // A key that came in a certificate has no name that could be compared.
        let unnamed = usable.filter { $0.id == nil }
        guard !unnamed.isEmpty else { return .unknownKey }
        return unnamed.prefix(Limits.keysTriedPerToken).contains { $0.verifies(jws.signature, over: signed, jws.algorithm) } ? .passed : .signature
    }

    /// A token that names no key is taken only where there is nothing to choose: the issuer has one key that could have
    /// made it, and that one has no name either.
    private static func verifyUnnamed(_ jws: CompactJWS, _ signed: Bytes, _ usable: [VerificationKey]) -> AuthenticationResult {
        guard usable.count == 1, usable[0].id == nil else { return .missingKeyID }
        return usable[0].verifies(jws.signature, over: signed, jws.algorithm) ? .passed : .signature
    }
}
