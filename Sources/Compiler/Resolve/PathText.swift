import Policies

/// Paths as CRs write them, in the form in which requests are compared (FORMAT.md, Lookup, Path).
enum PathText {
    /// A fault, as the end of a sentence about the path.
    struct Fault: Error { let reason: String }

    /// Percent-encoded unreserved characters decoded, other escapes in upper-case hex, one trailing `/` cut.
    ///
    /// What no normalised request path holds is refused instead of normalised away: empty, `.` and `..` segments.
    /// - Parameter text: absolute.
    static func normalise(_ text: String) throws(Fault) -> String {
        var path = try decode(text)
        guard path.first == UInt8(ascii: "/") else { throw Fault(reason: "does not begin with /") }
        if path.last == UInt8(ascii: "/") { path.removeLast() }
        let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
        guard segments.count <= Limits.pathSegments else { throw Fault(reason: "has more than \(Limits.pathSegments) segments") }
        for segment in segments {
            if segment.isEmpty { throw Fault(reason: "has an empty segment") }
            if segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8) {
                throw Fault(reason: "has a . or .. segment, which are removed from every request before it is matched")
            }
        }
        return String(decoding: path, as: UTF8.self)
    }

    /// For what a backend sees: the characters are checked, nothing is changed.
    static func check(_ text: String) throws(Fault) { _ = try decode(text) }

    private static func decode(_ text: String) throws(Fault) -> [UInt8] {
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        var i = 0
        while i < bytes.count {
            if bytes[i] == UInt8(ascii: "%") {
                guard i + 2 < bytes.count, let high = hex(bytes[i + 1]), let low = hex(bytes[i + 2]) else {
                    throw Fault(reason: "has a % that is not followed by two hexadecimal digits")
                }
                let byte = high << 4 | low
                if isUnreserved(byte) { out.append(byte) } else { out += [UInt8(ascii: "%"), digit(high), digit(low)] }
                i += 3
            } else {
                guard isPathByte(bytes[i]) else { throw Fault(reason: "has the character \(offender(text)), which must be percent-encoded in a path") }
                out.append(bytes[i])
                i += 1
            }
        }
        guard out.count <= Limits.string else { throw Fault(reason: "is longer than \(Limits.string) bytes") }
        return out
    }

    /// RFC 3986 3.3: pchar and `/`.
    private static func isPathByte(_ byte: UInt8) -> Bool { isUnreserved(byte) || "/!$&'()*+,;=:@".utf8.contains(byte) }

    private static func offender(_ text: String) -> String {
        let scalar = text.unicodeScalars.first { !$0.isASCII || ($0 != "%" && !isPathByte(UInt8($0.value))) }
        return Text.quoted(scalar.map { String($0) } ?? "")
    }

    /// RFC 3986 2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        Pattern.isAlphanumeric(byte) || "-._~".utf8.contains(byte)
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }

    // MARK: regular expressions

    /// The text that a regular expression matches, if it matches only one: no operators, escapes of punctuation
    /// only; `^` at its start and `$` at its end say what holds anyway.
    static func literal(_ expression: String) -> String? {
        var rest = expression.unicodeScalars[...]
        if rest.first == "^" { rest = rest.dropFirst() }
        var out = ""
        while let character = rest.popFirst() {
            switch character {
            case "$" where rest.isEmpty: break
            case "\\":
                guard let escaped = rest.popFirst(), escaped.isASCII, !Pattern.isAlphanumeric(UInt8(escaped.value)) else { return nil }
                out.unicodeScalars.append(escaped)
            case ".", "*", "+", "?", "(", ")", "[", "]", "{", "}", "|", "^", "$": return nil
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }
}
