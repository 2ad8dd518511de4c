/// A YAML document in the making: mappings, lists and scalars, indented by two blanks. It writes what every YAML
/// parser reads the same way: strings are plain where nothing else could be meant, else in double quotes as in JSON.
indirect enum YAMLText {
    case string(String)
    case number(Int)
    case flag(Bool)
    case list([YAMLText])
    /// In this order; a nil value leaves the member out.
    case map([(String, YAMLText?)])

    /// - Parameter comment: a line before it.
    func document(comment: String? = nil) -> String {
        var out = comment.map { "# \($0)\n" } ?? ""
        write(to: &out, indent: 0, isFirst: true)
        return out
    }

    /// - Parameter isFirst: whether the first line is indented already (behind `- `).
    private func write(to out: inout String, indent: Int, isFirst: Bool) {
        let margin = String(repeating: " ", count: indent)
        switch self {
        case .string, .number, .flag: out += scalar + "\n"
        case .list(let items):
            for (number, item) in items.enumerated() {
                out += (number == 0 && isFirst ? "" : margin) + "- "
                item.write(to: &out, indent: indent + 2, isFirst: true)
            }
        case .map(let members):
            for (number, (name, value)) in members.filter({ $0.1 != nil }).enumerated() {
                out += (number == 0 && isFirst ? "" : margin) + name + ":"
                guard let value else { continue }
                if let text = value.inline { out += " \(text)\n" } else {
                    out += "\n"
                    out += String(repeating: " ", count: indent + 2)
                    value.write(to: &out, indent: indent + 2, isFirst: true)
                }
            }
        }
    }

    /// On the line of its name; nil: on lines of its own.
    private var inline: String? {
        switch self {
        case .string, .number, .flag: scalar
        case .list(let items): items.isEmpty ? "[]" : nil
        case .map(let members): members.contains { $0.1 != nil } ? nil : "{}"
        }
    }

    private var scalar: String {
        switch self {
        case .number(let number): String(number)
        case .flag(let flag): flag ? "true" : "false"
        case .string(let text): Self.isPlain(text) ? text : Self.quoted(text)
        case .list, .map: ""
        }
    }

    /// Letters first, and nothing that YAML gives a meaning; no word that YAML 1.1 takes for a boolean or null.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first) || first == 0x2F else { return false }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || "-._/".utf8.contains($0) }) else { return false }
        return !["y", "n", "yes", "no", "on", "off", "true", "false", "null"].contains(text.lowercased())
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || [0x2028, 0x2029, 0xfeff, 0xfffe, 0xffff].contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
