import CLinux
import RoutingTable

/// A listening socket.
struct Socket {
    let descriptor: Int32
    /// With the port that was given for port 0.
    let name: String

    /// - Parameter address: `ADDR:PORT`, checked when the options were read.
    /// - Throws: exit code 69 where the address is in use or not this machine's.
    init(listeningOn address: String) throws(Server.Exit) {
        var bound = cl_address()
        var wanted = Self.parse(address)
        descriptor = unsafe cl_listen(&wanted, Limits.listenBacklog, &bound)
        guard descriptor >= 0 else {
            throw Server.Exit(code: 69, message: "cannot listen on \(address): \(systemMessage(descriptor))")
        }
        let host = address.prefix(upTo: address.lastIndex(of: ":")!)
        name = unsafe "\(host):\(cl_address_port(&bound))"
    }

    /// The one of `inherited` that listens on this address, taken out of the list; nil: none does.
    init?(takenFrom inherited: inout [Int32], for address: String) {
        var wanted = Self.parse(address)
        guard let position = inherited.firstIndex(where: { unsafe cl_takes_over($0, &wanted) == 1 }) else { return nil }
        descriptor = inherited.remove(at: position)
        name = address
    }

    static func isLoopback(_ address: String) -> Bool {
        var parsed = parse(address)
        return unsafe cl_address_is_loopback(&parsed) != 0
    }

    private static func parse(_ address: String) -> cl_address {
        var parsed = cl_address()
        if let (host, port) = splitHostPort(address, defaultPort: nil) { unsafe _ = cl_address_parse(host, port, &parsed) }
        return parsed
    }
}

/// All listening sockets of the process: those that another process hands over or systemd passed, the rest bound anew. One
/// socket for each address: closing one of several that share an address by SO_REUSEPORT would reset what waits in its queue.
struct Listeners {
    /// `--listen`, then `--listen-tls`.
    let traffic: [Socket]
    let admin: Socket

    /// - Parameter inherited: sockets that listen already.
    /// - Throws: exit code 69 where an address is in use, or systemd passed a socket that no option names.
    init(_ options: Options, inherited: [Int32]) throws(Server.Exit) {
        let passed = (0..<cl_listen_descriptors()).map { 3 + $0 }
        var rest = inherited + passed
        func take(_ address: String) throws(Server.Exit) -> Socket {
            if let taken = Socket(takenFrom: &rest, for: address) { return taken }
            return try Socket(listeningOn: address)
        }
        var traffic: [Socket] = []
        for address in options.listen + options.listenTLS { traffic.append(try take(address)) }
        admin = try take(options.admin)
        self.traffic = traffic
        if let stranger = rest.first(where: { passed.contains($0) }) {
            throw Server.Exit(code: 64, message: "socket \(stranger) that the service manager passed listens on no address of --listen, --listen-tls or --admin")
        }
        for descriptor in rest { _ = cl_close(descriptor) } // addresses that the new process does not serve any more
    }
}
