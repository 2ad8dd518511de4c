import CLinux
import CTable
import RoutingTable

/// From received bytes to a whole request whose route is known.
extension Worker {
    /// One step: parses the next request's head as far as it has come, and receives more where that is not all.
    ///
    /// - Returns: false if it waits for bytes, or the connection is closed.
    mutating func readHead(_ slot: Int) -> Bool {
        guard clients[slot].output.isEmpty else { return false } // answers in order: first the earlier one must go out
        enter(slot)
        if !clients[slot].input.isEmpty {
            parsedClient = -1
            var progress = clients[slot].headProgress
            let outcome = requestHead.parse(clients[slot].input.bytes.span, progress: &progress)
            clients[slot].headProgress = progress
            switch outcome {
            case .done(let bytes):
                parsedClient = slot
                beginRequest(slot, headBytes: bytes)
                return true
            case .bad(let fault):
                refuse(slot, Refusal(fault.status, "malformed_request", fault.text), mustClose: true)
                return true
            case .needMore: break
            }
        }
        let held = clients[slot].input.count
        guard buffers.grow(&clients[slot].input, toHold: max(held + 1, min(2 * held, Limits.headBytes + 1))) else {
            closeClient(slot)
            return false
        }
        switch receive(slot) {
        case .some:
            if held == 0 { setClientTimer(slot, millis: shared.options.headTimeoutMillis) }
            return true
        case .blocked:
            if held == 0 { buffers.give(&clients[slot].input) }
            if clients[slot].flags.contains(.isHandshaking), clients[slot].transport.isEstablished {
                clients[slot].flags.remove(.isHandshaking)
                setClientTimer(slot, millis: shared.options.idleTimeoutMillis)
            }
            return false
        case .end:
            closeClient(slot) // between two requests, or inside a head that will never be whole
            return false
        }
    }

    /// The head is whole and sound. Finds the route and decides about the body.
    private mutating func beginRequest(_ slot: Int, headBytes: Int) {
        holdTable(slot)
        clients[slot].headBytes = headBytes
        clients[slot].bodyBytes = 0
        clients[slot].method = requestHead.method
        clients[slot].attempts = 0
        clients[slot].target = nil
        clients[slot].pool = nil
        clients[slot].honouredModel = 0
        clients[slot].stickyHash = nil
        clients[slot].authentication.beginRequest()
        beginRecord(slot)
        clients[slot].flags.insert(.isWaiting)
        if requestHead.minorVersion == 0 { clients[slot].flags.insert(.isOld) }
        if requestHead.method == .head { clients[slot].flags.insert(.isHead) }
        if !requestHead.keepAlive || isDraining { clients[slot].flags.insert(.closeAfter) }
        if requestHead.isChunked {
            clients[slot].flags.insert(.isChunkedBody)
            clients[slot].chunks = ChunkDecoder()
            clients[slot].announcedBytes = 0
        } else {
            clients[slot].announcedBytes = Int(clamping: requestHead.contentLength ?? 0)
        }
        clients[slot].state = .readingBody
        if shared.options.maxRequests < .max {
            guard shared.admitRequest() else {
                refuse(slot, .tooManyRequests)
                return
            }
            clients[slot].flags.insert(.isCounted)
        }
        if let refusal = routeRequest(slot) {
            refuse(slot, refusal)
            return
        }
        if requestHead.targetForm == .asterisk {
            answerOptions(slot)
            return
        }
        if clients[slot].flags.contains(.isPreflight) {
            answerPreflight(slot)
            return
        }
        beginRequestTimeout(slot)
        admitRequest(slot)
    }

    /// The route is known: goes on with the body if the caller may pass. Who may not takes nothing of a rate limit.
    private mutating func admitRequest(_ slot: Int) {
        switch authenticate(slot) {
        case .passed:
            if let refusal = refusalOfRateLimits(slot) {
                refuse(slot, refusal)
            } else if !answerRedirect(slot) {
                beginBody(slot)
            }
        case .refused(let refusal): refuse(slot, refusal, mustClose: lacksCertificateRequest(slot))
        case .waits: break
        }
    }

    /// Looks again at a client whose keys have come, or will not come in time.
    mutating func resumeAuthentication(_ slot: Int) {
        leaveWaiting(slot)
        clients[slot].state = .readingBody
        ensureParsed(slot)
        admitRequest(slot)
        advanceClient(slot)
    }

    /// Sets the client's route.
    ///
    /// - Returns: why there is none.
    private mutating func routeRequest(_ slot: Int) -> Refusal? {
        if requestHead.method == .other { return Refusal(501, "unknown_method", "the method is not known here") }
        if requestHead.targetForm == .asterisk { return nil }
        let bytes = clients[slot].input.bytes
        guard let path = requestPath(bytes) else {
            return Refusal(400, "malformed_request", "a percent sign in the path without two hexadecimal digits")
        }
        let table = unsafe configuration.pointee.snapshot.pointee.table
        let name = lowercasedHost(bytes[requestHead.host.indices])
        var conditions = unsafe ReceivedConditions(
            head: bytes, fields: requestHead.fields.list, host: name, query: requestHead.query.map { bytes[$0.indices] } ?? .empty, values: scratch.values)
        guard let host = table.host(name) else { return .notFound }
        if let asked = preflightMethod(bytes) {
            conditions.knowsHeaders = false
            setMatch(slot, table.route(host: host, path: path.bytes, method: asked, request: conditions, scratch: &scratch.regex))
            if corsPolicy(slot) != nil {
                clients[slot].flags.insert(.isPreflight)
                return nil
            }
            conditions.knowsHeaders = true
        }
        setMatch(slot, table.route(host: host, path: path.bytes, method: requestHead.method.bit, request: conditions, scratch: &scratch.regex))
        return clients[slot].match == nil ? .notFound : nil
    }

    /// The normalised path of the request in `requestHead`.
    mutating func requestPath(_ head: Bytes) -> RequestPath? {
        let raw = head[requestHead.path.indices]
        return unsafe RequestPath(raw.isEmpty ? Bytes("/") : raw, scratch: scratch.path)
    }

    private mutating func lowercasedHost(_ host: Bytes) -> Bytes {
        guard host.hasUppercaseASCII else { return host }
        for i in 0..<host.count { unsafe scratch.host[i] = ASCII.lowercased(host[i]) }
        return unsafe Bytes(base: scratch.host, count: host.count)
    }

    // MARK: - Body

    /// The route is known: refuses a body that will not be taken, asks for one that is waiting to be asked for.
    private mutating func beginBody(_ slot: Int) {
        if clients[slot].announcedBytes > shared.options.maxBody {
            refuseTooLarge(slot)
            return
        }
        let announced = clients[slot].announcedBytes > 0
        let isMissing = requestHead.isChunked || clients[slot].input.count < clients[slot].headBytes + clients[slot].announcedBytes
        if announced || (requestHead.isChunked && !mayLackContent(clients[slot].method)), let refusal = refusalOfContent(slot) {
            refuse(slot, refusal)
            return
        }
        guard isMissing else { return }
        clients[slot].bodyBegan = now
        awaitBody(slot)
        if requestHead.expectsContinue { sendContinue(slot) }
    }

    /// One step: takes what has come of the body; where that is all, sends the request on its way, else receives more.
    ///
    /// - Returns: false if it waits for bytes, or the connection is closed.
    mutating func readBody(_ slot: Int) -> Bool {
        switch takeBody(slot) {
        case .whole:
            dispatchRequest(slot)
            return true
        case .refused: return true
        case .more: break
        }
        guard makeRoomForBody(slot) else {
            refuse(slot, .noMemory, mustClose: true)
            return true
        }
        switch receive(slot) {
        case .some:
            awaitBody(slot)
            return true
        case .blocked: return false
        case .end:
            // The request will never be whole: it must not be forwarded as if it were (RFC 9112, 8).
            clientHasGone(slot)
            return false
        }
    }

    /// Silence ends a body, and so does a trickle: behind the first `--body-timeout`, whoever has sent less than the lowest
    /// rate until then has until that point and no longer. A Backend's downstreamRequestIdleTimeout bounds silence in its
    /// place, and a trickle only where it is longer.
    private mutating func awaitBody(_ slot: Int) {
        let timeout = bodyTimeoutMillis(slot)
        let silence = now + timeout
        let received = UInt64(clients[slot].input.count)
        let trickle = clients[slot].bodyBegan + max(timeout, shared.options.bodyTimeoutMillis) + received * 1000 / Limits.bodyBytesPerSecond
        setClientTimer(slot, millis: limited(slot, min(silence, trickle) > now ? min(silence, trickle) - now : 1))
    }

    private mutating func bodyTimeoutMillis(_ slot: Int) -> UInt64 {
        guard let match = clients[slot].match else { return shared.options.bodyTimeoutMillis }
        let snapshot = unsafe configuration.pointee.snapshot
        return unsafe snapshot.pointee.bodyTimeoutMillis(snapshot.pointee.table.routes[match.route].ruleIndex) ?? shared.options.bodyTimeoutMillis
    }

    private enum BodyProgress { case whole, more, refused }

    /// Counts what has been received of the body, decoding chunks where they stand.
    private mutating func takeBody(_ slot: Int) -> BodyProgress {
        let isChunked = clients[slot].flags.contains(.isChunkedBody)
        var isWhole: Bool
        if isChunked {
            switch decodeChunks(slot) {
            case .done: isWhole = true
            case .needMore: isWhole = false
            case .bad(let fault):
                refuse(slot, Refusal(fault.status, "malformed_request", fault.text), mustClose: true)
                return .refused
            }
        } else {
            clients[slot].bodyBytes = min(clients[slot].announcedBytes, clients[slot].input.count - clients[slot].headBytes)
            isWhole = clients[slot].bodyBytes == clients[slot].announcedBytes
        }
        let fresh = clients[slot].bodyBytes - clients[slot].reservedBytes
        if clients[slot].bodyBytes > shared.options.maxBody {
            refuseTooLarge(slot)
            return .refused
        }
        if fresh > 0 {
            guard shared.reserveBody(fresh) else {
                refuse(slot, .noMemory, mustClose: !isWhole)
                return .refused
            }
            clients[slot].reservedBytes += fresh
        }
        return isWhole ? .whole : .more
    }

    /// Decodes the chunks received since, and closes the gap that their framing leaves.
    private mutating func decodeChunks(_ slot: Int) -> ChunkStep.Outcome {
        let start = clients[slot].bodyEnd
        var decoder = clients[slot].chunks
        let region = unsafe clients[slot].input.mutableBytes(from: start)
        let step = unsafe decoder.decode(region)
        clients[slot].chunks = decoder
        clients[slot].bodyBytes += step.produced
        let following = region.count - step.consumed
        if following > 0, step.consumed > step.produced {
            unsafe region.baseAddress!.advanced(by: step.produced).copyMemory(from: region.baseAddress! + step.consumed, byteCount: following)
        }
        clients[slot].input.truncate(to: start + step.produced + following)
        return step.outcome
    }

    /// Space for what is still to come: all of it where that is known and not large; else half as much again as is there, or more
    /// where a free buffer has it: what is announced alone must not hold memory.
    private mutating func makeRoomForBody(_ slot: Int) -> Bool {
        let held = clients[slot].input.count
        let whole = clients[slot].headBytes + clients[slot].announcedBytes
        let wanted = clients[slot].flags.contains(.isChunkedBody) || whole > Limits.largeBufferBytes ? max(held + held / 2, held + 1) : whole
        if clients[slot].input.capacity - clients[slot].input.start > held, clients[slot].input.space > 0 { return true }
        return buffers.grow(&clients[slot].input, toHold: max(wanted, held + 1), wanted: min(whole, Limits.bufferBytesAheadOfBody * held))
    }

    private mutating func refuseTooLarge(_ slot: Int) {
        clients[slot].flags.insert(.lingersUnbounded)
        refuse(slot, Refusal(413, "request_too_large", "the body is larger than --max-body allows"), mustClose: true)
    }

    // MARK: - Content

    /// Whether a request of this method without content is routed by the rule's own backendRefs.
    mutating func mayLackContent(_ method: HTTPMethod) -> Bool {
        switch method {
        case .get, .head, .options, .delete: true
        default: false
        }
    }

    /// Whether the model goes into the body of requests to this rule.
    mutating func isPatched(_ rule: rtbl_rule) -> Bool {
        guard let pool = rule.modelPoolIndex else { return false }
        let snapshot = unsafe configuration.pointee.snapshot
        guard let provider = unsafe snapshot.pointee.table.pools[pool].providerIndex else { return false }
        return unsafe snapshot.pointee[provider].modelHeader.isEmpty
    }

    /// Why a body that the model must be written into cannot be: it is coded, or not JSON. The request's head is in
    /// `requestHead`.
    mutating func refusalOfContent(_ slot: Int) -> Refusal? {
        let table = unsafe configuration.pointee.snapshot.pointee.table
        guard let match = clients[slot].match, isPatched(table.rules[table.routes[match.route].ruleIndex]) else { return nil }
        let head = clients[slot].input.bytes
        for i in 0..<requestHead.fields.count {
            let field = requestHead.fields[i]
            let value = head[field.value.indices]
            switch field.id {
            case .contentEncoding where !value.isEmpty && !value.equalsIgnoringCase("identity"):
                return Refusal(415, "unsupported_content_encoding", "the body must be sent without a content coding", acceptsIdentity: true)
            case .contentType where !value.isJSONContentType:
                return Refusal(415, "unsupported_content_type", "the body must be JSON: Content-Type application/json")
            default: continue
            }
        }
        return nil
    }
}

extension HTTPMethod {
    /// Its bit in a route's set; 0: it has none.
    var bit: UInt16 {
        switch self {
        case .get: UInt16(RTBL_METHOD_GET)
        case .head: UInt16(RTBL_METHOD_HEAD)
        case .post: UInt16(RTBL_METHOD_POST)
        case .put: UInt16(RTBL_METHOD_PUT)
        case .delete: UInt16(RTBL_METHOD_DELETE)
        case .options: UInt16(RTBL_METHOD_OPTIONS)
        case .patch: UInt16(RTBL_METHOD_PATCH)
        case .connect, .trace, .other: 0
        }
    }
}

extension Bytes {
    func equalsIgnoringCase(_ literal: StaticString) -> Bool { equalsIgnoringCase(Bytes(literal)) }

    func equalsIgnoringCase(_ other: Bytes) -> Bool {
        guard count == other.count else { return false }
        for i in 0..<count where ASCII.lowercased(self[i]) != ASCII.lowercased(other[i]) { return false }
        return true
    }

    /// `application/json` or a type with the suffix `+json` (RFC 6839, 3.1); parameters do not count.
    var isJSONContentType: Bool {
        if self == Bytes("application/json") { return true } // what nearly all say
        var end = 0
        while end < count, self[end] != ASCII.semicolon { end += 1 }
        while end > 0, ASCII.isBlank(self[end - 1]) { end -= 1 }
        let type = self[0..<end]
        if type.equalsIgnoringCase("application/json") { return true }
        return type.count > 5 && type.contains(ASCII.slash) && type.from(type.count - 5).equalsIgnoringCase("+json")
    }
}

extension Bytes {
    /// Of a host, which has no byte above 0x7F: adding 0x80 - x sets a byte's top bit exactly if the byte is at least x.
    fileprivate var hasUppercaseASCII: Bool {
        var found: UInt64 = 0
        for i in stride(from: 0, to: count, by: 8) {
            let word = word(at: i)
            found |= (word &+ 0x3F3F_3F3F_3F3F_3F3F) & ~(word &+ 0x2525_2525_2525_2525)
        }
        return found & 0x8080_8080_8080_8080 != 0
    }
}
