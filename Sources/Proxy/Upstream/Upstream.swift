import RoutingTable

/// One connection to a backend. A plain record in the worker's slab.
struct Upstream: BitwiseCopyable {
    enum State: UInt8 {
        case connecting
        /// Connected; the TLS handshake is under way.
        case securing
        /// The request is going out; an answer may come any time.
        case exchanging
        /// The head of the answer has been passed on; its body follows.
        case streaming
        /// The head of an answer that said "not done" is kept while another target is tried.
        case held
        /// Kept for the next request.
        case idle
        /// The slot is free.
        case closed
    }

    struct Flags: OptionSet, BitwiseCopyable {
        let rawValue: UInt8
        static let readable = Flags(rawValue: 1 << 0)
        static let peerClosed = Flags(rawValue: 1 << 1)
        /// It carried a request before, so that a failure to send says nothing about the backend.
        static let isReused = Flags(rawValue: 1 << 2)
        /// A byte of the present request has been sent.
        static let hasSent = Flags(rawValue: 1 << 3)
        /// The whole request has been sent.
        static let hasSentAll = Flags(rawValue: 1 << 4)
        /// The backend will take another request when this answer has ended.
        static let keepAlive = Flags(rawValue: 1 << 5)
        /// It sent something before it was asked: whatever it sends next may be the answer to anything.
        static let spokeFirst = Flags(rawValue: 1 << 6)
    }

    var transport: Transport
    var state = State.connecting
    var flags: Flags = []
    var interimAnswers: UInt8 = 0
    /// Which of the host's addresses this connection went to.
    var addressNumber: UInt8 = 0
    /// Seconds after which the backend closes an idle connection; nil: it did not say.
    var keepAliveSeconds: UInt32?
    /// In the address book.
    var address: UInt32
    /// Slot of the client that is served; -1 while idle.
    var client: Int32
    /// The Backend that counts this connection, in `BackendLoads`; nil: none does.
    var load: UInt32?
    /// Among the idle ones of the same address, and among all in the order in which they became idle.
    var nextIdle: Int32 = -1
    var previousIdle: Int32 = -1
    var olderIdle: Int32 = -1
    var newerIdle: Int32 = -1
    /// What of a request could not be sent at once and does not stand in the client's own buffer.
    var output = Buffer.none
    /// What of `output` counts to `--max-buffered`: the patched copy of a body.
    var reservedBytes = 0
    /// Where in the patched body sending goes on, once `output` is empty.
    var bodySent = 0
    /// An answer whose head is not whole yet, or is held.
    var input = Buffer.none
    var headProgress = HeadProgress()
    var framing = BodyFraming.none
    /// Of a body with a length: bytes still to come.
    var remaining: UInt64 = 0
    var chunks = ChunkDecoder()

    init(_ transport: Transport, address: UInt32, client: Int) {
        self.transport = transport
        self.address = address
        self.client = Int32(client)
    }
}
