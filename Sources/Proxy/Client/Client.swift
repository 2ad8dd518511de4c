import CTable
import RoutingTable

/// One client connection and the request that is under way on it. A plain record in the worker's slab.
struct Client: BitwiseCopyable {
    enum State: UInt8 {
        /// Between two requests, or inside a head.
        case readingHead
        case readingBody
        /// The keys that its token is to be verified with are being fetched.
        case awaitingKeys
        /// The request is whole; its target's address is not known yet.
        case resolving
        /// A Backend said "not now"; it is asked again a little later.
        case backingOff
        /// A backend is at work on it.
        case exchanging
        /// The last answer is on its way; afterwards the connection closes.
        case closing
        /// Closed for sending; what still comes is thrown away, so that no reset eats the answer.
        case lingering
        /// The slot is free: whoever still holds its number has nothing left to do.
        case closed
    }

    struct Flags: OptionSet, BitwiseCopyable {
        let rawValue: UInt32
        /// Bytes may be waiting in the socket.
        static let readable = Flags(rawValue: 1 << 0)
        /// The peer has closed its sending side.
        static let peerClosed = Flags(rawValue: 1 << 1)
        /// No further request is read on this connection.
        static let closeAfter = Flags(rawValue: 1 << 2)
        /// The client speaks HTTP/1.0: no chunks, no interim answers.
        static let isOld = Flags(rawValue: 1 << 3)
        static let isHead = Flags(rawValue: 1 << 4)
        /// A byte of the answer has gone out: nothing can be tried again.
        static let hasAnswered = Flags(rawValue: 1 << 5)
        static let isChunkedBody = Flags(rawValue: 1 << 6)
        /// The answer goes out in chunks.
        static let isChunkedAnswer = Flags(rawValue: 1 << 7)
        /// The body gets the target's model written into it.
        static let isPatched = Flags(rawValue: 1 << 8)
        /// The body has more than one edit: it is patched as a whole, not in pieces.
        static let hasManyEdits = Flags(rawValue: 1 << 9)
        /// A half-closed client has been asked whether it still listens.
        static let wasProbed = Flags(rawValue: 1 << 11)
        /// The request under way has not been counted yet.
        static let isWaiting = Flags(rawValue: 1 << 12)
        /// The answer is a stream of server-sent events, in chunks.
        static let isEventStream = Flags(rawValue: 1 << 14)
        /// The last byte that went out ends an event, so that a comment may follow.
        static let isBetweenEvents = Flags(rawValue: 1 << 15)
        /// After a 413, or an answer that was cut: read on without a bound until the client has seen the answer.
        static let lingersUnbounded = Flags(rawValue: 1 << 13)
        /// The TLS handshake is not known to be done.
        static let isHandshaking = Flags(rawValue: 1 << 16)
        /// The request is counted in `Shared.requests`.
        static let isCounted = Flags(rawValue: 1 << 17)
        /// The tokens that its answer takes are counted, in `Worker.meters`.
        static let isMetered = Flags(rawValue: 1 << 18)
        /// The end of the connection is the end of the answer: it has no length, and the client knows no chunks.
        static let endsWithConnection = Flags(rawValue: 1 << 20)
        /// The last answer was cut off: the connection must not end as if it were whole.
        static let isCut = Flags(rawValue: 1 << 21)
        /// A browser asks whether it may send another request: its route is that one's.
        static let isPreflight = Flags(rawValue: 1 << 10)
        /// The request is counted among those that wait for a connection.
        static let isPending = Flags(rawValue: 1 << 19)
        /// The rule that it was routed to asks for something that most do not.
        static let hasRuleExtras = Flags(rawValue: 1 << 22)
    }

    var transport: Transport
    // Small fields stand together: every idle connection pays for this record.
    var state = State.readingHead
    var method = HTTPMethod.other
    /// The TLS handshake asked for a certificate, since a rule of the table admits clients by theirs.
    var wasAskedForCertificate = false
    /// The place of the table that the request under way goes by; nil: none is.
    var table: UInt8?
    var flags: Flags = []
    /// Where it comes from, where connections are counted by that.
    var address: ClientAddresses.Key?
    /// The request, head and body as received (a chunked body decoded), and what the client sent after it.
    var input = Buffer.none
    /// A piece of the answer that the socket did not take.
    var output = Buffer.none
    var headProgress = HeadProgress()
    var chunks = ChunkDecoder()

    /// Of the request's head; the body starts behind it.
    var headBytes = 0
    /// Of the body, once it is whole; until then what has been received and decoded of it.
    var bodyBytes = 0
    /// Announced by Content-Length; 0 in a chunked body.
    var announcedBytes = 0
    /// Behind the body in `input`: bytes received that are not decoded yet (chunked), or the next request.
    @inline(__always)
    var bodyEnd: Int { input.start + headBytes + bodyBytes }
    /// Milliseconds of the loop's clock at which its body was first waited for.
    var bodyBegan: UInt64 = 0
    /// What this request holds of `--max-buffered`.
    var reservedBytes = 0
    var lingered = 0

    var match: RouteMatch?
    /// The pool that the request rotates in.
    var pool: Index<rtbl_pool>?
    var target: Index<rtbl_target>?
    /// The model that the client asked for and gets (`rtbl/client-model: honour`), as a string of the table; 0: any.
    var honouredModel: UInt32 = 0
    /// Targets tried so far, by their number in the pool.
    var tried = InlineArray<8, UInt16>(repeating: 0)
    var attempts = 0
    /// Of the present target, after its answers.
    var retries: UInt32 = 0
    /// The Backend that counts this request, and the one that counts its repeats, in `BackendLoads`; nil: none does.
    var load: UInt32?
    var retryLoad: UInt32?
    /// When the rule's time for the whole request, and for one attempt, is over, on the loop's clock; .max: never.
    var requestDeadline = UInt64.max
    var attemptDeadline = UInt64.max
    /// Hash of the value by which the request keeps to one target (`rtbl/sticky`); nil: it takes its turn.
    var stickyHash: UInt64?
    var edit = BodyEdit(replacing: 0, to: 0)
    /// All edits of a body that has more than one.
    var edits = Buffer.none

    /// Slot of the backend connection at work; nil: none.
    var upstream: Int32 = -1
    /// Slot of a backend connection whose answer is held back while another target is tried, and the target that gave it.
    var heldUpstream: Int32 = -1
    var heldTarget: Index<rtbl_target>?
    /// The next client that waits for an address, or for keys.
    var nextWaiting: Int32 = -1
    var authentication = ClientAuthentication()

    init(_ transport: Transport) { self.transport = transport }

    /// The request's head, as it was received.
    @inline(__always)
    var head: Bytes { input[input.start..<(input.start + headBytes)] }
    @inline(__always)
    var body: Bytes { input[(input.start + headBytes)..<bodyEnd] }
}
