import CTable
import RoutingTable

/// Looks at a token that nothing is known of yet. This is the slow path: it allocates, and costs a signature's check.
struct TokenVerifier {
    let table: RoutingTable
    let keys: AuthenticationKeys
    let book: KeySetBook
    let nowMillis: Int64

    enum Finding {
        case verdict(TokenVerdict)
        /// A newer set of that number in the book may have the key.
        case needsKeys(UInt32, otherwise: AuthenticationResult)
    }

    /// - Parameter claim: whose hash is wanted, as a string of the table; 0: none.
    func look(at token: Bytes, _ authentication: rtbl_authentication, _ scheme: rtbl_authentication_scheme, claim: UInt32) -> Finding {
        do throws(TokenFault) {
            let jws = try CompactJWS(token)
            let claims = try TokenClaims(jws.claims)
            guard let issuer = issuer(of: authentication, named: claims.issuer) else { return refused(.issuer) }
            // An end that has passed stays so whatever the keys say: no signature is checked, and no key set fetched, for it.
            guard nowMillis < claims.acceptedMillis.until else { return refused(.expired) }
            let (sets, fetched, isComplete) = keys.keys(of: issuer, in: book)
            let result = KeySet.verify(token, jws, with: sets)
            if result != .passed, let fetched {
                if !isComplete { return .needsKeys(fetched, otherwise: .unavailable) }
                if result == .unknownKey { return .needsKeys(fetched, otherwise: .unknownKey) }
            }
            guard result == .passed else { return refused(result) }
            return judge(claims, jws, scheme, claim)
        } catch {
            return refused(error.result)
        }
    }

    private func refused(_ result: AuthenticationResult, untilMillis: Int64 = .max) -> Finding {
        .verdict(TokenVerdict(refused: result, nowMillis: nowMillis, untilMillis: untilMillis))
    }

    private func issuer(of authentication: rtbl_authentication, named name: String) -> Int? {
        for place in authentication.issuers {
            let number = Int(table.features.numberLists[place])
            if unsafe Array(name.utf8).withUnsafeBytes({ unsafe Bytes($0) == table.string(table.features.tokenIssuers[number].issuer) }) { return number }
        }
        return nil
    }

    /// The token is its issuer's: whether it is in force, and for this scheme.
    private func judge(_ claims: TokenClaims, _ jws: CompactJWS, _ scheme: rtbl_authentication_scheme, _ claim: UInt32) -> Finding {
        let from = claims.acceptedMillis.from
        if nowMillis < from { return refused(.early, untilMillis: from) }
        let wanted = (0..<Int(scheme.audiences.count)).map { table.string($0, of: scheme.audiences).text }
        guard wanted.isEmpty || !Set(wanted).isDisjoint(with: claims.audiences) else { return refused(.audience) }
        let value = claim == 0 ? nil : jws.claims.bytes(table.string(claim).text)
        let hash = value.map { value in unsafe value.withUnsafeBytes { unsafe StickyPick.hash(of: Bytes($0)) } }
        return .verdict(TokenVerdict(passed: claims, claimHash: hash))
    }
}
