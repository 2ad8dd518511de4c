import CTable
import RoutingTable

/// What the authentications of one table are verified with: the keys that it has itself, ready for use, and the numbers
/// of those that are fetched. Lives as long as the table's snapshot.
struct AuthenticationKeys {
    private struct Issuer {
        let own: KeySet
        /// In the book of key sets; nil: none is fetched.
        let fetched: UInt32?
    }

    private let issuers: [Issuer]
    /// By scheme; nil where it is not mutual TLS.
    private let certificates: [PinnedCertificates?]
    /// For people: what can never let anybody in, or not all that it should.
    let warnings: [String]

    init(_ table: RoutingTable, book: KeySetBook) {
        let features = table.features
        var warnings: [String] = []
        issuers = features.tokenIssuers.indices.map { Self.issuer(features.tokenIssuers[$0], table, book, &warnings) }
        certificates = features.authenticationSchemes.indices.map { number in
            guard let pem = table.blob(features.authenticationSchemes[number].certificates) else { return nil }
            let pinned = PinnedCertificates(pem: pem.copied)
            if pinned?.count == 0 { warnings.append("the certificates for mtls (scheme \(number) of the table) cannot be read: nobody can show one of them") }
            return pinned
        }
        self.warnings = warnings
    }

    private static func issuer(_ issuer: rtbl_token_issuer, _ table: RoutingTable, _ book: KeySetBook, _ warnings: inout [String]) -> Issuer {
        let name = "TokenIssuer \(table.string(issuer.object_namespace).text)/\(table.string(issuer.object_name).text)"
        var sets: [KeySet] = []
        if let pem = table.blob(issuer.certificates) { sets.append(KeySet(pem: pem.copied)) }
        if let json = table.blob(issuer.key_set) {
            if let set = KeySet(json: json.copied) { sets.append(set) } else { warnings.append("\(name): its key set in the table is no JWK Set") }
        }
        let own = KeySet(joining: sets)
        if own.ignored > 0 { warnings.append("\(name): \(own.ignored) of its keys are of no use here: RSA of 2048 to 8192 bits, P-256, P-384 and Ed25519 for signatures are") }
        let url = table.string(issuer.key_set_url).text
        let fetched = url.isEmpty ? nil : book.number(url: url, trust: table.blob(issuer.key_set_url_certificates))
        if !url.isEmpty, fetched == nil { warnings.append("\(name): \(url) is no URL that a key set can be fetched from") }
        if own.keys.isEmpty, fetched == nil { warnings.append("\(name): it has no usable key, so that its tokens are refused") }
        return Issuer(own: own, fetched: fetched)
    }

    /// The keys of an issuer as they are now.
    ///
    /// - Returns: `isComplete` is false if a set of the issuer has never been fetched yet; `fetched` is its number in the book.
    func keys(of issuer: Int, in book: KeySetBook) -> (sets: [KeySet], fetched: UInt32?, isComplete: Bool) {
        let issuer = issuers[issuer]
        guard let number = issuer.fetched else { return ([issuer.own], nil, true) }
        guard let set = book.set(number) else { return ([issuer.own], number, false) }
        return ([issuer.own, set], number, true)
    }

    /// Of a scheme of mutual TLS.
    func certificates(ofScheme number: Int) -> PinnedCertificates? { certificates[number] }
}
