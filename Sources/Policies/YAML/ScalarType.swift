/// How YAML 1.1 reads a plain scalar, as kubectl does: `yes` and `on` are booleans, `0777` is 511, `1_000` a number.
package enum ScalarType: String, Sendable {
    case string, integer, float, boolean, null

    /// The type of a scalar node: by its tag, else, if it is plain, by its text.
    package init(_ node: Node, text: ArraySlice<UInt8>) {
        switch node.tag {
        case .string, .binary, .timestamp: self = .string
        case .integer: self = .integer
        case .float: self = .float
        case .boolean: self = .boolean
        case .null: self = .null
        case .none: self = node.style == .plain ? ScalarType(plain: text) : .string
        }
    }

    init(plain text: ArraySlice<UInt8>) {
        guard let first = text.first else { self = .null; return }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            if ScalarType.integer(text) != nil { self = .integer } else { self = ScalarType.isFloat(text) ? .float : .string }
        default:
            switch ScalarType.word(text) {
            case Word.null, Word.tilde: self = .null
            case 0: self = .string
            case let word: self = ScalarType.boolean(word: word) == nil ? .string : .boolean
            }
        }
    }

    /// Whether a scalar node stands for null.
    static func isNull(_ node: Node, text: ArraySlice<UInt8>) -> Bool {
        guard node.style == .plain, node.textCount <= 4 else { return node.tag == .null }
        return ScalarType(node, text: text) == .null
    }

    /// What a word means as a boolean, if it is one: in lower case, upper case, or with a capital.
    package static func boolean(_ text: ArraySlice<UInt8>) -> Bool? { boolean(word: word(text)) }

    private static func boolean(word: UInt64) -> Bool? {
        switch word {
        case Word.y, Word.yes, Word.true, Word.on: true
        case Word.n, Word.no, Word.false, Word.off: false
        default: nil
        }
    }

    /// Words as `word` packs them.
    private enum Word {
        static let (y, yes, `true`, on) = (pack("y"), pack("yes"), pack("true"), pack("on"))
        static let (n, no, `false`, off) = (pack("n"), pack("no"), pack("false"), pack("off"))
        static let (null, tilde) = (pack("null"), pack("~"))

        private static func pack(_ text: StaticString) -> UInt64 {
            text.withUTF8Buffer { unsafe $0.reduce(0) { $0 << 8 | UInt64($1) } }
        }
    }

    /// The text in lower case, packed into a number, if it is a word of at most five letters (`false`) in a case that
    /// YAML 1.1 accepts; else 0.
    private static func word(_ text: ArraySlice<UInt8>) -> UInt64 {
        guard text.count <= 5, let first = text.first else { return 0 }
        switch first | 0x20 {
        case UInt8(ascii: "y"), UInt8(ascii: "n"), UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "o"), 0x7E: break
        default: return 0
        }
        var packed: UInt64 = 0
        var upper = 0
        for byte in text {
            if (0x41...0x5A).contains(byte) { upper += 1 }
            packed = packed << 8 | UInt64((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
        }
        let firstIsUpper = (0x41...0x5A).contains(first)
        return upper == 0 || (firstIsUpper && (upper == 1 || upper == text.count)) ? packed : 0
    }

    /// An integer as YAML 1.1 writes it: decimal, `0x`, `0b`, `0o` or a leading 0 for octal, `_` between digits. nil:
    /// none, or beyond 64 bits.
    package static func integer(_ text: ArraySlice<UInt8>) -> Int? {
        // A version or an address is seen to be none before anything is copied.
        guard text.allSatisfy({ $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: ":") && $0 < 0x80 }) else { return nil }
        var digits = text.filter { $0 != UInt8(ascii: "_") }[...]
        guard text.first != UInt8(ascii: "_") else { return nil }
        var isNegative = false
        if let sign = digits.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            isNegative = sign == UInt8(ascii: "-")
            digits = digits.dropFirst()
        }
        var radix = 10
        if digits.count > 1, digits.first == UInt8(ascii: "0") {
            switch digits[digits.startIndex + 1] {
            case UInt8(ascii: "x"), UInt8(ascii: "X"): (radix, digits) = (16, digits.dropFirst(2))
            case UInt8(ascii: "b"), UInt8(ascii: "B"): (radix, digits) = (2, digits.dropFirst(2))
            case UInt8(ascii: "o"), UInt8(ascii: "O"): (radix, digits) = (8, digits.dropFirst(2))
            default: (radix, digits) = (8, digits.dropFirst())
            }
        }
        guard let first = digits.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else { return nil }
        return Int((isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self), radix: radix)
    }

    /// A number with a point or an exponent, `.inf` or `.nan`; also an integer beyond 64 bits.
    static func isFloat(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        if rest.count == 4, [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(String(decoding: rest, as: UTF8.self)) { return true }
        var digits = 0, points = 0, exponent = false
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
            case UInt8(ascii: "_") where digits > 0: break
            case UInt8(ascii: ".") where points == 0 && !exponent: points = 1
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard digits > 0, !exponent else { return false }
                (exponent, digits) = (true, 0)
                if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            default: return false
            }
        }
        return digits > 0
    }
}
