import CLinux
import RoutingTable

/// `--handover PATH`: a Unix socket over which a new process takes the listening sockets from the old one. Both accept until
/// the new one says that it serves; then the old one stops and drains. What waits in a socket's queue is nobody's to lose:
/// it is the same socket.
///
/// Messages, each a packet: `take 1` from the new process, `sockets 1` with the descriptors from the old one, this Unix
/// socket itself first, then `ready` from the new one, which is answered with `go`, or with `taken` where another new
/// process was faster.
@safe
final class Handover {
    private let path: String
    private var listener: Int32
    /// New processes that have taken the sockets and not said yet that they serve.
    private var successors: [Int32] = []
    /// One of them has the sockets, and with them the path.
    private var isLent = false
    /// To the old process, until this one serves.
    private var predecessor: Int32?
    /// Sockets that the old process handed over.
    let inherited: [Int32]

    /// Takes the sockets of the process at `path`; where none is there, it is the first.
    ///
    /// - Throws: exit code 69 where there is a process that does not hand over, or the path cannot be used.
    init(path: String) throws(Server.Exit) {
        self.path = path
        let connection = unsafe cl_unix_connect(path, Limits.handoverSeconds)
        guard connection >= 0 else {
            guard [-ENOENT, -ECONNREFUSED].contains(connection) else { throw Self.fault(path, connection) }
            if connection == -ECONNREFUSED { _ = unsafe cl_unlink(path) } // left behind by a process that was killed
            listener = unsafe cl_unix_listen(path)
            guard listener >= 0 else { throw Self.fault(path, listener) }
            inherited = []
            return
        }
        Self.send("take 1", to: connection)
        var text = [UInt8](repeating: 0, count: 64), descriptors = [Int32](repeating: -1, count: Limits.handedOverSockets), count: Int32 = 0
        let bytes = unsafe cl_receive_descriptors(connection, &text, text.count, &descriptors, Int32(descriptors.count), &count)
        guard bytes > 0, String(decoding: text.prefix(bytes), as: UTF8.self) == "sockets 1", count > 0 else {
            throw Server.Exit(code: 69, message: "--handover \(path): the process there does not hand its sockets over\(bytes < 0 ? ": \(systemMessage(Int32(bytes)))" : "")")
        }
        listener = descriptors[0]
        inherited = Array(descriptors[1..<Int(count)])
        predecessor = connection
    }

    private static func fault(_ path: String, _ code: Int32) -> Server.Exit {
        Server.Exit(code: 69, message: "--handover \(path): \(systemMessage(code))")
    }

    private static func send(_ text: String, to connection: Int32, _ descriptors: [Int32] = []) {
        let bytes = Array(text.utf8)
        unsafe _ = cl_send_descriptors(connection, bytes, bytes.count, descriptors, Int32(descriptors.count))
    }

    /// This process serves: the old one may stop.
    ///
    /// - Returns: false: another new process was faster, and the sockets are that one's.
    func tellPredecessor() -> Bool {
        guard let predecessor else { return true }
        self.predecessor = nil
        defer { _ = cl_close(predecessor) }
        Self.send("ready", to: predecessor)
        var text = [UInt8](repeating: 0, count: 64), count: Int32 = 0
        let bytes = unsafe cl_receive_descriptors(predecessor, &text, text.count, nil, 0, &count)
        return String(decoding: text.prefix(max(0, bytes)), as: UTF8.self) != "taken" // silence: it was killed meanwhile
    }

    // MARK: - The old process's side

    /// - Parameter epoll: where this socket and its connections are watched, under their descriptors.
    func watch(on epoll: Int32) {
        _ = cl_epoll_add(epoll, listener, CL_EPOLLIN, UInt64(listener))
    }

    enum Event {
        /// Of another's.
        case foreign
        case handled
        /// A new process serves on the sockets: this one is to stop.
        case taken
    }

    /// - Parameter sockets: to hand over.
    func handle(_ descriptor: Int32, on epoll: Int32, sockets: [Int32]) -> Event {
        if descriptor == listener {
            accept(on: epoll)
            return .handled
        }
        guard let position = successors.firstIndex(of: descriptor) else { return .foreign }
        var text = [UInt8](repeating: 0, count: 64), count: Int32 = 0
        let bytes = unsafe cl_receive_descriptors(descriptor, &text, text.count, nil, 0, &count)
        if bytes == -Int(EAGAIN) { return .handled }
        switch String(decoding: text.prefix(max(0, bytes)), as: UTF8.self) {
        case "take 1":
            Self.send("sockets 1", to: descriptor, [listener] + sockets)
            isLent = true
            return .handled
        case "ready":
            log("the process that took the sockets over serves; draining")
            Self.send("go", to: descriptor)
            for other in successors where other != descriptor { Self.send("taken", to: other) }
            return .taken
        default:
            if bytes == 0 { log("a process that asked for the sockets has gone without serving; serving on") }
            successors.remove(at: position)
            isLent = isLent && !successors.isEmpty
            _ = cl_close(descriptor)
            return .handled
        }
    }

    private func accept(on epoll: Int32) {
        let connection = cl_unix_accept(listener)
        guard connection >= 0 else { return }
        var user: uid_t = 0
        let process = unsafe cl_unix_peer(connection, &user)
        guard process >= 0, user == 0 || user == geteuid(), successors.count < Limits.successors,
            cl_epoll_add(epoll, connection, CL_EPOLLIN, UInt64(connection)) == 0
        else {
            _ = cl_close(connection)
            return
        }
        successors.append(connection)
    }

    /// The process ends, or its sockets are another's now.
    ///
    /// - Parameter isTaken: the path belongs to the new process.
    func close(isTaken: Bool) {
        guard listener >= 0 else { return }
        if !isTaken, !isLent { _ = unsafe cl_unlink(path) }
        _ = cl_close(listener)
        listener = -1
        for successor in successors { _ = cl_close(successor) }
        successors = []
    }
}

extension Limits {
    /// How long a new process waits for the old one's sockets.
    static let handoverSeconds: Int32 = 5
    /// Sockets that are handed over, the Unix socket included; `MOST_DESCRIPTORS` of clinux.c.
    static let handedOverSockets = 250
    /// New processes at once that are about to take over.
    static let successors = 4
}
