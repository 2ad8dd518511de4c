import CLinux
import RoutingTable

/// The admin port's HTTP: one request a connection, served by the control thread. It may allocate, and nothing
/// that happens here holds a request up.
///
/// An answer is whole, or a stream of events that stays open: what `broadcast` is given goes to all of these.
final class AdminPort {
    private let listener: Int32
    private let epoll: Int32
    /// From a request and the number of open streams.
    private let respond: (AdminRequest, Int) -> AdminResponse
    private var connections: [Int32: Connection] = [:]
    private var head = RequestHead()

    private struct Connection {
        var received: [UInt8] = []
        var headProgress = HeadProgress()
        var unsent: ArraySlice<UInt8> = []
        var isAnswered = false
        var isStream = false
        var deadline: UInt64
    }

    /// Open streams of events.
    private(set) var streamCount = 0

    /// - Parameter epoll: where the listener and its connections are watched, under their descriptors.
    init(listener: Int32, epoll: Int32, respond: @escaping (AdminRequest, Int) -> AdminResponse) {
        self.listener = listener
        self.epoll = epoll
        self.respond = respond
        _ = cl_epoll_add(epoll, listener, CL_EPOLLIN, UInt64(listener))
    }

    /// - Returns: whether the descriptor is one of this port's.
    func handle(_ descriptor: Int32) -> Bool {
        if descriptor == listener {
            accept()
            return true
        }
        guard connections[descriptor] != nil else { return false }
        serve(descriptor)
        return true
    }

    /// The listener is another process's now; connections that stand are answered.
    func stopListening() {
        _ = cl_epoll_remove(epoll, listener)
        _ = cl_close(listener)
    }

    func expire() {
        let now = nowMillis
        for (descriptor, connection) in connections where connection.deadline <= now { close(descriptor) }
    }

    /// Sends an event to every stream, and drops those for whom too much has piled up.
    func broadcast(_ event: [UInt8]) {
        for (descriptor, connection) in connections where connection.isStream {
            guard connection.unsent.count + event.count <= Limits.eventBacklogBytes else {
                close(descriptor)
                continue
            }
            connections[descriptor]!.unsent += event
            if !send(descriptor) { close(descriptor) }
        }
    }

    private var nowMillis: UInt64 { cl_boot_nanos() / 1_000_000 }

    private func accept() {
        let descriptor = cl_accept(listener)
        guard descriptor >= 0 else { return }
        guard connections.count < Limits.adminConnections,
            cl_epoll_add(epoll, descriptor, CL_EPOLLIN | CL_EPOLLOUT | CL_EPOLLET, UInt64(descriptor)) == 0
        else {
            _ = cl_close(descriptor)
            return
        }
        connections[descriptor] = Connection(deadline: nowMillis + Limits.adminMillis)
    }

    private func close(_ descriptor: Int32) {
        if connections.removeValue(forKey: descriptor)?.isStream == true { streamCount -= 1 }
        _ = cl_close(descriptor)
    }

    private func serve(_ descriptor: Int32) {
        guard var connection = connections[descriptor] else { return }
        let isOpen = connection.isStream ? isSilent(descriptor) : connection.isAnswered || receive(descriptor, &connection)
        connections[descriptor] = connection
        guard isOpen, send(descriptor) else { return close(descriptor) }
    }

    /// Whether the reader of a stream is still there. It has nothing more to say.
    private func isSilent(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        return unsafe cl_recv(descriptor, &byte, 1) == -Int(EAGAIN)
    }

    /// - Returns: false if the peer has gone.
    private func receive(_ descriptor: Int32, _ connection: inout Connection) -> Bool {
        while true {
            var piece = [UInt8](repeating: 0, count: 4096)
            let n = unsafe cl_recv(descriptor, &piece, piece.count)
            if n == -Int(EAGAIN) { return true }
            if n == -Int(EINTR) { continue }
            if n <= 0 { return false }
            connection.received += piece.prefix(n)
            if let answer = answer(to: connection.received, &connection.headProgress) {
                connection.unsent = answer.bytes[...]
                connection.isAnswered = true
                connection.isStream = answer.isStream
                if answer.isStream {
                    streamCount += 1
                    cl_user_timeout(descriptor, UInt32(Limits.eventStallMillis)) // for what the kernel holds for the reader
                }
                connection.received = []
                return true
            }
        }
    }

    /// nil: the request is not whole yet.
    private func answer(to received: [UInt8], _ progress: inout HeadProgress) -> (bytes: [UInt8], isStream: Bool)? {
        switch unsafe head.parse(received.span.bytes, progress: &progress) {
        case .needMore: return nil // a head that does not end within bounds is bad
        case .bad(let fault): return (AdminResponse.text(fault.status, "\(fault.text)\n").encoded(isHead: false), false)
        case .done(let bytes):
            let length = Int(clamping: head.contentLength ?? 0)
            guard length <= Limits.adminBodyBytes, !head.isChunked else {
                return (AdminResponse.text(413, "requests here need no content\n").encoded(isHead: false), false)
            }
            guard received.count - bytes >= length else { return nil }
            let request = AdminRequest(head, in: received)
            let response = respond(request, streamCount)
            let isHead = request.method == "HEAD"
            return (response.encoded(isHead: isHead), response.isStream && !isHead)
        }
    }

    /// - Returns: false if the answer is out, or the peer gone.
    private func send(_ descriptor: Int32) -> Bool {
        guard let connection = connections[descriptor], connection.isAnswered else { return true }
        var unsent = connection.unsent
        while !unsent.isEmpty {
            let n = unsafe unsent.withUnsafeBytes { unsafe cl_send(descriptor, $0.baseAddress, $0.count) }
            if n == -Int(EAGAIN) {
                connections[descriptor]?.unsent = unsent
                return true
            }
            if n <= 0 { return false }
            unsent = unsent.dropFirst(n)
            if connection.isStream { connections[descriptor]!.deadline = nowMillis + Limits.eventStallMillis }
        }
        if connection.isStream {
            connections[descriptor]!.unsent = []
            return true
        }
        _ = cl_shutdown_write(descriptor)
        return false
    }
}
