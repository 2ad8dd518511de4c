import CLinux
import CTable
import RoutingTable

/// Writes a request anew for its target, from what was understood of it, and sends it.
extension Worker {
    /// Sends a whole request on a connection that is ready for one.
    mutating func sendRequest(_ upstream: Int) {
        let slot = Int(upstreams[upstream].client)
        if let target = clients[slot].target, unsafe configuration.pointee.lacksCredential(target) {
            closeUpstream(upstream)
            attemptFailed(slot, .credential)
            return
        }
        ensureParsed(slot)
        awaitAnswer(upstream)
        scratch.written.clear()
        let bodyCount = patchedLength(slot)
        writeRequestHead(slot, bodyCount: bodyCount)
        upstreams[upstream].bodySent = 0
        let isJoined = bodyCount <= (upstreams[upstream].transport.isTLS ? Limits.joinedSecureBodyBytes : Limits.joinedBodyBytes)
        let hasWholeBody = isJoined || clients[slot].flags.contains(.hasManyEdits)
        if hasWholeBody { upstreams[upstream].bodySent = .max }
        if clients[slot].flags.contains(.hasManyEdits) {
            guard writeWholePatchedBody(slot, upstream, bodyCount) else { return }
        }
        if upstreams[upstream].output.isEmpty {
            if isJoined {
                if postRequest(upstream, bodyCount: bodyCount) { return }
                scratch.written = withBody(slot, bodyCount, behind: scratch.written)
            }
            guard sendBeginning(upstream, withPieces: !hasWholeBody) else { return }
        }
        continueRequest(upstream)
    }

    /// The time to the answer's head begins anew with every piece of the request that goes out.
    private mutating func awaitAnswer(_ upstream: Int) {
        let slot = Int(upstreams[upstream].client)
        guard upstreams[upstream].state == .exchanging, let target = clients[slot].target else { return }
        setExchangeTimer(upstream, slot, millis: endpoint(of: target).responseTimeoutMillis)
    }

    /// Bytes of the request have gone out.
    private mutating func noteSent(_ upstream: Int) {
        guard upstreams[upstream].flags.insert(.hasSent).inserted else { return }
        let slot = Int(upstreams[upstream].client)
        noteSpent(slot)
        records[slot].sent = records[slot].looked
    }

    /// Sends what stands in `scratch.written`, and with it as much of a body that stands elsewhere as the socket takes. What
    /// it does not take of the former is kept with the connection.
    ///
    /// - Returns: false if the connection failed, and has been dealt with.
    private mutating func sendBeginning(_ upstream: Int, withPieces: Bool) -> Bool {
        let transport = upstreams[upstream].transport
        let n = withPieces ? sendPieces(Int(upstreams[upstream].client), transport, head: scratch.written.bytes, from: 0) : scratch.written.send(to: transport)
        guard n >= 0 || n == -Int(EAGAIN) || n == -Int(EINTR) else {
            sendingFailed(upstream)
            return false
        }
        if n > 0 { noteSent(upstream) }
        let ofHead = min(max(0, n), scratch.written.count)
        if withPieces { upstreams[upstream].bodySent = max(0, n) - ofHead }
        scratch.written.consume(ofHead)
        guard !scratch.written.isEmpty else { return true }
        guard buffers.grow(&upstreams[upstream].output, toHold: scratch.written.count) else {
            sendingFailed(upstream)
            return false
        }
        upstreams[upstream].output.append(scratch.written.bytes)
        return true
    }

    /// Goes on sending: first what was kept, then the body from where it stands.
    mutating func continueRequest(_ upstream: Int) {
        var n = 0
        if !upstreams[upstream].output.isEmpty {
            n = upstreams[upstream].output.send(to: upstreams[upstream].transport)
            if n >= 0 { awaitAnswer(upstream) }
        }
        requestWasSent(upstream, n)
    }

    /// What follows when `n` bytes of what was kept have been sent, or -errno says why none were.
    mutating func requestWasSent(_ upstream: Int, _ n: Int) {
        guard n >= 0 else {
            if n != -Int(EAGAIN), n != -Int(EINTR) { sendingFailed(upstream) }
            return
        }
        if n > 0 { noteSent(upstream) }
        upstreams[upstream].output.consume(n)
        guard upstreams[upstream].output.isEmpty else { return }
        buffers.give(&upstreams[upstream].output)
        releaseCopy(upstream)
        if upstreams[upstream].bodySent != .max {
            guard sendBodyPieces(upstream) else { return }
        }
        upstreams[upstream].flags.insert(.hasSentAll)
    }

    /// The connection took no more. If it is an old one that its peer closed in the meantime, and nothing was sent,
    /// that says nothing about the backend: the same target gets a fresh connection.
    private mutating func sendingFailed(_ upstream: Int) {
        let slot = Int(upstreams[upstream].client)
        let flags = upstreams[upstream].flags
        if flags.contains(.hasSent) || upstreams[upstream].state != .exchanging {
            // An answer may still be on its way in, or has begun before the request was sent: it, or the end, decides.
            upstreams[upstream].flags.formUnion([.readable, .peerClosed])
            upstreams[upstream].flags.remove(.keepAlive)
            buffers.give(&upstreams[upstream].output)
            releaseCopy(upstream)
            upstreams[upstream].bodySent = .max
            receiveAnswer(upstream)
            return
        }
        let address = upstreams[upstream].address
        closeUpstream(upstream)
        clients[slot].upstream = -1
        if flags.contains(.isReused) {
            connect(slot, address, addressNumber: 0)
        } else {
            attemptFailed(slot, .connect)
        }
    }

    // MARK: - Body

    private mutating func literal(_ slot: Int) -> Bytes {
        guard let target = clients[slot].target else { return .empty }
        let table = unsafe configuration.pointee.snapshot.pointee.table
        return table.string(table.targets[target].model_literal)
    }

    /// Runs `body` with the edits of a client's request, which stand in its record, or with none.
    private mutating func withEdits<Result>(_ slot: Int, _ body: (Span<BodyEdit>, borrowing MemberPath) -> Result) -> Result? {
        let snapshot = unsafe configuration.pointee.snapshot
        guard clients[slot].flags.contains(.isPatched), let pool = clients[slot].pool,
            let provider = unsafe snapshot.pointee.table.pools[pool].providerIndex
        else { return nil }
        if clients[slot].flags.contains(.hasManyEdits) {
            let kept = unsafe clients[slot].edits.bytes.unsafeBuffer.bindMemory(to: BodyEdit.self)
            return unsafe body(Span(_unsafeElements: kept), snapshot.pointee[provider].modelPath)
        }
        return unsafe withUnsafePointer(to: clients[slot].edit) {
            unsafe body(Span(_unsafeStart: $0, count: 1), snapshot.pointee[provider].modelPath)
        }
    }

    mutating func patchedLength(_ slot: Int) -> Int {
        let count = clients[slot].bodyBytes
        let literalCount = literal(slot).count
        return withEdits(slot) { edits, path in
            BodyPatch.length(bodyCount: count, edits: edits, path: path, literalCount: literalCount)
        } ?? count
    }

    /// A buffer with a head, and the patched body of `length` bytes behind it, so that both go out in one piece.
    mutating func withBody(_ slot: Int, _ length: Int, behind head: Buffer) -> Buffer {
        var message = head
        let body = clients[slot].body, literal = literal(slot)
        let room = unsafe UnsafeMutableRawBufferPointer(start: message.reserve(length), count: length)
        let written = withEdits(slot) { edits, path in
            unsafe BodyPatch.write(body: body.span, edits: edits, path: path, literal: literal.span, into: room)
        }
        if let written { message.commit(written) } else { message.append(body) }
        return message
    }

    /// A body with several edits is patched as a whole into a buffer of the connection, behind the head.
    ///
    /// - Returns: false if there is no memory, and the client has been told.
    private mutating func writeWholePatchedBody(_ slot: Int, _ upstream: Int, _ length: Int) -> Bool {
        guard reserveCopy(upstream, length), buffers.grow(&upstreams[upstream].output, toHold: scratch.written.count + length) else {
            closeUpstream(upstream)
            clients[slot].upstream = -1
            refuse(slot, .noMemory)
            advanceClient(slot)
            return false
        }
        upstreams[upstream].output.append(scratch.written.bytes)
        upstreams[upstream].output = withBody(slot, length, behind: upstreams[upstream].output)
        return true
    }

    /// A copy of a body counts to `--max-buffered` as the body itself does.
    private mutating func reserveCopy(_ upstream: Int, _ count: Int) -> Bool {
        guard shared.reserveBody(count) else { return false }
        upstreams[upstream].reservedBytes += count
        return true
    }

    mutating func releaseCopy(_ upstream: Int) {
        guard upstreams[upstream].reservedBytes > 0 else { return }
        shared.releaseBody(upstreams[upstream].reservedBytes)
        upstreams[upstream].reservedBytes = 0
    }

    /// Sends a large body from where it stands in the client's buffer, around the one value that is replaced.
    ///
    /// - Returns: whether all of it has been sent.
    private mutating func sendBodyPieces(_ upstream: Int) -> Bool {
        let slot = Int(upstreams[upstream].client)
        while true {
            let total = patchedLength(slot)
            let sent = upstreams[upstream].bodySent
            if sent == total { return true }
            let n = sendPieces(slot, upstreams[upstream].transport, from: sent)
            guard n >= 0 else {
                if n != -Int(EAGAIN), n != -Int(EINTR) { sendingFailed(upstream) }
                return false
            }
            if n > 0 { noteSent(upstream) }
            upstreams[upstream].bodySent = sent + n
            awaitAnswer(upstream)
        }
    }

    /// One gathering send of the patched body from byte `from` on, behind a head. Returns the number sent, or -errno.
    private mutating func sendPieces(_ slot: Int, _ transport: Transport, head: Bytes = .empty, from: Int) -> Int {
        let body = clients[slot].body, literal = literal(slot)
        var pieces = unsafe InlineArray<6, iovec>(repeating: iovec())
        var count = 0
        var skip = from
        func add(_ bytes: Bytes) {
            if skip >= bytes.count {
                skip -= bytes.count
                return
            }
            // the kernel only reads what an iovec of a send points to
            unsafe pieces[count] = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.base + skip), iov_len: bytes.count - skip)
            count += 1
            skip = 0
        }
        if !head.isEmpty { add(head) }
        let isPatched: Void? = withEdits(slot) { edits, path in
            var next = BodyPieces()
            while let piece = next.next(bodyCount: body.count, edits: edits, path: path) {
                switch piece {
                case .body(let start, let end): add(body[start..<end])
                case .path(let start, let end): unsafe add(path.text.withUnsafeBytes { unsafe Bytes($0) }[start..<end])
                case .literal: add(literal)
                }
            }
        }
        if isPatched == nil { add(body) }
        return unsafe withUnsafePointer(to: &pieces) {
            unsafe transport.send(pieces: UnsafeRawPointer($0).assumingMemoryBound(to: iovec.self), count: count)
        }
    }
}
