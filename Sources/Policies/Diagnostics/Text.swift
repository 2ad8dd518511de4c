/// Names and values as messages show them.
package enum Text {
    /// In double quotes.
    package static func quoted(_ value: String) -> String { "\"\(quotable(value))\"" }

    /// Control characters escaped, cut to `Limits.quotedCharacters`: a message is one line whatever the input holds.
    package static func quotable(_ value: String) -> String {
        // Nearly every name: subjects of messages are made for every rule, and shown of few.
        let isPlain = value.utf8.allSatisfy { (0x20..<0x7F).contains($0) && $0 != 0x22 && $0 != 0x5C }
        if isPlain, value.utf8.count <= Limits.quotedCharacters { return value }
        var out = ""
        for scalar in value.unicodeScalars.prefix(Limits.quotedCharacters) {
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: out += "\\u{\(String(scalar.value, radix: 16))}"
            case 0x22, 0x5C: out += "\\"; out.unicodeScalars.append(scalar)
            default: out.unicodeScalars.append(scalar)
            }
        }
        return value.unicodeScalars.count > Limits.quotedCharacters ? out + "…" : out
    }

    /// `a, b or c`.
    package static func alternatives(_ values: [String]) -> String {
        guard let last = values.last, values.count > 1 else { return values.first ?? "" }
        return values.dropLast().joined(separator: ", ") + " or " + last
    }
}
