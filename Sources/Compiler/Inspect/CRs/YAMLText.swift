import Policies

/// A YAML document in the making: mappings, lists and scalars, indented by two blanks. It writes what every YAML
/// parser reads the same way: strings are plain where nothing else could be meant, else in double quotes as in JSON.
indirect enum YAMLText {
    case string(String)
    case number(Int)
    case flag(Bool)
    case list([YAMLText])
    /// In this order; a nil value leaves the member out.
    case map([(String, YAMLText?)])
    /// What was made of something that is written elsewhere.
    case placed(Place, YAMLText)

    func document() -> String {
        var out = YAMLOutput()
        out.write(self)
        return out.text
    }

    /// On the line of its name; nil: on lines of its own.
    fileprivate var inline: String? {
        switch self {
        case .string, .number, .flag: scalar
        case .placed(_, let text): text.inline
        case .list(let items): items.isEmpty ? "[]" : nil
        case .map(let members): members.contains { $0.1 != nil } ? nil : "{}"
        }
    }

    fileprivate var scalar: String {
        switch self {
        case .placed(_, let text): text.scalar
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

/// YAML as it grows, and where what it says was written first.
struct YAMLOutput {
    private(set) var text = ""
    private(set) var origins = Origins()
    private var line: UInt32 = 1
    /// Where the current line begins in `text`, in bytes.
    private var lineStart = 0
    private var place: Place?

    /// A line as it stands.
    mutating func add(line: String) {
        text += line
        endLine()
    }

    mutating func write(_ document: YAMLText) {
        beginLine()
        write(document, indent: 0)
    }

    /// The first line is indented already (behind `- `).
    private mutating func write(_ value: YAMLText, indent: Int) {
        let margin = String(repeating: " ", count: indent)
        switch value {
        case .string, .number, .flag:
            text += value.scalar
            endLine()
        case .placed(let inner, let value):
            let outer = place
            place = inner
            mark()
            write(value, indent: indent)
            place = outer
        case .list(let items):
            for (number, item) in items.enumerated() {
                if number > 0 { beginLine(margin) }
                text += "- "
                write(item, indent: indent + 2)
            }
        case .map(let members):
            for (number, (name, value)) in members.filter({ $0.1 != nil }).enumerated() {
                if number > 0 { beginLine(margin) }
                if case .placed(let inner, _)? = value { origins.add(line, column, inner) }
                text += name + ":"
                guard let value else { continue }
                if let inline = value.inline {
                    text += " "
                    if case .placed(let inner, _) = value { origins.add(line, column, inner) }
                    text += inline
                    endLine()
                } else {
                    endLine()
                    beginLine(margin + "  ")
                    write(value, indent: indent + 2)
                }
            }
        }
    }

    private mutating func beginLine(_ margin: String = "") {
        text += margin
        mark()
    }

    private mutating func mark() {
        if let place { origins.add(line, column, place) }
    }

    private mutating func endLine() {
        text += "\n"
        line += 1
        lineStart = text.utf8.count
    }

    /// The next character's, counted in bytes: names and margins are ASCII.
    private var column: UInt32 { UInt32(text.utf8.count - lineStart) + 1 }
}
