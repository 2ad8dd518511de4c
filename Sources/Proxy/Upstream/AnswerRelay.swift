import CLinux
import CTable
import RoutingTable

/// A backend's answer on its way to the client: its head written anew, its body passed on as it comes.
extension Worker {
    /// Receives what the backend has sent, as long as the client takes what is passed on.
    mutating func receiveAnswer(_ upstream: Int) {
        let generation = upstreams.generation(upstream)
        for _ in 0..<Limits.piecesPerTurn {
            guard upstreams[upstream].flags.contains(.readable), isAtWork(upstream) else { return }
            let slot = Int(upstreams[upstream].client)
            guard clients[slot].output.isEmpty else { return }
            if upstreams[upstream].input.isAllocated {
                receiveRestOfHead(upstream)
            } else {
                receivePiece(upstream)
            }
            // answered, abandoned, kept idle or held: nothing more to read for this answer
            guard upstreams.generation(upstream) == generation, upstreams[upstream].client == Int32(slot) else { return }
        }
        // The others' turn: asking for the same events again raises them at once if bytes are left.
        let token = Token(.upstream, upstream, upstreams.generation(upstream))
        _ = cl_epoll_rearm(epoll, upstreams[upstream].transport.descriptor, Self.connectionEvents, token.raw)
    }

    /// Whether it is this connection's answer that its client waits for: not while it is idle or its answer held.
    mutating func isAtWork(_ upstream: Int) -> Bool {
        let slot = Int(upstreams[upstream].client)
        return slot >= 0 && clients[slot].upstream == Int32(upstream)
    }

    private mutating func receivePiece(_ upstream: Int) {
        scratch.piece.clear()
        let wanted = scratch.piece.space
        let n = scratch.piece.receive(from: upstreams[upstream].transport)
        guard noteReceived(upstream, n, wanted) else { return }
        if upstreams[upstream].state == .streaming {
            relayBody(upstream, from: 0, behindHead: false)
        } else {
            takeAnswer(upstream)
        }
    }

    /// The head came in parts: what there is of it stands in the connection's own buffer.
    private mutating func receiveRestOfHead(_ upstream: Int) {
        let held = upstreams[upstream].input.count
        guard buffers.grow(&upstreams[upstream].input, toHold: held + 1) else {
            answerBroke(upstream, "no memory for the head of the backend's answer")
            return
        }
        // All of it fits into the piece: a head is refused when it grows to `Limits.headBytes`, which is the piece's size.
        let wanted = min(upstreams[upstream].input.space, Limits.answerPieceBytes - held)
        let n = upstreams[upstream].input.receive(from: upstreams[upstream].transport, limit: wanted)
        guard noteReceived(upstream, n, wanted) else { return }
        takeHeldHead(upstream)
    }

    /// Moves what was kept of the head into the piece that is worked on, and goes on as if it had just come.
    private mutating func takeHeldHead(_ upstream: Int) {
        scratch.piece.clear()
        scratch.piece.append(upstreams[upstream].input.bytes)
        buffers.give(&upstreams[upstream].input)
        upstreams[upstream].headProgress = HeadProgress()
        takeAnswer(upstream)
    }

    /// - Returns: false if there is nothing to work on: blocked, ended, or broken, and dealt with.
    private mutating func noteReceived(_ upstream: Int, _ n: Int, _ wanted: Int) -> Bool {
        if n > 0 {
            let hasEnded = upstreams[upstream].flags.contains(.peerClosed) || upstreams[upstream].transport.hasEnded
            if n < wanted, !hasEnded { upstreams[upstream].flags.remove(.readable) }
            return true
        }
        if n == -Int(EAGAIN) {
            upstreams[upstream].flags.remove(.readable)
        } else if n == 0 {
            upstreamEnded(upstream)
        } else if n != -Int(EINTR) {
            answerBroke(upstream, "the backend broke the connection off")
        }
        return false
    }

    /// The backend has closed its side: the end of a body without a length, else an answer that is cut short.
    private mutating func upstreamEnded(_ upstream: Int) {
        if upstreams[upstream].state == .streaming, upstreams[upstream].framing == .untilClose {
            scratch.piece.clear()
            scratch.written.clear()
            emitBody(upstream, start: 0, end: 0, isLast: true, hasLeftover: true)
        } else {
            answerBroke(upstream, "the backend closed the connection before its answer was whole")
        }
    }

    mutating func answerBroke(_ upstream: Int, _ message: StaticString) {
        let slot = Int(upstreams[upstream].client)
        if upstreams[upstream].state == .exchanging { countAttempt(slot, .broken) } // else it was counted with its head
        closeUpstream(upstream)
        clients[slot].upstream = -1
        exchangeBroke(slot, Refusal(502, "bad_gateway", message))
    }

    // MARK: - Head

    /// Works on the piece as the beginning of an answer.
    private mutating func takeAnswer(_ upstream: Int) {
        let slot = Int(upstreams[upstream].client)
        while true {
            var progress = upstreams[upstream].headProgress
            let outcome = responseHead.parse(scratch.piece.bytes.span, requestMethod: clients[slot].method, progress: &progress)
            upstreams[upstream].headProgress = progress
            switch outcome {
            case .bad(let fault):
                answerBroke(upstream, fault.text)
                return
            case .needMore:
                keepPartialHead(upstream)
                return
            case .done(let bytes):
                guard responseHead.statusCode < 200 else {
                    answerHasCome(upstream, headBytes: bytes)
                    return
                }
                // Interim answers end here: 100 was not asked for, 101 neither, the others are hints that may be dropped.
                upstreams[upstream].interimAnswers += 1
                guard responseHead.statusCode != 101, Int(upstreams[upstream].interimAnswers) <= Limits.interimAnswers else {
                    answerBroke(upstream, "the backend sent an interim answer that was not asked for")
                    return
                }
                scratch.piece.consume(bytes)
                upstreams[upstream].headProgress = HeadProgress()
                if scratch.piece.isEmpty { return }
            }
        }
    }

    private mutating func keepPartialHead(_ upstream: Int) {
        guard buffers.grow(&upstreams[upstream].input, toHold: scratch.piece.count) else {
            answerBroke(upstream, "no memory for the head of the backend's answer")
            return
        }
        upstreams[upstream].input.append(scratch.piece.bytes)
    }

    /// A final answer's head is in `responseHead`, the piece behind it holds the beginning of its body.
    private mutating func answerHasCome(_ upstream: Int, headBytes: Int) {
        let slot = Int(upstreams[upstream].client)
        upstreams[upstream].keepAliveSeconds = responseHead.keepAliveTimeoutSeconds
        if responseHead.keepAlive { upstreams[upstream].flags.insert(.keepAlive) } else { upstreams[upstream].flags.remove(.keepAlive) }
        records[slot].answered = nowNanos
        records[slot].upstreamStatus = responseHead.statusCode
        noteAnswer(slot)
        let answering = clients[slot].target
        if let wait = retryWait(slot) {
            if setAside(upstream, slot, of: answering) { backOff(slot, millis: wait) }
            return
        }
        if let event = eventBit(of: responseHead.statusCode), let target = nextTarget(slot, on: event) {
            if setAside(upstream, slot, of: answering) { reach(slot, target) }
            return
        }
        dropHeldAnswer(slot)
        relayHead(upstream, headBytes: headBytes)
    }

    /// Writes the head for the client and passes it on together with what there is of the body.
    mutating func relayHead(_ upstream: Int, headBytes: Int) {
        let slot = Int(upstreams[upstream].client)
        upstreams[upstream].state = .streaming
        upstreams[upstream].framing = responseHead.framing
        if case .length(let count) = responseHead.framing { upstreams[upstream].remaining = count }
        upstreams[upstream].chunks = ChunkDecoder()
        if let target = clients[slot].target { setExchangeTimer(upstream, slot, millis: endpoint(of: target).streamTimeoutMillis) }
        if !clients[slot].flags.contains(.peerClosed) { cancelClientTimer(slot) }
        scratch.written.clear()
        writeAnswerHead(slot, scratch.piece.bytes)
        beginTokenMeter(slot, scratch.piece.bytes)
        relayBody(upstream, from: headBytes, behindHead: true)
    }

    // MARK: - Body

    /// Passes on what stands in the piece from `start` on, behind the head that waits in `scratch.written` if there is one.
    private mutating func relayBody(_ upstream: Int, from start: Int, behindHead: Bool) {
        if !behindHead { scratch.written.clear() } // others have written there since
        let end = scratch.piece.end
        let from = scratch.piece.start + start
        switch upstreams[upstream].framing {
        case .none:
            emitBody(upstream, start: 0, end: 0, isLast: true, hasLeftover: end > from)
        case .length:
            let count = min(UInt64(end - from), upstreams[upstream].remaining)
            upstreams[upstream].remaining -= count
            let isLast = upstreams[upstream].remaining == 0
            emitBody(upstream, start: from, end: from + Int(count), isLast: isLast, hasLeftover: isLast && from + Int(count) < end)
        case .chunked:
            var decoder = upstreams[upstream].chunks
            let step = unsafe decoder.decode(scratch.piece.mutableBytes(from: from))
            upstreams[upstream].chunks = decoder
            if case .bad(let fault) = step.outcome {
                answerBroke(upstream, fault.text)
                return
            }
            let isLast = step.outcome == .done
            emitBody(upstream, start: from, end: from + step.produced, isLast: isLast, hasLeftover: from + step.consumed < end)
        case .untilClose:
            emitBody(upstream, start: from, end: end, isLast: false, hasLeftover: false)
        }
    }

    /// Frames `piece[start ..< end]` for the client and sends it behind what stands in `scratch.written`.
    private mutating func emitBody(_ upstream: Int, start: Int, end: Int, isLast: Bool, hasLeftover: Bool) {
        let slot = Int(upstreams[upstream].client)
        let isChunked = clients[slot].flags.contains(.isChunkedAnswer)
        let body = scratch.piece[start..<end]
        meterTokens(slot, body, isLast: isLast)
        if !body.isEmpty { noteBody(slot, body.count) }
        if clients[slot].flags.contains(.isEventStream), !body.isEmpty { noteEventEnd(slot, body) }
        if isChunked { appendChunk(body, isLast: isLast) }
        let passed: Passed
        if isChunked || body.isEmpty {
            passed = scratch.written.isEmpty ? .sent : passOn(slot, scratch.written, isLast: isLast)
        } else if !scratch.written.isEmpty {
            passed = passOn(slot, scratch.written, behindIt: body, isLast: isLast)
        } else {
            var message = scratch.piece
            message.consume(start - message.start)
            message.truncate(to: end)
            passed = passOn(slot, message, isLast: isLast)
        }
        scratch.written.clear()
        if passed == .clientHasGone { return }
        if isLast {
            clients[slot].upstream = -1
            releaseUpstream(upstream, hasLeftover: hasLeftover)
            if passed == .sent { answerHasEnded(slot) }
        } else if let target = clients[slot].target {
            setExchangeTimer(upstream, slot, millis: endpoint(of: target).streamTimeoutMillis)
        }
    }

    private mutating func noteEventEnd(_ slot: Int, _ body: Bytes) {
        let last = body.count - 1
        let ends = last >= 1 && body[last] == ASCII.lineFeed
            && (body[last - 1] == ASCII.lineFeed || (last >= 2 && body[last - 1] == ASCII.carriageReturn && body[last - 2] == ASCII.lineFeed))
        if ends { clients[slot].flags.insert(.isBetweenEvents) } else { clients[slot].flags.remove(.isBetweenEvents) }
    }

    private enum Passed { case sent, posted, clientHasGone }

    /// Sends a piece of the answer, with `body` behind it if it is `scratch.written`; or puts it off where it is the whole.
    private mutating func passOn(_ slot: Int, _ piece: Buffer, behindIt body: Bytes = .empty, isLast: Bool) -> Passed {
        let isFirst = clients[slot].flags.insert(.hasAnswered).inserted
        if isFirst { countRequest(slot, status: responseHead.statusCode) }
        if isFirst, isLast, clients[slot].output.isEmpty, postAnswer(slot, body) { return .posted }
        var message = piece
        message.append(body)
        guard sendToClient(slot, message) else { return .clientHasGone }
        if isFirst { noteSpent(slot) }
        return .sent
    }

    /// Of an answer that was put off, `n` bytes have been sent, or -errno says why none were.
    mutating func answerWasSent(_ slot: Int, _ n: Int) {
        guard n >= 0 || n == -Int(EAGAIN) || n == -Int(EINTR) else {
            clientHasGone(slot)
            return
        }
        clients[slot].output.consume(max(0, n))
        if clients[slot].output.isEmpty { buffers.give(&clients[slot].output) }
        noteSpent(slot)
        answerHasEnded(slot)
    }

    private mutating func noteBody(_ slot: Int, _ count: Int) {
        records[slot].answerBytes += UInt64(count)
        if records[slot].firstByte == 0 { records[slot].firstByte = nowNanos }
    }

    private mutating func appendChunk(_ body: Bytes, isLast: Bool) {
        if !body.isEmpty {
            scratch.written.append(hex: UInt64(body.count))
            scratch.written.append("\r\n")
            scratch.written.append(body)
            scratch.written.append("\r\n")
        }
        if isLast { scratch.written.append("0\r\n\r\n") }
    }

    private mutating func answerHasEnded(_ slot: Int) {
        finishRequest(slot)
        advanceClient(slot)
    }

    /// The client has taken all that was kept for it: the backend may send on, or the next request begin.
    mutating func resumeRelay(_ slot: Int) {
        if clients[slot].state == .exchanging, clients[slot].upstream >= 0 {
            receiveAnswer(Int(clients[slot].upstream))
        } else {
            advanceClient(slot)
        }
    }
}
