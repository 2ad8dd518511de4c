/// Where a Backend is reached: what `--backend NAME=URL` says, or what the table says.
struct BackendURL: Equatable {
    var isTLS: Bool
    /// A name or an address, without brackets.
    var host: String
    var port: UInt16
    /// Without a trailing `/`; empty if the URL has none, so that the Backend's own base path stays.
    var path: String

    /// - Returns: nil unless `text` is `http://host[:port][/path]` or `https://…`, without user, query or fragment.
    init?(_ text: String) {
        var rest = text[...]
        if rest.hasPrefix("http://") {
            isTLS = false
            rest = rest.dropFirst(7)
        } else if rest.hasPrefix("https://") {
            isTLS = true
            rest = rest.dropFirst(8)
        } else {
            return nil
        }
        let authority = rest.prefix { $0 != "/" }
        path = String(rest.dropFirst(authority.count))
        while path.hasSuffix("/") { path.removeLast() }
        guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }) else { return nil }
        guard let (host, port) = splitHostPort(authority, defaultPort: isTLS ? 443 : 80) else { return nil }
        self.host = host
        self.port = port
    }

    /// As the Host field goes out: with the port unless it is the scheme's own (RFC 9110, 7.2).
    var hostHeader: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port == (isTLS ? 443 : 80) ? name : "\(name):\(port)"
    }
}

/// `host:port` or `[v6]:port` into its parts, brackets removed; a missing port is `defaultPort`, or nil is returned.
func splitHostPort(_ text: some StringProtocol, defaultPort: UInt16?) -> (host: String, port: UInt16)? {
    var host = Substring(text)
    var portText: Substring?
    if host.hasPrefix("[") {
        guard let close = host.firstIndex(of: "]") else { return nil }
        let after = host[host.index(after: close)...]
        guard after.isEmpty || after.hasPrefix(":") else { return nil }
        portText = after.isEmpty ? nil : after.dropFirst()
        host = host[host.index(after: host.startIndex)..<close]
    } else if let colon = host.lastIndex(of: ":") {
        portText = host[host.index(after: colon)...]
        host = host[..<colon]
        guard !host.contains(":") else { return nil }
    }
    let isHostByte = { (byte: UInt8) in byte > 0x20 && byte < 0x7f && !Array("@/?#\\".utf8).contains(byte) }
    guard !host.isEmpty, host.utf8.allSatisfy(isHostByte) else { return nil }
    if let portText {
        guard portText.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let port = UInt16(portText) else { return nil }
        return (String(host), port)
    }
    return defaultPort.map { (String(host), $0) }
}
