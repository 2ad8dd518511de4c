import RoutingTable

/// A signed token in compact form (RFC 7515, 7.1), taken apart but not yet trusted: header, claims, signature.
package struct CompactJWS {
    package let algorithm: TokenAlgorithm
    /// `kid`; nil: there is none.
    let keyID: String?
    package let claims: StrictJSON
    package let signature: [UInt8]
    /// Of the token, what is signed: header, dot, claims, as they stand.
    package let signedBytes: Int

    /// Keys that a token brings along (`jwk`, `jku`, `x5c`, `x5u`) are not looked at: who made the token would choose
    /// the key that vouches for it.
    package init(_ token: Bytes) throws(TokenFault) {
        guard token.count <= Limits.tokenBytes else { throw TokenFault(.oversized) }
        var dots: [Int] = []
        for i in 0..<token.count where token[i] == ASCII.dot {
            guard dots.count < 2 else { throw TokenFault(.malformed) } // five parts: encrypted, which nobody here can read
            dots.append(i)
        }
        guard dots.count == 2 else { throw TokenFault(.malformed) }
        let header = try Self.object(token[0..<dots[0]])
        guard case .string(let name) = header["alg"] else { throw TokenFault(.malformed) }
        guard let algorithm = TokenAlgorithm(name) else { throw TokenFault(.algorithm) }
        // An extension that must be understood: none is (RFC 7515, 4.1.11).
        guard header["crit"] == .absent, Self.isToken(header["typ"]) else { throw TokenFault(.malformed) }
        switch header["kid"] {
        case .absent: keyID = nil
        case .string(let text): keyID = text
        default: throw TokenFault(.malformed)
        }
        claims = try Self.object(token[(dots[0] + 1)..<dots[1]])
        guard let signature = Base64URL.decode(token.from(dots[1] + 1)) else { throw TokenFault(.malformed) }
        self.algorithm = algorithm
        self.signature = signature
        signedBytes = dots[1]
    }

    private static func object(_ part: Bytes) throws(TokenFault) -> StrictJSON {
        guard !part.isEmpty, let bytes = Base64URL.decode(part), let object = StrictJSON(bytes) else { throw TokenFault(.malformed) }
        return object
    }

    /// `typ` says a JWT or an access token (RFC 9068, 2.1), if anything: a signed thing of another type, such as a
    /// logout token of the same issuer, opens nothing here (RFC 8725, 3.11).
    private static func isToken(_ type: StrictJSON.Member) -> Bool {
        switch type {
        case .absent: true
        case .string(let text): ["jwt", "at+jwt", "application/jwt", "application/at+jwt"].contains(text.lowercased())
        default: false
        }
    }
}

/// Why a token is not accepted.
package struct TokenFault: Error, Equatable {
    package let result: AuthenticationResult
    init(_ result: AuthenticationResult) { self.result = result }
}
