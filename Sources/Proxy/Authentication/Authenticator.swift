import CLinux
import CTable
import RoutingTable
import Synchronization

/// Who may call: the schemes of a rule's authentication, looked at when the route is known and the body is not yet taken.
extension Worker {
    enum AuthenticationOutcome {
        /// The caller may pass, or nothing is asked of it.
        case passed
        case refused(Refusal)
        /// The keys for its token are being fetched: `resumeWaiting` goes on with it.
        case waits
    }

    /// Looks at what the request in `requestHead` shows.
    mutating func authenticate(_ slot: Int) -> AuthenticationOutcome {
        let table = unsafe configuration.pointee.snapshot.pointee.table
        guard let index = ruleExtras(slot)?.authenticationIndex, let rule = rule(of: slot) else { return .passed }
        let authentication = table.features.authentications[index]
        let nowMillis = wallMillis
        let context = TokenContext(
            snapshot: UInt32(truncatingIfNeeded: unsafe configuration.pointee.snapshot.pointee.generation),
            keys: shared.keySets.generation.load(ordering: .acquiring), authentication: UInt32(index.number), scheme: 0,
            claim: table.stickyClaim(of: rule))
        var passed: UInt64 = 0, mandatory: UInt64 = 0
        var reason = AuthenticationResult.missing
        for (position, number) in authentication.schemes.enumerated() {
            let scheme = table.features.authenticationSchemes[number]
            if Int(scheme.flags) & RTBL_AUTHENTICATION_MANDATORY != 0 { mandatory |= 1 << UInt64(position) }
            let result: AuthenticationResult
            if Int(scheme.kind) == RTBL_AUTHENTICATION_MUTUAL_TLS {
                result = lookAtCertificate(slot, scheme: number)
            } else {
                var own = context
                own.scheme = UInt32(number)
                result = lookAtToken(slot, authentication, scheme, own, nowMillis)
            }
            if result == .passed { passed |= 1 << UInt64(position) } else { reason = Self.graver(reason, result) }
        }
        clients[slot].authentication.passedSchemes = passed
        let isEnough = mandatory == 0 ? passed != 0 : passed & mandatory == mandatory
        if isEnough { return conclude(slot, .passed, rule) }
        if waits(slot) { return .waits }
        return conclude(slot, reason, rule)
    }

    /// Of the hash of the claim that `rtbl/sticky` names, in the token that was accepted; nil: it has none, or nothing
    /// asked for a token.
    mutating func stickyClaimHash(_ slot: Int) -> UInt64? { clients[slot].authentication.claimHash }

    /// The caller's certificate, whose private key it has proved to hold; nil: none was shown, or there is no TLS.
    mutating func clientCertificate(_ slot: Int) -> OpaquePointer? {
        unsafe clients[slot].transport.peerCertificate.map { OpaquePointer($0) }
    }

    /// The rule that the client's request was routed to.
    private mutating func rule(of slot: Int) -> rtbl_rule? {
        let table = unsafe configuration.pointee.snapshot.pointee.table
        return clients[slot].match.map { table.rules[table.routes[$0.route].ruleIndex] }
    }

    private var wallMillis: Int64 { Int64(cl_wall_nanos() / 1_000_000) }

    /// Of two reasons the one that says more: what is missing says least, what is not the caller's fault most.
    private static func graver(_ a: AuthenticationResult, _ b: AuthenticationResult) -> AuthenticationResult {
        if a == .unavailable || b == .unavailable { return .unavailable }
        return a == .missing ? b : a
    }

    private mutating func conclude(_ slot: Int, _ result: AuthenticationResult, _ rule: rtbl_rule) -> AuthenticationOutcome {
        clients[slot].authentication.result = result
        unsafe counters.pointee.countAuthentication(api: row(rule.apiIndex), environment: Int(rule.environment), result)
        switch result {
        case .passed: return .passed
        case .unavailable: return .refused(.keysUnavailable)
        default: return .refused(.unauthenticated)
        }
    }

    // MARK: - Tokens

    private mutating func lookAtToken(
        _ slot: Int, _ authentication: rtbl_authentication, _ scheme: rtbl_authentication_scheme, _ context: TokenContext, _ nowMillis: Int64
    ) -> AuthenticationResult {
        let token: Bytes
        switch shownToken(slot, scheme) {
        case .none: return .missing
        case .repeated: return .malformed
        case .one(let bytes): token = bytes
        }
        guard token.count <= Limits.tokenBytes else { return .oversized }
        let digest = TokenDigest(token)
        let verdict: TokenVerdict
        if let known = tokens.find(digest, context, nowMillis: nowMillis) {
            verdict = known
        } else {
            switch verifier(nowMillis).look(at: token, authentication, scheme, claim: context.claim) {
            case .verdict(let found):
                verdict = found
                tokens.remember(digest, context, found)
            case .needsKeys(let number, let otherwise):
                if wantKeys(slot, number) { return otherwise }
                let keys = shared.keySets.generation.load(ordering: .acquiring)
                guard keys != context.keys else { return otherwise }
                // They came after this look at the token had begun.
                var fresh = context
                fresh.keys = keys
                return lookAtToken(slot, authentication, scheme, fresh, nowMillis)
            }
        }
        if verdict.result == .passed {
            clients[slot].authentication.claimHash = clients[slot].authentication.claimHash ?? verdict.claimHash
            if records[slot].subject.count == 0 { records[slot].subject = verdict.subject }
        }
        return verdict.result
    }

    private mutating func verifier(_ nowMillis: Int64) -> TokenVerifier {
        let snapshot = unsafe configuration.pointee.snapshot
        return unsafe TokenVerifier(
            table: snapshot.pointee.table, keys: snapshot.pointee.authenticationKeys, book: shared.keySets, nowMillis: nowMillis)
    }

    private enum Shown {
        case none
        case one(Bytes)
        /// Twice: which of them counts would be a matter of who reads it.
        case repeated
    }

    private mutating func shownToken(_ slot: Int, _ scheme: rtbl_authentication_scheme) -> Shown {
        let head = clients[slot].input.bytes
        let name = unsafe configuration.pointee.snapshot.pointee.table.string(scheme.name)
        if Int(scheme.kind) == RTBL_AUTHENTICATION_API_KEY_QUERY { return shownParameter(name, requestHead.query.map { head[$0.indices] } ?? .empty) }
        var shown = Shown.none
        for i in 0..<requestHead.fields.count where head[requestHead.fields[i].name.indices].equalsIgnoringCase(name) {
            guard case .none = shown else { return .repeated }
            shown = .one(head[requestHead.fields[i].value.indices])
        }
        guard case .one(let value) = shown, Int(scheme.kind) != RTBL_AUTHENTICATION_API_KEY_HEADER else { return shown }
        if let token = value.bearerToken { return .one(token) }
        // Credentials of another kind are none for this scheme; in a header of its own a token may stand alone.
        return name.equalsIgnoringCase("authorization") ? .none : shown
    }

    /// The key stands decoded in `scratch.values`, which has room for all that a head can hold.
    private mutating func shownParameter(_ name: Bytes, _ query: Bytes) -> Shown {
        var shown = Shown.none
        var parameters = QueryParameters(query)
        while let parameter = parameters.next() {
            guard let value = unsafe QueryString.value(of: name, inParameter: parameter, scratch: scratch.values) else { continue }
            guard case .none = shown else { return .repeated }
            shown = .one(value)
        }
        return shown
    }

    // MARK: - Certificates

    private mutating func lookAtCertificate(_ slot: Int, scheme: Int) -> AuthenticationResult {
        guard let certificate = unsafe clientCertificate(slot) else { return .missing }
        let generation = unsafe configuration.pointee.snapshot.pointee.generation
        let known = clients[slot].authentication
        if known.certificateScheme == UInt32(scheme), known.certificateSnapshot == generation, now < known.certificateUntil { return .passed }
        let pinned = unsafe configuration.pointee.snapshot.pointee.authenticationKeys.certificates(ofScheme: scheme)
        guard let pinned, unsafe pinned.accepts(certificate, with: clients[slot].transport.peerChain) else { return .certificate }
        clients[slot].authentication.certificateScheme = UInt32(scheme)
        clients[slot].authentication.certificateSnapshot = generation
        clients[slot].authentication.certificateUntil = now + Limits.certificateMillis
        return .passed
    }

    /// Whether the connection dates from before any table asked for certificates, so that its client was never asked for
    /// the one that it may have: it must come again.
    mutating func lacksCertificateRequest(_ slot: Int) -> Bool {
        guard clients[slot].transport.isTLS, !clients[slot].wasAskedForCertificate, let index = ruleExtras(slot)?.authenticationIndex else { return false }
        let table = unsafe configuration.pointee.snapshot.pointee.table
        return table.features.authentications[index].schemes.contains {
            Int(table.features.authenticationSchemes[$0].kind) == RTBL_AUTHENTICATION_MUTUAL_TLS
        }
    }

    // MARK: - Waiting for keys

    /// Notes that the request could pass with a newer key set.
    ///
    /// - Returns: whether that can be had soon.
    private mutating func wantKeys(_ slot: Int, _ number: UInt32) -> Bool {
        guard !clients[slot].authentication.hasWaited, shared.keySets.want(number, nowMillis: cl_boot_nanos() / 1_000_000) else { return false }
        clients[slot].authentication.awaitedKeySet = number
        return true
    }

    /// Whether the key set that the request wants is on its way.
    private mutating func waits(_ slot: Int) -> Bool {
        guard !clients[slot].authentication.hasWaited, clients[slot].authentication.awaitedKeySet != nil else { return false }
        clients[slot].authentication.hasWaited = true
        clients[slot].state = .awaitingKeys
        clients[slot].nextWaiting = firstWaiting
        firstWaiting = Int32(slot)
        let left = clients[slot].requestDeadline > now ? clients[slot].requestDeadline - now : 0
        setClientTimer(slot, millis: min(Limits.keySetWaitMillis, left))
        return true
    }

    /// Something that clients wait for has come; whether it is this one's key set, is seen here.
    ///
    /// - Returns: whether it still waits.
    mutating func stillAwaitsKeys(_ slot: Int) -> Bool {
        guard let number = clients[slot].authentication.awaitedKeySet, shared.keySets.isPending(number) else { return false }
        clients[slot].nextWaiting = firstWaiting
        firstWaiting = Int32(slot)
        return true
    }
}

extension RoutingTable {
    /// The claim by which a rule's pool keeps requests together, as a string of the table; 0: none.
    func stickyClaim(of rule: rtbl_rule) -> UInt32 {
        guard features.poolExtras.count > 0, let pool = rule.modelPoolIndex ?? rule.backendPoolIndex, let extras = extras(of: pool),
            Int(extras.sticky) == RTBL_STICKY_CLAIM
        else { return 0 }
        return extras.sticky_name
    }
}

extension Refusal {
    static let unauthenticated = Refusal(401, "invalid_credentials", "valid credentials are needed")
    static let keysUnavailable = Refusal(
        503, "keys_unavailable", "the keys that tokens are verified with could not be fetched yet; try again",
        retryAfter: Limits.keySetFirstPauseMillis / 1000)
}

extension Bytes {
    /// What stands behind `Bearer` and blanks (RFC 6750, 2.1; RFC 9110, 11.4); nil: it does not begin so.
    var bearerToken: Bytes? {
        guard count > 7, self[0..<6].equalsIgnoringCase("bearer"), self[6] == ASCII.space else { return nil }
        var start = 7
        while start < count, self[start] == ASCII.space { start += 1 }
        return from(start)
    }
}
