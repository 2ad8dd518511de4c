import CHiredis
import CLinux
import RoutingTable

/// One connection to Redis that never waits: hiredis writes commands and reads replies, the socket is ours.
@safe
struct RedisConnection: ~Copyable {
    /// Why a connection is given up, for people: no content, no password.
    struct Fault: Error {
        let message: String
    }

    // Safe: hiredis' own; freed, with its socket, in deinit.
    private let context: UnsafeMutablePointer<redisContext>
    /// When each command without a reply was sent, in nanoseconds of the boot clock, the oldest first.
    private(set) var awaited: [UInt64] = []
    private var hasOutput = false

    /// Takes over a connected socket, or one that is being connected.
    ///
    /// - Returns: nil if there is no memory; the socket is closed.
    init?(adopting socket: Int32) {
        guard let context = unsafe redisConnectFd(socket) else {
            _ = cl_close(socket)
            return nil
        }
        unsafe context.pointee.flags &= ~REDIS_BLOCK // nothing to receive is no error
        unsafe self.context = context
    }

    deinit { unsafe redisFree(context) }

    var socket: Int32 { unsafe context.pointee.fd }
    /// Whether there is something to send for which the socket had no room.
    var wantsToSend: Bool { hasOutput }

    /// Sends a command; what does not fit into the socket goes out with `flush`.
    mutating func send(_ words: [[UInt8]], now: UInt64) throws(Fault) {
        let flat = Array(words.joined()) + [0] // never empty, so that it has an address
        var lengths = words.map { $0.count }
        let code = unsafe flat.withUnsafeBufferPointer { bytes in
            var places: [UnsafePointer<CChar>?] = unsafe []
            var offset = 0
            for length in lengths {
                unsafe places.append(UnsafeRawPointer(bytes.baseAddress! + offset).assumingMemoryBound(to: CChar.self))
                offset += length
            }
            return unsafe redisAppendCommandArgv(context, Int32(lengths.count), &places, &lengths)
        }
        guard code == REDIS_OK else { throw fault() }
        awaited.append(now)
        try flush()
    }

    mutating func flush() throws(Fault) {
        var isDone: Int32 = 0
        guard unsafe redisBufferWrite(context, &isDone) == REDIS_OK else { throw fault() }
        hasOutput = isDone == 0
    }

    /// What has come: replies, the oldest first, and what came unasked.
    mutating func receive() throws(Fault) -> [RedisReply] {
        var replies: [RedisReply] = []
        for _ in 0..<Limits.redisReceivesPerTurn {
            let before = unsafe context.pointee.reader.pointee.len
            guard unsafe redisBufferRead(context) == REDIS_OK else { throw fault() }
            let isEmpty = unsafe context.pointee.reader.pointee.len == before
            while let reply = try next() { replies.append(reply) }
            if isEmpty { break }
            guard unsafe context.pointee.reader.pointee.len <= Limits.redisReplyBytes else {
                throw Fault(message: "a reply is larger than \(Limits.redisReplyBytes) bytes")
            }
        }
        return replies
    }

    /// The oldest command has its reply.
    ///
    /// - Returns: when it was sent.
    mutating func takeAwaited() throws(Fault) -> UInt64 {
        guard !awaited.isEmpty else { throw Fault(message: "a reply came to no command") }
        return awaited.removeFirst()
    }

    private func next() throws(Fault) -> RedisReply? {
        var reply: UnsafeMutableRawPointer?
        guard unsafe redisGetReplyFromReader(context, &reply) == REDIS_OK else { throw fault() }
        guard let found = unsafe reply else { return nil }
        defer { unsafe freeReplyObject(found) }
        return unsafe RedisReply(copying: found.assumingMemoryBound(to: redisReply.self))
    }

    /// What hiredis says: of the system or the protocol, never content.
    private func fault() -> Fault {
        let text = unsafe withUnsafeBytes(of: &context.pointee.errstr) { unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return Fault(message: text.isEmpty ? "the connection was lost" : text)
    }
}

extension RedisConnection {
    /// Opens a connection, trying the addresses of the host one after the other. Looks the name up, and waits: for the
    /// thread that shares alone.
    static func open(_ url: RedisURL) throws(Fault) -> RedisConnection {
        var problem = "no address"
        for address in try addresses(of: url) {
            var address = address
            let socket = unsafe cl_stream_socket(&address)
            guard socket >= 0 else { throw Fault(message: "no socket: \(systemMessage(socket))") }
            let code = unsafe connect(socket, &address)
            if code == 0 {
                guard let connection = RedisConnection(adopting: socket) else { throw Fault(message: "no memory") }
                return connection
            }
            problem = systemMessage(code)
            _ = cl_close(socket)
        }
        throw Fault(message: "cannot connect: \(problem)")
    }

    private static func addresses(of url: RedisURL) throws(Fault) -> [cl_address] {
        var found = [cl_address](repeating: cl_address(), count: Limits.redisAddresses)
        switch url.place {
        case .socket(let path):
            unsafe _ = cl_address_local(path, &found[0])
            return [found[0]]
        case .host(let host, let port):
            if unsafe cl_address_parse(host, port, &found[0]) == 0 { return [found[0]] }
            let count = unsafe cl_resolve(host, port, &found, Int32(found.count))
            guard count > 0 else { throw Fault(message: "the name \(host) is not found") }
            return Array(found.prefix(Int(count)))
        }
    }

    /// 0, or -errno.
    private static func connect(_ socket: Int32, _ address: UnsafePointer<cl_address>) -> Int32 {
        let code = unsafe cl_connect(socket, address)
        guard code == -EINPROGRESS else { return code }
        return cl_poll_out(socket, Int32(Limits.redisConnectMillis)) > 0 ? cl_socket_error(socket) : -ETIMEDOUT
    }
}
