import RoutingTable

/// Connections whose next bytes stand in their `output`, to be sent when the turn's events have been worked on.
///
/// The worker's own code and the kernel's for sending are each larger than a processor's first cache. Message by message
/// they push each other out of it; many messages of one kind after another share what is in it.
struct Outbox {
    private struct Message: BitwiseCopyable {
        var token: Token
        /// Bytes that were sent, or -errno.
        var result = 0
    }

    private var messages = InlineArray<32, Message>(repeating: Message(token: Token(raw: 0)))
    private(set) var count = 0
    /// Only while a turn's events are worked on: what is put off then is sent before the worker can sleep.
    var isOpen = false

    var takesMore: Bool { isOpen && count < Limits.postedMessages }

    mutating func append(_ token: Token) {
        messages[count] = Message(token: token)
        count += 1
    }

    subscript(_ number: Int) -> Token { messages[number].token }

    func result(_ number: Int) -> Int { messages[number].result }
    mutating func note(_ result: Int, of number: Int) { messages[number].result = result }

    mutating func clear() { count = 0 }
}

extension Worker {
    /// Puts off sending a client's whole answer to the end of the turn, and the end of its request with it. In
    /// `scratch.written` stands its head, or all of it.
    ///
    /// - Returns: false if it is to be sent at once.
    mutating func postAnswer(_ slot: Int, _ body: Bytes) -> Bool {
        precondition(!scratch.written.isEmpty)
        guard var output = roomToPost(body.count) else { return false }
        output.append(body)
        clients[slot].output = output
        outbox.append(Token(.client, slot, clients.generation(slot)))
        return true
    }

    /// The same of a whole request whose head stands in `scratch.written`, with `bodyCount` bytes of a body to come behind it.
    mutating func postRequest(_ upstream: Int, bodyCount: Int) -> Bool {
        guard let output = roomToPost(bodyCount) else { return false }
        upstreams[upstream].output = withBody(Int(upstreams[upstream].client), bodyCount, behind: output)
        outbox.append(Token(.upstream, upstream, upstreams.generation(upstream)))
        return true
    }

    /// A copy of the head, and room behind it for `bodyCount` bytes; nil: they are many, or there is no memory.
    private mutating func roomToPost(_ bodyCount: Int) -> Buffer? {
        let count = scratch.written.count + bodyCount
        guard outbox.takesMore, count <= Limits.postedBytes, var output = buffers.take(atLeast: count) else { return nil }
        output.append(scratch.written.bytes)
        return output
    }

    /// Sends all that was put off, then does what follows from it. Nothing more is put off in this turn.
    mutating func sendPosted() {
        outbox.isOpen = false
        for number in 0..<outbox.count {
            let token = outbox[number]
            guard isToBeSent(token) else { continue }
            let isClient = token.kind == .client
            let result = isClient ? clients[token.slot].output.send(to: clients[token.slot].transport)
                : upstreams[token.slot].output.send(to: upstreams[token.slot].transport)
            outbox.note(result, of: number)
        }
        for number in 0..<outbox.count {
            let token = outbox[number]
            guard isToBeSent(token) else { continue }
            if token.kind == .client {
                enter(token.slot)
                answerWasSent(token.slot, outbox.result(number))
            } else {
                enter(Int(upstreams[token.slot].client))
                requestWasSent(token.slot, outbox.result(number))
            }
        }
        outbox.clear()
    }

    /// Not if its connection has closed meanwhile, nor to a backend whose early answer is held back.
    private mutating func isToBeSent(_ token: Token) -> Bool {
        isCurrent(token) && (token.kind == .client || isAtWork(token.slot))
    }
}

extension Limits {
    /// Put off in one turn, at most the size of `Outbox`'s list; further ones are sent as they come …
    static let postedMessages = 32
    /// … and so are longer ones.
    static let postedBytes = 4 << 10
}
