import CLinux
import RoutingTable

/// The admin port's HTTP: one request a connection, served by the control thread. It may allocate, and nothing
/// that happens here holds a request up.
final class AdminPort {
    private let listener: Int32
    private let epoll: Int32
    private let respond: (AdminRequest) -> AdminResponse
    private var connections: [Int32: Connection] = [:]
    private var head = RequestHead()

    private struct Connection {
        var received: [UInt8] = []
        var headProgress = HeadProgress()
        var unsent: ArraySlice<UInt8> = []
        var isAnswered = false
        var deadline: UInt64
    }

    /// - Parameter epoll: where the listener and its connections are watched, under their descriptors.
    init(listener: Int32, epoll: Int32, respond: @escaping (AdminRequest) -> AdminResponse) {
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
        let now = cl_boot_nanos() / 1_000_000
        for (descriptor, connection) in connections where connection.deadline <= now { close(descriptor) }
    }

    private func accept() {
        let descriptor = cl_accept(listener)
        guard descriptor >= 0 else { return }
        guard connections.count < Limits.adminConnections,
            cl_epoll_add(epoll, descriptor, CL_EPOLLIN | CL_EPOLLOUT | CL_EPOLLET, UInt64(descriptor)) == 0
        else {
            _ = cl_close(descriptor)
            return
        }
        connections[descriptor] = Connection(deadline: cl_boot_nanos() / 1_000_000 + Limits.adminMillis)
    }

    private func close(_ descriptor: Int32) {
        connections[descriptor] = nil
        _ = cl_close(descriptor)
    }

    private func serve(_ descriptor: Int32) {
        guard var connection = connections[descriptor] else { return }
        let isOpen = connection.isAnswered || receive(descriptor, &connection)
        connections[descriptor] = connection
        guard isOpen, send(descriptor) else { return close(descriptor) }
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
            if let response = answer(to: connection.received, &connection.headProgress) {
                connection.unsent = response[...]
                connection.isAnswered = true
                return true
            }
        }
    }

    /// nil: the request is not whole yet.
    private func answer(to received: [UInt8], _ progress: inout HeadProgress) -> [UInt8]? {
        switch unsafe head.parse(received.span.bytes, progress: &progress) {
        case .needMore: return nil // a head that does not end within bounds is bad
        case .bad(let fault): return AdminResponse.text(fault.status, "\(fault.text)\n").encoded(isHead: false)
        case .done(let bytes):
            let method = String(decoding: received[head.methodName.indices], as: UTF8.self)
            let path = String(decoding: received[head.path.indices], as: UTF8.self)
            let query = head.query.map { String(decoding: received[$0.indices], as: UTF8.self) }
            let length = Int(clamping: head.contentLength ?? 0)
            guard length <= Limits.adminBodyBytes, !head.isChunked else {
                return AdminResponse.text(413, "requests here need no content\n").encoded(isHead: false)
            }
            guard received.count - bytes >= length else { return nil }
            let authorization = head.fields.first(.authorization).map { String(decoding: received[$0.value.indices], as: UTF8.self) }
            let host = String(decoding: received[head.host.indices], as: UTF8.self)
            let request = AdminRequest(method: method, path: path, query: query, host: host, authorization: authorization)
            return respond(request).encoded(isHead: method == "HEAD")
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
        }
        _ = cl_shutdown_write(descriptor)
        return false
    }
}

struct AdminRequest {
    let method: String
    let path: String
    let query: String?
    /// Without the port.
    let host: String
    let authorization: String?

    /// The value of a query parameter.
    func parameter(_ name: String) -> String? {
        for pair in (query ?? "").split(separator: "&") where pair.hasPrefix("\(name)=") { return String(pair.dropFirst(name.count + 1)) }
        return nil
    }
}

struct AdminResponse {
    let status: UInt16
    let contentType: String
    let body: [UInt8]

    static func text(_ status: UInt16, _ body: String) -> AdminResponse {
        AdminResponse(status: status, contentType: "text/plain; charset=utf-8", body: Array(body.utf8))
    }

    static func json(_ value: JSONValue) -> AdminResponse {
        guard let body = value.encoded() else { return .text(503, "no memory for the answer\n") }
        return AdminResponse(status: 200, contentType: "application/json", body: body)
    }

    func encoded(isHead: Bool) -> [UInt8] {
        let reason = status == 200 ? "OK" : Bytes(Refusal.reason(status)).text
        let head = "HTTP/1.1 \(status) \(reason)\r\nContent-Type: \(contentType)\r\nContent-Length: \(body.count)\r\n"
            + "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
        return Array(head.utf8) + (isHead ? [] : body)
    }
}
