import CTable

/// What a backslash means.
extension RegexParser {
    /// After the `\` at `start`, outside brackets.
    mutating func escaped(at start: Int, into items: inout [RegexNode]) throws(RegexError) {
        guard let letter = peek else { throw trailing(at: start) }
        switch letter {
        case "A": at += 1; items.append(.assertion(RTBL_REGEX_AT_TEXT_BEGIN))
        case "z": at += 1; items.append(.assertion(RTBL_REGEX_AT_TEXT_END))
        case "b": at += 1; items.append(.assertion(RTBL_REGEX_AT_WORD_BOUNDARY))
        case "B": at += 1; items.append(.assertion(RTBL_REGEX_NOT_AT_WORD_BOUNDARY))
        case "Q":
            at += 1
            while at < scalars.count, !take("\\E") {
                items.append(.set(set(ScalarSet(scalars[at]))))
                at += 1
            }
        case "E": at += 1 // ends no quotation: RE2 lets it stand
        case "C":
            throw error("has \\C", at: start, help: "a path is matched by whole characters: write . or (?s:.)")
        default:
            if let set = try namedSet(at: start) {
                items.append(.set(set))
            } else {
                items.append(.set(set(ScalarSet(try escapedScalar(at: start)))))
            }
        }
    }

    private func trailing(at start: Int) -> RegexError {
        error("ends with a backslash", at: start, help: "write \\\\ for a backslash that is meant literally")
    }

    /// `\d`, `\pL` and so on, after the `\`; nil: it is something else.
    mutating func namedSet(at start: Int) throws(RegexError) -> ScalarSet? {
        guard let letter = peek else { throw trailing(at: start) }
        switch letter {
        case "d", "s", "w":
            at += 1
            return NamedSets.perl(letter).map { set($0) }
        case "D", "S", "W":
            at += 1
            return NamedSets.perl(Unicode.Scalar(letter.value | 0x20)!).map { set($0, isNegated: true) }
        case "p", "P":
            at += 1
            return try unicodeSet(isNegated: letter == "P", at: start)
        default: return nil
        }
    }

    private mutating func unicodeSet(isNegated: Bool, at start: Int) throws(RegexError) -> ScalarSet {
        var isNegated = isNegated
        var name = ""
        if take("{") {
            if take("^") { isNegated.toggle() }
            while let next = peek, next != "}" {
                name.unicodeScalars.append(next)
                at += 1
            }
            guard take("}") else { throw error("has \\p{ without a }", at: start, help: "write \\p{Lu}") }
        } else if let next = peek {
            name.unicodeScalars.append(next)
            at += 1
        }
        guard let named = NamedSets.unicode(name) else {
            throw error("names the character class \"\(name)\", which is not known", at: start,
                        help: "general categories such as \\pL, \\p{Lu} or \\p{Nd} are known, scripts are not")
        }
        return set(named, isNegated: isNegated)
    }

    /// After the `\` at `start`: an escape for one character.
    mutating func escapedScalar(at start: Int) throws(RegexError) -> Unicode.Scalar {
        guard let letter = peek else { throw trailing(at: start) }
        at += 1
        switch letter {
        case "a": return "\u{07}"
        case "f": return "\u{0c}"
        case "t": return "\t"
        case "n": return "\n"
        case "r": return "\r"
        case "v": return "\u{0b}"
        case "x": return try hexadecimal(at: start)
        case "0"..."7":
            if letter != "0", !(peek.map { ("0"..."7").contains($0) } ?? false) { throw backreference(letter, at: start) }
            return octal(first: letter)
        case "8", "9": throw backreference(letter, at: start)
        case "k", "g":
            throw error("refers back to a group with \\\(letter)", at: start, help: "RE2's syntax has no backreferences")
        default:
            guard letter.isASCII, !letter.properties.isAlphabetic, letter.properties.numericType == nil else {
                throw error("has the escape \\\(letter), which is not known", at: start,
                            help: "letters and digits are escaped only where that has a meaning: write \(letter)")
            }
            return letter
        }
    }

    private func backreference(_ digit: Unicode.Scalar, at start: Int) -> RegexError {
        error("refers back to group \(digit)", at: start, help: "RE2's syntax has no backreferences; \\\(digit) may stand in the new path of a URLRewrite only")
    }

    private mutating func octal(first: Unicode.Scalar) -> Unicode.Scalar {
        var value = first.value - 0x30
        for _ in 0..<2 {
            guard let digit = peek, ("0"..."7").contains(digit) else { break }
            value = value * 8 + digit.value - 0x30
            at += 1
        }
        return Unicode.Scalar(value)! // at most 0o777
    }

    private mutating func hexadecimal(at start: Int) throws(RegexError) -> Unicode.Scalar {
        var value: UInt32 = 0
        var digits = 0
        let isBraced = take("{")
        while let digit = peek.flatMap({ $0.isASCII ? Character($0).hexDigitValue : nil }), isBraced || digits < 2 {
            value = min(value << 4 | UInt32(digit), ScalarSet.last + 1)
            digits += 1
            at += 1
        }
        let isClosed = isBraced ? digits > 0 && take("}") : digits == 2
        guard isClosed, let scalar = Unicode.Scalar(value) else {
            throw error("has \\x without the number of a character", at: start, help: "write \\x7e or \\x{10FFFF}")
        }
        return scalar
    }
}
