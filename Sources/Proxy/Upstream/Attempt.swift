import CLinux
import CTable
import RoutingTable

/// Which targets a pick may take: not suspended, not tried, not without its credential, and of the model that the
/// client may insist on.
@safe
struct UsableTargets: TargetFilter {
    // Safe: made for one pick, from what that pick's worker holds.
    let firstTarget: UInt32
    let now: UInt64
    let state: UnsafePointer<SharedState>
    let configuration: UnsafePointer<Configuration>
    let hasTokenLimits: Bool
    /// Of the client (see there): not the client itself, which Swift would copy for each question.
    let tried: InlineArray<8, UInt16>
    let attempts: Int
    let honouredModel: UInt32
    /// Which Backends live; nil: it does not matter.
    let health: BackendHealth?

    func isUsable(_ number: Int) -> Bool {
        let target = Index<rtbl_target>(unchecked: firstTarget + UInt32(number))
        if unsafe state.pointee.suspendedUntil(target) > now { return false }
        if unsafe configuration.pointee.lacksCredential(target) { return false }
        if hasTokenLimits, unsafe configuration.pointee.snapshot.pointee.limitedUntil(target) > now { return false }
        if let health, let load = unsafe configuration.pointee.snapshot.pointee.checkedLoad(of: target), !health.isHealthy(load) { return false }
        if honouredModel != 0, unsafe configuration.pointee.snapshot.pointee.table.targets[target].model != honouredModel { return false }
        for i in 0..<min(attempts, Limits.attempts) where Int(tried[i]) == number { return false }
        return true
    }
}

/// A whole request on its way to a target, and on to the next one when that could not serve it.
extension Worker {
    /// The request is whole: decides what it needs and makes the first attempt.
    mutating func dispatchRequest(_ slot: Int) {
        let table = unsafe configuration.pointee.snapshot.pointee.table
        guard let match = clients[slot].match else { preconditionFailure("a request without a route is refused with its head") }
        let rule = table.rules[table.routes[match.route].ruleIndex]
        let hasContent = clients[slot].bodyBytes > 0
        guard rule.modelPoolIndex != nil, hasContent || !mayLackContent(clients[slot].method) else {
            guard let pool = rule.backendPoolIndex else {
                refuse(slot, .noBackend)
                return
            }
            clients[slot].pool = pool
            firstAttempt(slot)
            return
        }
        clients[slot].pool = rule.modelPoolIndex
        if isPatched(rule), let refusal = prepareBody(slot, hasContent: hasContent) {
            refuse(slot, refusal)
            return
        }
        firstAttempt(slot)
    }

    /// Finds where the model goes in the body.
    private mutating func prepareBody(_ slot: Int, hasContent: Bool) -> Refusal? {
        guard hasContent else { return Refusal(400, "missing_body", "this route needs a JSON body: the model is written into it") }
        ensureParsed(slot)
        // one that was announced has been looked at with its head
        if clients[slot].announcedBytes == 0, let refusal = refusalOfContent(slot) { return refusal }
        switch scanBody(slot) {
        case .refused(let refusal):
            return Refusal(400, "invalid_json", refusal.fault.message, offset: refusal.offset)
        case .edits(let count):
            clients[slot].flags.insert(.isPatched)
            if count > 1, !keepEdits(slot) { return .noMemory }
            let first = scanner.lastEdits[0]
            clients[slot].edit = first
            return considerClientModel(slot)
        }
    }

    /// The scanner serves other requests before this one has gone out.
    private mutating func keepEdits(_ slot: Int) -> Bool {
        let count = scanner.lastEdits.count
        guard buffers.grow(&clients[slot].edits, toHold: count * MemoryLayout<BodyEdit>.stride) else { return false }
        for number in 0..<count {
            var edit = scanner.lastEdits[number]
            let bytes = MemoryLayout<BodyEdit>.stride
            unsafe withUnsafeBytes(of: &edit) { unsafe clients[slot].edits.append(Bytes(base: $0.baseAddress!, count: bytes)) }
        }
        clients[slot].flags.insert(.hasManyEdits)
        return true
    }

    mutating func scanBody(_ slot: Int) -> BodyScanResult {
        let snapshot = unsafe configuration.pointee.snapshot
        guard let pool = clients[slot].pool, let provider = unsafe snapshot.pointee.table.pools[pool].providerIndex else {
            preconditionFailure("only a pool of models, which has a provider, has its bodies scanned")
        }
        let body = clients[slot].body
        return unsafe scanner.scan(body.span, path: snapshot.pointee[provider].modelPath)
    }

    /// Makes `requestHead` that of this client: another's may have been parsed since.
    mutating func ensureParsed(_ slot: Int) {
        guard parsedClient != slot else { return }
        var progress = HeadProgress()
        let outcome = requestHead.parse(clients[slot].head.span, progress: &progress)
        precondition(outcome == .done(bytes: clients[slot].headBytes), "a head that was sound before is sound again")
        parsedClient = slot
    }

    // MARK: - Picking

    /// Passes unhealthy Backends over; where no other is left they are tried after all, unless an answer is at hand.
    private mutating func pick(_ slot: Int, isFirst: Bool) -> Index<rtbl_target>? {
        guard unsafe configuration.pointee.snapshot.pointee.hasHealthChecks else { return pick(slot, isFirst: isFirst, amongHealthy: false) }
        if let target = pick(slot, isFirst: isFirst, amongHealthy: true) { return target }
        return clients[slot].attempts == 0 || clients[slot].upstream < 0 && clients[slot].heldUpstream < 0 ? pick(slot, isFirst: isFirst, amongHealthy: false) : nil
    }

    /// A Backend whose last request of a window another worker takes at the same time drops out, and the next one is asked
    /// for.
    private mutating func pick(_ slot: Int, isFirst: Bool, amongHealthy: Bool) -> Index<rtbl_target>? {
        guard let poolIndex = clients[slot].pool else { return nil }
        let pool = unsafe configuration.pointee.snapshot.pointee.table.pools[poolIndex]
        var number = nextTargetNumber(slot, poolIndex, isFirst: isFirst, amongHealthy: amongHealthy)
        while let picked = number, !admitAttempt(pool.target(picked)) {
            number = nextTargetNumber(slot, poolIndex, isFirst: false, amongHealthy: amongHealthy)
        }
        return number.map { take(slot, $0, of: pool, isFirst: isFirst) }
    }

    private mutating func nextTargetNumber(_ slot: Int, _ poolIndex: Index<rtbl_pool>, isFirst: Bool, amongHealthy: Bool) -> Int? {
        let snapshot = unsafe configuration.pointee.snapshot
        let table = unsafe snapshot.pointee.table
        let pool = table.pools[poolIndex]
        let (nowNanos, tried, attempts) = (nowNanos, clients[slot].tried, clients[slot].attempts)
        let (honoured, stickyHash) = (clients[slot].honouredModel, clients[slot].stickyHash)
        return unsafe withUnsafePointer(to: snapshot.pointee.state) { state in
            let usable = unsafe UsableTargets(
                firstTarget: pool.first_target, now: nowNanos, state: state, configuration: configuration,
                hasTokenLimits: state.pointee.hasTokenLimits, tried: tried, attempts: attempts, honouredModel: honoured,
                health: amongHealthy ? shared.loads.health : nil)
            // A client that insists on its model takes no turn of the others.
            return unsafe table.pick(poolIndex, state.pointee, movesRotation: isFirst && honoured == 0, stickyHash: stickyHash, usable)
        }
    }

    /// Notes that the client's request goes to target `number` of its pool.
    mutating func take(_ slot: Int, _ number: Int, of pool: rtbl_pool, isFirst: Bool) -> Index<rtbl_target> {
        let target = pool.target(number)
        if isFirst { unsafe counters.pointee.countPick(row(target)) }
        noteAttempt(slot, number)
        clients[slot].retries = 0
        leaveRetry(slot)
        clients[slot].target = target
        return target
    }

    /// One more attempt, at target `number` of the pool.
    mutating func noteAttempt(_ slot: Int, _ number: Int) {
        if clients[slot].attempts < Limits.attempts { clients[slot].tried[clients[slot].attempts] = UInt16(number) }
        clients[slot].attempts += 1
        leaveBackend(slot)
        beginAttemptTimeout(slot)
    }

    private mutating func firstAttempt(_ slot: Int) {
        clients[slot].state = .exchanging
        if clients[slot].flags.contains(.peerClosed) { watchHalfClosedClient(slot) }
        clients[slot].stickyHash = stickyHash(slot)
        guard let target = pick(slot, isFirst: true) ?? targetOfExhaustedPool(slot) else {
            refuse(slot, refusalOfExhaustedPool(slot))
            return
        }
        reach(slot, target)
    }

    /// The event of a failed or refused attempt as a bit of a pool's options.
    mutating func mayFailOver(_ slot: Int, on event: UInt32) -> Bool {
        guard let pool = clients[slot].pool else { return false }
        let table = unsafe configuration.pointee.snapshot.pointee.table
        return table.poolOptions[table.pools[pool].optionsIndex].failover_on & event != 0 && mayTryAgain(slot)
    }

    /// Whether the request has attempts left, and nothing of an answer has gone out.
    mutating func mayTryAgain(_ slot: Int) -> Bool {
        guard let pool = clients[slot].pool, !clients[slot].flags.contains(.hasAnswered) else { return false }
        let table = unsafe configuration.pointee.snapshot.pointee.table
        let options = table.poolOptions[table.pools[pool].optionsIndex]
        return clients[slot].attempts < min(Int(options.failover_attempts), Limits.attempts)
    }

    /// Another target for the same request, if one is left.
    mutating func nextTarget(_ slot: Int, on event: UInt32) -> Index<rtbl_target>? {
        mayFailOver(slot, on: event) ? pick(slot, isFirst: false) : nil
    }

    // MARK: - Failure

    /// The target could not be reached, and no byte of the request has been sent to it.
    mutating func attemptFailed(_ slot: Int, _ failure: AttemptFailure) {
        clients[slot].upstream = -1
        countAttempt(slot, failure.result)
        suspendOnFailure(slot, failure)
        if let target = nextTarget(slot, on: UInt32(RTBL_ON_CONNECT)) {
            reach(slot, target)
        } else if clients[slot].heldUpstream >= 0 {
            passOnHeldAnswer(slot)
        } else {
            refuse(slot, failure.refusal)
            advanceClient(slot)
        }
    }

    /// What became of the present attempt; called once for each.
    mutating func countAttempt(_ slot: Int, _ result: AttemptResult) {
        if let target = clients[slot].target { unsafe counters.pointee.countAttempt(row(target), result) }
    }

    /// The request was sent, at least in part, and there is no answer that could be passed on: it may have been
    /// processed, so it is never repeated (RFC 9110, 9.2.2).
    mutating func exchangeBroke(_ slot: Int, _ refusal: Refusal) {
        if clients[slot].flags.contains(.hasAnswered) {
            records[slot].error = Bytes(refusal.code)
            cutAnswer(slot)
            advanceClient(slot)
            return
        }
        refuse(slot, refusal)
        advanceClient(slot)
    }

    // MARK: - Addresses

    /// Gets a connection to the target and sends the request on it.
    mutating func reach(_ slot: Int, _ target: Index<rtbl_target>) {
        if clients[slot].state != .exchanging { // it has waited, with its own use of the timer
            cancelClientTimer(slot)
            clients[slot].state = .exchanging
            if clients[slot].flags.contains(.peerClosed) { watchHalfClosedClient(slot) }
        }
        let endpoint = endpoint(of: target)
        guard let address = endpoint.address, !endpoint.isTLS || endpoint.tls != nil else {
            attemptFailed(slot, .connect)
            return
        }
        guard clients[slot].load != nil || enterBackend(slot, endpoint) else { // counted already: it waited for a name
            attemptFailed(slot, .overflow)
            return
        }
        if idle.has(address), admitConnection(endpoint), let upstream = idle.pop(address, &upstreams) {
            endPending(slot)
            noteConnection(upstream, endpoint)
            upstreams[upstream].client = Int32(slot)
            upstreams[upstream].state = .exchanging
            upstreams[upstream].flags.insert(.isReused)
            clients[slot].upstream = Int32(upstream)
            sendRequest(upstream)
            return
        }
        guard beginPending(slot, endpoint) else {
            attemptFailed(slot, .overflow)
            return
        }
        switch shared.addresses.answer(address) {
        case .known: connect(slot, address, addressNumber: 0)
        case .failed: attemptFailed(slot, .connect)
        case .pending:
            clients[slot].state = .resolving
            clients[slot].nextWaiting = firstWaiting
            firstWaiting = Int32(slot)
            setClientTimer(slot, millis: limited(slot, endpoint.connectTimeoutMillis))
        }
    }

    mutating func endpoint(of target: Index<rtbl_target>) -> Endpoint {
        let snapshot = unsafe configuration.pointee.snapshot
        return unsafe snapshot.pointee.endpoint(snapshot.pointee.table.targets[target].backendIndex)
    }

    /// Names have been looked up, or keys fetched: whoever waited for one goes on.
    mutating func resumeWaiting() {
        var slot = Int(firstWaiting)
        firstWaiting = -1
        while slot >= 0 {
            let next = Int(clients[slot].nextWaiting)
            enter(slot)
            // one of the two: what comes of it may be the next request of the same client, in the list again
            switch clients[slot].state {
            case .resolving: if let target = clients[slot].target { reach(slot, target) }
            case .awaitingKeys: if !stillAwaitsKeys(slot) { resumeAuthentication(slot) }
            default: break
            }
            slot = next
        }
    }

    /// Takes a client out of the list of those that wait for a name or for keys.
    mutating func leaveWaiting(_ slot: Int) {
        guard clients[slot].state == .resolving || clients[slot].state == .awaitingKeys else { return }
        var previous = -1
        var current = Int(firstWaiting)
        while current >= 0, current != slot {
            previous = current
            current = Int(clients[current].nextWaiting)
        }
        guard current == slot else { return }
        let next = clients[slot].nextWaiting
        if previous >= 0 { clients[previous].nextWaiting = next } else { firstWaiting = next }
    }
}

/// Why a target could not be reached.
enum AttemptFailure {
    case connect, timeout
    /// Its certificate could not be verified.
    case certificate
    /// A circuit breaker, or a lack of connections here: it says nothing about the target, which is never suspended for it.
    case overflow
    /// Its Secret has gone since the target was picked: it is asked for nothing without its credential.
    case credential

    var result: AttemptResult {
        switch self {
        case .connect, .credential: .connect
        case .timeout: .timeout
        case .certificate: .certificate
        case .overflow: .overflow
        }
    }

    /// What the client is told when no other target is left.
    var refusal: Refusal {
        switch self {
        case .connect: Refusal(502, "upstream_unreachable", "the backend could not be reached")
        case .timeout: Refusal(504, "upstream_timeout", "the backend did not accept a connection in time")
        case .credential: .noCredential
        case .certificate: Refusal(502, "upstream_certificate", "the backend's certificate could not be verified")
        case .overflow: Refusal(503, "backend_overloaded", "no backend of the route takes another request or connection now (circuitBreaker, or connections ran out here); try again", retryAfter: 1)
        }
    }
}
