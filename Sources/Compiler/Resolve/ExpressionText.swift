import Policies

/// What can be read off a regular expression without compiling it.
enum ExpressionText {
    /// The groups that `\1` and so on can name.
    static func groups(_ expression: String) -> Int {
        var scanner = Scanner(expression)
        var count = 0
        while let token = scanner.next() { if token == .group { count += 1 } }
        return count
    }

    /// The text that every match begins with, as far as it can be told at a glance: up to the first operator, and
    /// nothing where there are alternatives or flags.
    static func literalPrefix(_ expression: String) -> String {
        var scanner = Scanner(expression)
        var prefix = ""
        var isOpen = true
        var depth = 0
        while let token = scanner.next() {
            switch token {
            case .alternative where depth == 0: return ""
            case .flags: return ""
            case .group, .otherGroup: depth += 1; isOpen = false
            case .end: depth -= 1
            case .literal(let scalar) where isOpen: prefix.unicodeScalars.append(scalar)
            case .repetition(let mayBeNone):
                // What may be absent is no part of the prefix; of what repeats, the first is.
                if isOpen, mayBeNone { prefix = String(prefix.unicodeScalars.dropLast()) }
                isOpen = false
            case .anchor: break
            case .literal, .alternative, .other: isOpen = isOpen && token.isLiteral
            }
        }
        return prefix
    }

    private enum Token: Equatable {
        case literal(Unicode.Scalar), anchor, group, otherGroup, flags, end, alternative, other
        case repetition(mayBeNone: Bool)
        var isLiteral: Bool { if case .literal = self { true } else { false } }
    }

    /// Splits RE2's syntax into tokens, well enough for expressions that compile.
    private struct Scanner {
        private var rest: Substring.UnicodeScalarView
        private var isFirst = true

        init(_ text: String) { rest = text[...].unicodeScalars }

        mutating func next() -> Token? {
            guard let scalar = rest.popFirst() else { return nil }
            defer { isFirst = false }
            switch scalar {
            case "\\": return escape()
            case "[": return skipClass()
            case "(": return group()
            case ")": return .end
            case "|": return .alternative
            case ".": return .other
            case "^" where isFirst: return .anchor
            case "^", "$": return .other
            case "*", "?": return .repetition(mayBeNone: true)
            case "+": return .repetition(mayBeNone: false)
            case "{" where rest.first.map { ("0"..."9").contains($0) } ?? false: return .repetition(mayBeNone: true)
            default: return .literal(scalar)
            }
        }

        private mutating func escape() -> Token {
            guard let scalar = rest.popFirst() else { return .other }
            if scalar == "Q" {
                // Quoted up to \E: rare, so its text only ends the prefix.
                while let next = rest.popFirst() { if next == "\\", rest.first == "E" { rest.removeFirst(); break } }
                return .other
            }
            return scalar.isASCII && !Pattern.isAlphanumeric(UInt8(scalar.value)) ? .literal(scalar) : .other
        }

        private mutating func skipClass() -> Token {
            if rest.first == "^" { rest.removeFirst() }
            if rest.first == "]" { rest.removeFirst() }
            while let scalar = rest.popFirst(), scalar != "]" {
                if scalar == "\\" { _ = rest.popFirst() }
                if scalar == "[", rest.first == ":" {
                    while let inner = rest.popFirst(), inner != "]" {}
                }
            }
            return .other
        }

        private mutating func group() -> Token {
            guard rest.first == "?" else { return .group }
            rest.removeFirst()
            switch rest.first {
            case ":": rest.removeFirst(); return .otherGroup
            case "P", "<": return .group
            default: return .flags
            }
        }
    }
}
