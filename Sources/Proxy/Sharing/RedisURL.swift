/// Where Redis or Valkey is, and who asks: `redis://[user:password@]host[:port][/db]`, or `unix:PATH[?db=N]`.
///
/// Its description is for logs and has no password; neither has what a `Fault` says.
package struct RedisURL: Equatable, CustomStringConvertible, Sendable {
    package enum Place: Equatable, Sendable {
        case host(String, port: UInt16)
        case socket(path: String)
    }

    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    package private(set) var place: Place
    /// nil: the default user.
    package private(set) var user: String?
    package private(set) var password: String?
    package private(set) var database = 0

    package init(_ text: String) throws(Fault) {
        guard let colon = text.firstIndex(of: ":") else { throw Self.usage }
        let scheme = text[..<colon].lowercased()
        var rest = text[text.index(after: colon)...]
        switch scheme {
        case "redis", "valkey":
            guard rest.hasPrefix("//") else { throw Self.usage }
            rest = rest.dropFirst(2)
            place = .socket(path: "")
            try takeUser(&rest)
            try takeHost(rest)
        case "unix":
            place = .socket(path: "")
            if rest.hasPrefix("//") {
                rest = rest.dropFirst(2)
                try takeUser(&rest)
            }
            try takePath(rest)
        case "rediss", "valkeys":
            throw Fault(description: "\(scheme):// is not served, since hiredis has no TLS here; put a TLS tunnel, such as stunnel, before Redis and name its end with redis://")
        default: throw Self.usage
        }
    }

    private static let usage = Fault(description: "redis://[user:password@]host[:port][/db] or unix:PATH[?db=N] is needed")

    /// `user:password@` or `:password@`; both may be percent-encoded.
    private mutating func takeUser(_ rest: inout Substring) throws(Fault) {
        guard let at = rest.lastIndex(of: "@") else { return }
        let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        rest = rest[rest.index(after: at)...]
        guard parts.count == 2 else { throw Fault(description: "before the @ user:password, or :password for the default user, is needed") }
        guard let user = Self.decode(parts[0]), let password = Self.decode(parts[1]), !password.isEmpty else {
            throw Fault(description: "user or password are not percent-encoded UTF-8, or the password is empty")
        }
        self.user = user.isEmpty ? nil : user
        self.password = password
    }

    private mutating func takeHost(_ rest: Substring) throws(Fault) {
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let (host, port) = splitHostPort(rest[..<slash], defaultPort: 6379), port > 0 else { throw Self.usage }
        place = .host(host, port: port)
        let path = rest[slash...].dropFirst()
        if !path.isEmpty { try takeDatabase(path) }
    }

    private mutating func takePath(_ rest: Substring) throws(Fault) {
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        // sun_path of sockaddr_un, less its NUL
        guard let path = Self.decode(parts[0]), path.hasPrefix("/"), path.utf8.count <= 107 else {
            throw Fault(description: "a socket's path begins with / and has at most 107 bytes: unix:/run/redis/redis.sock")
        }
        place = .socket(path: path)
        if parts.count == 2 {
            guard parts[1].hasPrefix("db=") else { throw Self.usage }
            try takeDatabase(parts[1].dropFirst(3))
        }
    }

    private mutating func takeDatabase(_ text: Substring) throws(Fault) {
        guard text.utf8.allSatisfy({ ASCII.isDigit($0) }), let number = UInt16(text) else {
            throw Fault(description: "the database is a number: redis://host/0")
        }
        database = Int(number)
    }

    /// nil: not UTF-8, a NUL, or a `%` without two hexadecimal digits.
    private static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap({ ASCII.hexValue($0) }), let low = rest.popFirst().flatMap({ ASCII.hexValue($0) }) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    package var description: String {
        switch place {
        case .host(let host, let port): "redis://\(host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host):\(port)/\(database)"
        // "unix://" may stand before a path, so a path that begins like that has it
        case .socket(let path): "\(path.hasPrefix("//") ? "unix://" : "unix:")\(path)?db=\(database)"
        }
    }
}
