/// What the bytes of a string may be, by the place where it will stand.
extension Bytes {
    var isUTF8: Bool {
        var i = 0
        while i < count {
            if word(at: i) & 0x8080_8080_8080_8080 != 0 { return unsafe String(validating: unsafeBuffer, as: UTF8.self) != nil }
            i += 8
        }
        return true
    }

    /// Nothing that could end a header line, or begin another one.
    var isPrintable: Bool {
        for i in 0..<count where self[i] < 0x20 || self[i] == 0x7f { return false }
        return true
    }

    /// Printable ASCII without blanks, `?` and `#`: what may stand in the path of a request target as it is.
    var isRequestTarget: Bool {
        for i in 0..<count where self[i] <= 0x20 || self[i] >= 0x7f || self[i] == UInt8(ascii: "?") || self[i] == UInt8(ascii: "#") { return false }
        return true
    }

    /// A host, with or without a port, as it stands in a URL and in the Host field (RFC 3986, 3.2).
    var isAuthority: Bool {
        for i in 0..<count where self[i] == UInt8(ascii: "/") || self[i] == UInt8(ascii: "@") { return false }
        return !isEmpty && isRequestTarget
    }

    /// A query parameter's name that needs no escapes: unreserved characters (RFC 3986, 2.3) and brackets.
    var isQueryName: Bool {
        for i in 0..<count where !self[i].isUnreserved && self[i] != UInt8(ascii: "[") && self[i] != UInt8(ascii: "]") { return false }
        return !isEmpty
    }

    /// RFC 9110 5.6.2.
    var isToken: Bool {
        for i in 0..<count {
            switch self[i] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): continue
            case let other where Bytes("!#$%&'*+-.^_`|~").contains(other): continue
            default: return false
            }
        }
        return count > 0
    }

    package func contains(_ byte: UInt8) -> Bool {
        for i in 0..<count where self[i] == byte { return true }
        return false
    }

    /// A quoted string in which every quote, backslash and control character is escaped.
    var isJSONString: Bool {
        guard count >= 2, self[0] == UInt8(ascii: "\""), self[count - 1] == UInt8(ascii: "\"") else { return false }
        var i = 1
        while i < count - 1 {
            switch self[i] {
            case ..<0x20, UInt8(ascii: "\""): return false
            case UInt8(ascii: "\\"):
                let escape = self[i + 1]
                guard i + 2 < count else { return false }
                if escape == UInt8(ascii: "u") {
                    guard i + 6 < count, (i + 2..<i + 6).allSatisfy({ self[$0].isHexDigit }) else { return false }
                    i += 6
                } else {
                    guard Bytes("\"\\/bfnrt").contains(escape) else { return false }
                    i += 2
                }
            default: i += 1
            }
        }
        return true
    }
}

extension UInt8 {
    @inlinable
    package var isHexDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }
}
