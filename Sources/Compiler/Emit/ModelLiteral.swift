/// A model's name as the dataplane writes it into a JSON body.
enum ModelLiteral {
    /// `model` as a JSON string: raw UTF-8, with only `"`, `\` and control characters (RFC 8259 section 7) escaped.
    static func json(_ model: String) -> String {
        var literal = "\""
        for scalar in model.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case "\u{08}": literal += "\\b"
            case "\t": literal += "\\t"
            case "\n": literal += "\\n"
            case "\u{0c}": literal += "\\f"
            case "\r": literal += "\\r"
            case "\0"..<"\u{20}": literal += scalar.value < 16 ? "\\u000" : "\\u00"; literal += String(scalar.value, radix: 16)
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}
