import Policies

/// Host names of routes, listeners and Backends.
enum HostText {
    /// A DNS name in lower case, perhaps with `*.` before it; nil: it is none.
    static func routeHost(_ text: String) -> String? {
        // The same string where it can be: its storage is shared.
        let host = text.utf8.contains { (0x41...0x5A).contains($0) } ? text.lowercased() : text
        let name = host.hasPrefix("*.") ? host.dropFirst(2) : host[...]
        return isName(name) ? host : nil
    }

    /// A name or an address, without brackets.
    static func backendHost(_ text: String) -> String? {
        if text.hasPrefix("["), text.hasSuffix("]") { return isIPv6(text.dropFirst().dropLast()) ? String(text.dropFirst().dropLast()) : nil }
        if text.contains(":") { return isIPv6(text[...]) ? text : nil }
        return isName(text[...], underscores: true) ? text : nil
    }

    /// `http://` or `https://`, a host, perhaps a port, perhaps a path and a query; no user, no fragment.
    static func isURL(_ text: String) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: { text.lowercased().hasPrefix($0) }), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
              !text.contains("#"), !text.contains("\\") else { return false }
        var authority = text.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
            guard let port = Int(authority[authority.index(after: colon)...]), (1...65_535).contains(port) else { return false }
            authority = authority[..<colon]
        }
        return backendHost(String(authority)) != nil
    }

    /// Whether a listener of this host name takes requests for the route's host name (Gateway API: intersection).
    static func listener(_ listener: String, takes host: String) -> Bool {
        if listener == host { return true }
        if listener.hasPrefix("*.") { return host.hasSuffix(listener.dropFirst()) }
        return host.hasPrefix("*.") && listener.hasSuffix(host.dropFirst())
    }

    private static func isName(_ text: Substring, underscores: Bool = false) -> Bool {
        guard !text.isEmpty, text.utf8.count <= Limits.objectName else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            let bytes = Array(label.utf8)
            guard let first = bytes.first, let last = bytes.last, bytes.count <= 63 else { return false }
            return first != UInt8(ascii: "-") && last != UInt8(ascii: "-")
                && bytes.allSatisfy { Pattern.isAlphanumeric($0) || $0 == UInt8(ascii: "-") || (underscores && $0 == UInt8(ascii: "_")) }
        }
    }

    /// RFC 4291 2.2, without a zone.
    private static func isIPv6(_ text: Substring) -> Bool {
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        guard halves.count <= 2, !text.contains(":::") else { return false }
        var groups = 0
        for (index, half) in halves.enumerated() where !half.isEmpty {
            let parts = half.split(separator: ":", omittingEmptySubsequences: false)
            for (position, part) in parts.enumerated() {
                if part.contains("."), index == halves.count - 1, position == parts.count - 1 {
                    let numbers = part.split(separator: ".", omittingEmptySubsequences: false)
                    guard numbers.count == 4, numbers.allSatisfy({ UInt8($0) != nil && $0.count <= 3 }) else { return false }
                    groups += 2
                } else {
                    guard (1...4).contains(part.count), part.allSatisfy(\.isHexDigit) else { return false }
                    groups += 1
                }
            }
        }
        return halves.count == 2 ? groups <= 7 : groups == 8
    }
}
