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
