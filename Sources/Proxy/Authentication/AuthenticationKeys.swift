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

    init(_ texts: LongTexts, book: KeySetBook) {
        let table = texts.table
        let features = table.features
        var warnings: [String] = []
        issuers = features.tokenIssuers.indices.map { Self.issuer(features.tokenIssuers[$0], texts, book, &warnings) }
        certificates = features.authenticationSchemes.indices.map { number in
            let pem: [UInt8]
            switch texts.find(features.authenticationSchemes[number].certificates) {
            case .none: return nil
            case .text(let text): pem = text
            case .absent(let secret):
                warnings.append("the Secret \(secret) is not there: nobody can show the certificate that mtls asks for; put it under --secrets DIR")
                return PinnedCertificates(pem: [])
            }
            let pinned = PinnedCertificates(pem: pem)
            if pinned?.count == 0 { warnings.append("the certificates for mtls (scheme \(number) of the table) cannot be read: nobody can show one of them") }
            return pinned
        }
        self.warnings = warnings
    }

    private static func issuer(_ issuer: rtbl_token_issuer, _ texts: LongTexts, _ book: KeySetBook, _ warnings: inout [String]) -> Issuer {
        let table = texts.table
        let name = "TokenIssuer \(table.string(issuer.object_namespace).text)/\(table.string(issuer.object_name).text)"
        var sets: [KeySet] = []
        func text(_ raw: UInt32) -> [UInt8]? {
            switch texts.find(raw) {
            case .none: return nil
            case .text(let text): return text
            case .absent(let secret):
                warnings.append("\(name): the Secret \(secret) with its keys is not there; put it under --secrets DIR")
                return nil
            }
        }
        func addKeySet(_ json: [UInt8]) {
            if let set = KeySet(json: json) { sets.append(set) } else { warnings.append("\(name): its key set is no JWK Set") }
        }
        if let certificates = text(issuer.certificates) {
            // a Secret that the compiler has not seen may hold either
            let isKeySet = certificates.first { !ASCII.isBlank($0) && $0 != ASCII.lineFeed && $0 != ASCII.carriageReturn } == ASCII.openBrace
            if isKeySet { addKeySet(certificates) } else { sets.append(KeySet(pem: certificates)) }
        }
        if let json = text(issuer.key_set) { addKeySet(json) }
        let own = KeySet(joining: sets)
        if own.ignored > 0 { warnings.append("\(name): \(own.ignored) of its keys are of no use here: RSA of 2048 to 8192 bits, P-256, P-384 and Ed25519 for signatures are") }
        let url = table.string(issuer.key_set_url).text
        var fetched: UInt32?
        switch texts.find(issuer.key_set_url_certificates) {
        case _ where url.isEmpty: break
        case .none: fetched = book.number(url: url, trust: nil)
        case .text(let pem): fetched = book.number(url: url, trust: pem)
        case .absent(let secret): warnings.append("\(name): the Secret \(secret), which vouches for \(url), is not there")
        }
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
