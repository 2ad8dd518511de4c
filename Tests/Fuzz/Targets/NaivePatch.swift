/// Patches a body that is known to be valid JSON, by recursive descent: each value is copied or replaced as it stands.
struct NaivePatch {
    /// nil: a component of the path before the last names something other than an object.
    private(set) var output: [UInt8]?

    private let bytes: [UInt8]
    private let path: [String]
    private let literal: [UInt8]
    private var at = 0
    private var isRefused = false

    init(_ bytes: [UInt8], _ path: [String], _ literal: [UInt8]) {
        (self.bytes, self.path, self.literal) = (bytes, path, literal)
        let start = blanks()
        let patched = start + object(component: 0) + blanks()
        output = isRefused ? nil : patched
    }

    /// An object on the path, patched.
    private mutating func object(component: Int) -> [UInt8] {
        at += 1
        var members: [UInt8] = blanks()
        var hasMembers = false, isFound = false
        while bytes[at] != UInt8(ascii: "}") {
            hasMembers = true
            let name = skip()
            members += name + blanks() + take(1) + blanks()
            if NaivePatch.unescaped(name) == Array(path[component].utf8) {
                isFound = true
                members += value(component: component)
            } else {
                members += skip()
            }
            members += blanks()
            if bytes[at] == UInt8(ascii: ",") { members += take(1) + blanks() }
        }
        at += 1
        return [UInt8(ascii: "{")] + (isFound ? [] : inserted(component: component, hasMembers: hasMembers)) + members + [UInt8(ascii: "}")]
    }

    /// What stands at component `component` of the path.
    private mutating func value(component: Int) -> [UInt8] {
        if component == path.count - 1 {
            _ = skip()
            return literal
        }
        guard bytes[at] == UInt8(ascii: "{") else {
            isRefused = true
            return skip()
        }
        return object(component: component + 1)
    }

    private func inserted(component: Int, hasMembers: Bool) -> [UInt8] {
        let names = path[component...].map { "\"" + $0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\u000a") + "\":" }
        return Array(names.joined(separator: "{").utf8) + literal + [UInt8](repeating: UInt8(ascii: "}"), count: names.count - 1)
            + (hasMembers ? [UInt8(ascii: ",")] : [])
    }

    // MARK: - Bytes

    private mutating func take(_ count: Int) -> [UInt8] {
        defer { at += count }
        return Array(bytes[at..<at + count])
    }

    private mutating func blanks() -> [UInt8] {
        take(bytes[at...].prefix { $0 == 32 || $0 == 9 || $0 == 10 || $0 == 13 }.count)
    }

    /// One value, or a member's name, as it stands.
    private mutating func skip() -> [UInt8] {
        let start = at
        var depth = 0
        repeat {
            switch bytes[at] {
            case UInt8(ascii: "\""): skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                at += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                at += 1
            case 32, 9, 10, 13, UInt8(ascii: ","), UInt8(ascii: ":"): at += 1
            default: skipWord()
            }
        } while depth > 0
        return Array(bytes[start..<at])
    }

    private mutating func skipString() {
        at += 1
        while bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
        at += 1
    }

    /// A number, true, false or null.
    private mutating func skipWord() {
        while at < bytes.count, !" \t\n\r,:{}[]\"".utf8.contains(bytes[at]) { at += 1 }
    }

    /// What a string in quotes stands for; a surrogate without its other half stands for nothing that a name could be.
    private static func unescaped(_ quoted: [UInt8]) -> [UInt8]? {
        var units: [UInt16] = []
        var out: [UInt8] = []
        var rest = quoted.dropFirst().dropLast()
        func flush() -> Bool {
            guard let text = String(validating: units, as: UTF16.self) else { return false }
            out += text.utf8
            units = []
            return true
        }
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
                guard flush() else { return nil }
                out.append(byte)
                continue
            }
            if escape == UInt8(ascii: "u") {
                units.append(UInt16(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16)!)
                rest = rest.dropFirst(4)
            } else {
                guard flush() else { return nil }
                out.append(["b": 8, "f": 12, "n": 10, "r": 13, "t": 9][Character(Unicode.Scalar(escape))] ?? escape)
            }
        }
        return flush() ? out : nil
    }
}
