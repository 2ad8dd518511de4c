/// Classes in brackets.
extension RegexParser {
    /// After the `[` at `start`.
    mutating func bracket(at start: Int) throws(RegexError) -> ScalarSet {
        let isNegated = take("^")
        var members: [ClosedRange<UInt32>] = []
        var isFirst = true
        while isFirst || peek != "]" {
            guard let next = peek else { throw error("has a [ without a ]", at: start, help: "write \\[ for a bracket that is meant literally") }
            isFirst = false
            if next == "[", let named = try posix() {
                members += named.ranges
            } else if next == "\\", let named = try namedSetInBracket() {
                members += named.ranges
            } else {
                members += set(ScalarSet([try range(openedAt: start)])).ranges
            }
        }
        at += 1
        let all = ScalarSet(members)
        return isNegated ? all.inverted : all
    }

    /// `\d`, `\pL`…; nil, and nothing taken: it is one character.
    private mutating func namedSetInBracket() throws(RegexError) -> ScalarSet? {
        let start = at
        at += 1
        if let named = try namedSet(at: start) { return named }
        at = start
        return nil
    }

    /// `[:name:]` or `[:^name:]`; nil, and nothing taken: the bracket is literal.
    private mutating func posix() throws(RegexError) -> ScalarSet? {
        guard peek("[:") else { return nil }
        var end = at + 2
        while end + 1 < scalars.count, !(scalars[end] == ":" && scalars[end + 1] == "]") { end += 1 }
        guard end + 1 < scalars.count else { return nil }
        let start = at
        at += 2
        let isNegated = take("^")
        let name = String(String.UnicodeScalarView(scalars[at..<max(at, end)]))
        at = end + 2
        guard let named = NamedSets.posix(name) else {
            throw error("names the character class [:\(name):], which is not known", at: start,
                        help: "known are alnum, alpha, ascii, blank, cntrl, digit, graph, lower, print, punct, space, upper, word, xdigit")
        }
        return set(named, isNegated: isNegated)
    }

    /// One character, or two with a `-` between them.
    private mutating func range(openedAt opening: Int) throws(RegexError) -> ClosedRange<UInt32> {
        let start = at
        let low = try character(openedAt: opening)
        guard peek == "-", at + 1 < scalars.count, scalars[at + 1] != "]" else { return low...low }
        at += 1
        let high = try character(openedAt: opening)
        guard low <= high else {
            throw error("has a range in brackets whose first character is above its last", at: start, help: "write [a-z], or put a literal - at the end")
        }
        return low...high
    }

    private mutating func character(openedAt opening: Int) throws(RegexError) -> UInt32 {
        let start = at
        guard let next = peek else { throw error("has a [ without a ]", at: opening, help: "write \\[ for a bracket that is meant literally") }
        at += 1
        return next == "\\" ? try escapedScalar(at: start).value : next.value
    }
}
