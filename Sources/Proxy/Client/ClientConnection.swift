import CLinux
import CTable
import RoutingTable
import Synchronization

/// A client connection from accept to close, and its way from state to state.
extension Worker {
    static var connectionEvents: UInt32 { CL_EPOLLIN | CL_EPOLLOUT | CL_EPOLLRDHUP | CL_EPOLLET }

    /// - Parameters:
    ///   - descriptor: of a connection that `Shared.admitClient` let in.
    ///   - isTLS: it came to one of `--listen-tls`.
    mutating func openClient(_ descriptor: Int32, isTLS: Bool) {
        var transport = Transport(descriptor)
        var address: ClientAddresses.Key?
        if let addresses = shared.clientAddresses {
            address = ClientAddresses.Key(peerOf: descriptor)
            if let address, !addresses.admit(address) {
                if !isTLS { sayTooManyConnections(transport) }
                shared.clientHasLeft()
                transport.close()
                return
            }
        }
        if isTLS {
            guard let context = unsafe configuration.pointee.listenerContext, unsafe transport.acceptTLS(context) else {
                turnAway(transport, from: address)
                return
            }
        }
        guard let slot = clients.take(Client(transport)) else {
            turnAway(transport, from: address)
            return
        }
        clients[slot].address = address
        if lines != nil { addressTexts[slot] = AddressText(peerOf: descriptor) }
        let token = Token(.client, slot, clients.generation(slot))
        guard cl_epoll_add(epoll, descriptor, Self.connectionEvents, token.raw) == 0 else {
            clients.give(slot)
            turnAway(transport, from: address)
            return
        }
        if isTLS {
            clients[slot].flags.insert(.isHandshaking)
            clients[slot].wasAskedForCertificate = unsafe configuration.pointee.asksForCertificate
        }
        // a handshake is part of the first head
        setClientTimer(slot, millis: isTLS ? shared.options.headTimeoutMillis : shared.options.idleTimeoutMillis)
    }

    /// There is no memory, slot or event for a connection that was let in.
    private mutating func turnAway(_ transport: Transport, from address: ClientAddresses.Key?) {
        var transport = transport
        forgetClient(address)
        transport.close()
    }

    private mutating func forgetClient(_ address: ClientAddresses.Key?) {
        shared.clientHasLeft()
        if let address { shared.clientAddresses?.leave(address) }
    }

    /// Nothing of the request has been read: its answer goes out as far as the socket takes it, and is lost where a reset
    /// is faster. A slot and a buffer for it would be what the limit is to save.
    private mutating func sayTooManyConnections(_ transport: Transport) {
        logTurnedAway(transport.descriptor, status: 503, "too_many_connections")
        scratch.written.clear()
        scratch.written.append("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n")
        date.append(to: &scratch.written)
        scratch.written.append("\r\n")
        _ = scratch.written.send(to: transport)
        _ = cl_shutdown_write(transport.descriptor)
        unsafe counters.pointee.countRequest(api: nil, environment: 0, status: 503)
    }

    /// Closes a client's connection and ends what a backend does for it.
    ///
    /// - Parameter reset: close so that the client sees that its answer was cut, whatever else is lost by it.
    mutating func closeClient(_ slot: Int, reset: Bool = false) {
        endRecord(slot, isCut: true)
        abandonUpstreams(slot)
        leaveWaiting(slot)
        leaveBackend(slot)
        leaveRetry(slot)
        releaseBody(slot)
        releaseTable(slot)
        buffers.give(&clients[slot].edits)
        buffers.give(&clients[slot].input)
        buffers.give(&clients[slot].output)
        clients[slot].transport.close(reset ? .reset : ending(slot))
        cancelClientTimer(slot)
        if parsedClient == slot { parsedClient = -1 }
        clients[slot].state = .closed
        let address = clients[slot].address
        clients.give(slot)
        forgetClient(address)
    }

    /// Gives back what the request under way counts for.
    mutating func releaseBody(_ slot: Int) {
        settleTokens(slot)
        if clients[slot].flags.contains(.isCounted) {
            clients[slot].flags.remove(.isCounted)
            shared.requestHasEnded()
        }
        guard clients[slot].reservedBytes > 0 else { return }
        shared.releaseBody(clients[slot].reservedBytes)
        clients[slot].reservedBytes = 0
    }

    mutating func clientEvent(_ slot: Int, _ events: UInt32) {
        enter(slot)
        // While it lingers, both sides have ended in order: what is left is read, so that no reset eats the answer.
        let bothSidesEnded = clients[slot].state == .lingering && events & CL_EPOLLERR == 0
        if events & (CL_EPOLLERR | CL_EPOLLHUP) != 0, !bothSidesEnded {
            clientHasGone(slot)
            return
        }
        if events & CL_EPOLLIN != 0 { clients[slot].flags.insert(.readable) }
        if clients[slot].transport.isTLS {
            // a handshake may have waited for room to send
            clients[slot].flags.insert(.readable)
            clients[slot].transport.noteReadable(ended: events & CL_EPOLLRDHUP != 0)
        }
        if events & CL_EPOLLRDHUP != 0 { clientHasClosedItsSide(slot) }
        if events & CL_EPOLLOUT != 0, !clients[slot].output.isEmpty {
            guard flushClient(slot) else { return }
            resumeRelay(slot)
            return
        }
        if clients[slot].state != .exchanging { advanceClient(slot) }
    }

    /// Both directions are gone: nobody is left to answer.
    mutating func clientHasGone(_ slot: Int) {
        if clients[slot].flags.contains(.isWaiting) { countRequest(slot, status: 499) }
        closeClient(slot)
    }

    /// A client that only closes its sending side still wants its answer (RFC 9112, 9.6); one that closes the whole
    /// connection looks the same until something is sent to it, and then replies with a reset. So where an answer
    /// takes its time, something harmless is sent: before the answer an interim one, between two server-sent events
    /// a comment. Elsewhere the kernel's keep-alive notices, as soon as the peer's kernel has forgotten the connection.
    private mutating func clientHasClosedItsSide(_ slot: Int) {
        let isNew = !clients[slot].flags.contains(.peerClosed)
        clients[slot].flags.formUnion([.peerClosed, .readable])
        guard isNew, clients[slot].state == .exchanging else { return }
        watchHalfClosedClient(slot)
    }

    /// Of a client that has closed its sending side and has a request under way.
    mutating func watchHalfClosedClient(_ slot: Int) {
        cl_keep_alive(clients[slot].transport.descriptor, Limits.halfClosedKeepAliveSeconds)
        setClientTimer(slot, millis: Limits.halfClosedProbeMillis)
    }

    mutating func clientExpired(_ slot: Int) {
        enter(slot)
        switch clients[slot].state {
        case .readingHead where !clients[slot].output.isEmpty: readerExpired(slot)
        case .readingHead:
            if clients[slot].input.isEmpty {
                closeClient(slot)
            } else {
                clients[slot].headBytes = 0
                refuse(slot, Refusal(408, "request_timeout", "the request's head did not arrive in time"), mustClose: true)
                advanceClient(slot)
            }
        case .readingBody where isRequestOverdue(slot): requestTimedOut(slot)
        case .readingBody:
            refuse(slot, Refusal(408, "request_timeout", "the request's body did not arrive in time"), mustClose: true)
            advanceClient(slot)
        case .awaitingKeys: resumeAuthentication(slot)
        case .resolving:
            leaveWaiting(slot)
            if isRequestOverdue(slot) {
                countAttempt(slot, .timeout)
                requestTimedOut(slot)
            } else {
                attemptFailed(slot, .timeout)
            }
        case .backingOff where isRequestOverdue(slot): requestTimedOut(slot)
        case .backingOff: retry(slot)
        case .exchanging: probeHalfClosedClient(slot)
        case .closing: readerExpired(slot)
        case .lingering: closeClient(slot)
        case .closed: break
        }
    }

    private mutating func probeHalfClosedClient(_ slot: Int) {
        let flags = clients[slot].flags
        guard flags.contains(.peerClosed), flags.isDisjoint(with: [.isOld, .wasProbed]), clients[slot].output.isEmpty else { return }
        if !flags.contains(.hasAnswered) {
            clients[slot].flags.insert(.wasProbed)
            sendContinue(slot)
        } else if flags.isSuperset(of: [.isEventStream, .isBetweenEvents]) {
            clients[slot].flags.insert(.wasProbed)
            scratch.written.clear()
            scratch.written.append("3\r\n:\n\n\r\n") // a comment, which every reader skips (HTML, 9.2.6)
            _ = sendToClient(slot)
        }
    }

    mutating func sendContinue(_ slot: Int) {
        guard clients[slot].output.isEmpty else { return }
        scratch.written.clear()
        scratch.written.append("HTTP/1.1 100 Continue\r\n\r\n")
        _ = sendToClient(slot)
    }

    /// Moves the client on until it waits for something.
    ///
    /// A step may end a request, and whoever ends one calls this: the loop that runs already goes on by itself, so
    /// that pipelined requests that fail at once do not pile up on the stack.
    mutating func advanceClient(_ slot: Int) {
        guard advancingClient != slot else { return }
        advancingClient = slot
        defer { advancingClient = -1 }
        for _ in 0..<Limits.stepsPerTurn {
            switch clients[slot].state {
            case .readingHead: guard readHead(slot) else { return }
            case .readingBody: guard readBody(slot) else { return }
            case .awaitingKeys, .resolving, .backingOff, .exchanging, .closed: return
            case .closing:
                guard clients[slot].output.isEmpty else { return }
                beginLingering(slot)
            case .lingering: guard linger(slot) else { return }
            }
        }
        // The others' turn: asking for the same events again raises them at once.
        let token = Token(.client, slot, clients.generation(slot))
        _ = cl_epoll_rearm(epoll, clients[slot].transport.descriptor, Self.connectionEvents, token.raw)
    }

    // MARK: - Receiving

    enum Received { case some, blocked, end }

    /// Receives into the client's buffer, which has space.
    mutating func receive(_ slot: Int, limit: Int = .max) -> Received {
        guard clients[slot].flags.contains(.readable) else { return .blocked }
        let wanted = min(clients[slot].input.space, limit)
        let n = clients[slot].input.receive(from: clients[slot].transport, limit: wanted)
        if n > 0 {
            // A short read has emptied the socket: the next bytes raise a new event, unless the end is there already.
            if n < wanted, !clients[slot].flags.contains(.peerClosed), !clients[slot].transport.hasEnded { clients[slot].flags.remove(.readable) }
            return .some
        }
        if n == -Int(EAGAIN) {
            clients[slot].flags.remove(.readable)
            return .blocked
        }
        return n == -Int(EINTR) ? .some : .end
    }

    // MARK: - Sending

    /// Sends `scratch.written`; what the socket does not take now is kept in the client's own buffer.
    ///
    /// - Returns: false if the client has gone, and its slot with it.
    mutating func sendToClient(_ slot: Int) -> Bool {
        sendToClient(slot, scratch.written)
    }

    /// The same for bytes that stand elsewhere in the worker's memory.
    mutating func sendToClient(_ slot: Int, _ message: Buffer) -> Bool {
        var rest = message
        if clients[slot].output.isEmpty {
            let n = rest.send(to: clients[slot].transport)
            if n == rest.count { return true }
            if n < 0, n != -Int(EAGAIN), n != -Int(EINTR) {
                clientHasGone(slot)
                return false
            }
            rest.consume(max(0, n))
        }
        guard buffers.grow(&clients[slot].output, toHold: clients[slot].output.count + rest.count) else {
            cutAnswer(slot) // no memory for the rest of it
            advanceClient(slot)
            return false
        }
        clients[slot].output.append(rest.bytes)
        return true
    }

    /// Sends what was kept.
    ///
    /// - Returns: whether all of it is gone and the client still there.
    mutating func flushClient(_ slot: Int) -> Bool {
        let n = clients[slot].output.send(to: clients[slot].transport)
        if n < 0 {
            if n != -Int(EAGAIN), n != -Int(EINTR) { clientHasGone(slot) }
            return false
        }
        clients[slot].output.consume(n)
        if clients[slot].output.isEmpty { buffers.give(&clients[slot].output) }
        // The answer is complete here, and its client reads it: it has its time again for the rest, or for its next request.
        if clients[slot].state == .readingHead || clients[slot].state == .closing { awaitClient(slot) }
        return clients[slot].output.isEmpty
    }

    /// The client has taken nothing of its answer's rest for a while, or so little that no event told of it: the kernel
    /// raises one when a third of its buffer is free.
    private mutating func readerExpired(_ slot: Int) {
        let held = clients[slot].output.count
        if flushClient(slot) {
            resumeRelay(slot)
        } else if clients[slot].state != .closed, clients[slot].output.count == held {
            closeClient(slot, reset: true)
        }
    }

    /// Between two requests, or with the last answer still on its way: for as long the client is waited for.
    private mutating func awaitClient(_ slot: Int) {
        var millis = shared.options.idleTimeoutMillis
        if clients[slot].state == .readingHead, clients[slot].output.isEmpty {
            if !clients[slot].input.isEmpty { millis = shared.options.headTimeoutMillis } // not read before the answer was out
            else if isDraining { millis = min(millis, Limits.drainIdleMillis) }
        }
        setClientTimer(slot, millis: millis)
    }

    // MARK: - The end of a connection

    /// Part of an answer is out, and its rest will not come. The client must see that (RFC 9112, 8), but must not lose to a
    /// reset what it has not read yet (9.6): whole answers to earlier requests, and what has come of this one. Where a
    /// length or chunks say that the end is missing, the connection ends in order behind what was sent. Only where its
    /// end would pass for the answer's, it is reset.
    mutating func cutAnswer(_ slot: Int) {
        guard !clients[slot].flags.contains(.endsWithConnection) else {
            closeClient(slot, reset: true)
            return
        }
        abandonUpstreams(slot)
        clients[slot].flags.insert(.closeAfter)
        finishRequest(slot)
        clients[slot].flags.formUnion([.isCut, .lingersUnbounded])
    }

    private mutating func ending(_ slot: Int) -> Transport.Ending { clients[slot].flags.contains(.isCut) ? .cut : .whole }

    private mutating func beginLingering(_ slot: Int) {
        clients[slot].transport.endSending(ending(slot))
        clients[slot].state = .lingering
        setClientTimer(slot, millis: Limits.lingerMillis)
    }

    /// Throws away what still comes. RFC 9112, 9.6.
    ///
    /// - Returns: false: it waits for more, or the connection is closed.
    private mutating func linger(_ slot: Int) -> Bool {
        clients[slot].input.clear()
        guard buffers.grow(&clients[slot].input, toHold: 1) else {
            closeClient(slot)
            return false
        }
        switch receive(slot) {
        case .some:
            clients[slot].lingered += clients[slot].input.count
            guard clients[slot].lingered <= Limits.lingerBytes || clients[slot].flags.contains(.lingersUnbounded) else {
                closeClient(slot)
                return false
            }
            return true
        case .blocked:
            clients[slot].input.clear()
            buffers.give(&clients[slot].input)
            return false
        case .end:
            closeClient(slot)
            return false
        }
    }

    /// The request has been answered and its body received: what follows is the next request.
    mutating func finishRequest(_ slot: Int) {
        endRecord(slot)
        let received = min(clients[slot].headBytes + clients[slot].bodyBytes, clients[slot].input.count)
        clients[slot].input.consume(received)
        releaseBody(slot)
        buffers.give(&clients[slot].edits)
        dropHeldAnswer(slot)
        leaveBackend(slot)
        leaveRetry(slot)
        releaseTable(slot)
        if parsedClient == slot { parsedClient = -1 }
        clients[slot].match = nil
        clients[slot].attempts = 0
        clients[slot].requestDeadline = .max
        clients[slot].attemptDeadline = .max
        clients[slot].headBytes = 0
        clients[slot].bodyBytes = 0
        clients[slot].announcedBytes = 0
        clients[slot].headProgress = HeadProgress()
        let kept: Client.Flags = [.readable, .peerClosed, .closeAfter]
        clients[slot].flags.formIntersection(kept)
        if clients[slot].flags.contains(.closeAfter) {
            buffers.give(&clients[slot].input)
            clients[slot].state = .closing
        } else {
            clients[slot].state = .readingHead
            if clients[slot].input.isEmpty {
                buffers.give(&clients[slot].input)
            } else {
                // The next head has begun. What a large body took is no longer held by a few bytes behind it.
                buffers.shrink(&clients[slot].input)
            }
        }
        awaitClient(slot)
    }

    mutating func countRequest(_ slot: Int, status: UInt16) {
        clients[slot].flags.remove(.isWaiting)
        records[slot].status = status
        let table = unsafe configuration.pointee.snapshot.pointee.table
        guard let match = clients[slot].match else {
            unsafe counters.pointee.countRequest(api: nil, environment: 0, status: status)
            return
        }
        let rule = table.rules[table.routes[match.route].ruleIndex]
        unsafe counters.pointee.countRequest(api: row(rule.apiIndex), environment: Int(rule.environment), status: status)
    }
}
