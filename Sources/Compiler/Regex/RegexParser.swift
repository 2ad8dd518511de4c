import CTable

/// Reads a pattern in RE2's syntax (github.com/google/re2/wiki/Syntax) with RE2's default options.
package struct RegexParser {
    struct Flags {
        var ignoresCase = false
        /// `^` and `$` match at lines.
        var isMultiline = false
        /// `.` matches a newline.
        var dotMatchesNewline = false
        /// `*` prefers few, `*?` many.
        var isLazy = false
    }

    var scalars: [Unicode.Scalar]
    var at = 0
    var flags = Flags()
    /// Groups that have been opened, in the order of their parentheses.
    private(set) var groups = 0
    private var names: Set<String> = []
    private var depth = 0

    /// - Returns: the pattern, and how many groups it has.
    package static func parse(_ pattern: String) throws(RegexError) -> (node: RegexNode, groups: Int) {
        guard pattern.utf8.count <= RegexLimits.patternBytes else {
            throw RegexError("has \(pattern.utf8.count) bytes", at: 0, help: "a pattern has at most \(RegexLimits.patternBytes) bytes", isTooLarge: true)
        }
        var parser = RegexParser(scalars: Array(pattern.unicodeScalars))
        let node = try parser.alternatives()
        guard parser.peek == nil else {
            throw parser.error("has a ) without a (", help: "write \\) for a parenthesis that is meant literally")
        }
        return (node, parser.groups)
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    // MARK: - Reading

    var peek: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }

    func peek(_ text: String) -> Bool {
        scalars[at...].starts(with: text.unicodeScalars)
    }

    mutating func take(_ text: String) -> Bool {
        guard peek(text) else { return false }
        at += text.unicodeScalars.count
        return true
    }

    /// The error at scalar number `position`, where nothing else is said the next one.
    func error(_ reason: String, at position: Int? = nil, help: String) -> RegexError {
        let bytes = scalars[..<min(position ?? at, scalars.count)].reduce(0) { $0 + UTF8.width($1) }
        return RegexError(reason, at: bytes, help: help)
    }

    // MARK: - Grammar

    private mutating func alternatives() throws(RegexError) -> RegexNode {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(RegexError) -> RegexNode {
        var items: [RegexNode] = []
        var followsRepetition = false
        while let next = peek, next != "|", next != ")" {
            let start = at
            if let (min, max) = try repetitionOperator() {
                try checkRepetition(of: items.last, followsRepetition: followsRepetition, max ?? min, at: start)
                let isReluctant = take("?")
                items.append(.repetition(items.removeLast(), min: min, max: max, isGreedy: isReluctant == flags.isLazy))
                followsRepetition = true
            } else {
                followsRepetition = false
                try item(into: &items)
            }
        }
        return items.count == 1 ? items[0] : items.isEmpty ? .empty : .sequence(items)
    }

    private func checkRepetition(of last: RegexNode?, followsRepetition: Bool, _ count: Int, at start: Int) throws(RegexError) {
        guard let last else {
            throw error("has \(quoted(start)) with nothing before it to repeat", at: start, help: "write \\\(scalars[start]) if it is meant literally")
        }
        guard !followsRepetition else {
            throw error("repeats a repetition with \(quoted(start))", at: start, help: "put what is repeated into (?:…), or remove one of the two")
        }
        guard count < 2 || last.repetitions * count <= RegexLimits.repetition else {
            throw error("repeats more than \(RegexLimits.repetition) times", at: start,
                        help: "counts of nested repetitions, multiplied, are at most \(RegexLimits.repetition)")
        }
    }

    func quoted(_ position: Int) -> String { "\"\(scalars[position])\"" }

    /// `*`, `+`, `?` or `{n,m}`; nil, and nothing taken, where there is none. A `{` that begins none is literal.
    private mutating func repetitionOperator() throws(RegexError) -> (min: Int, max: Int?)? {
        let start = at
        switch scalars[at] {
        case "*": at += 1; return (0, nil)
        case "+": at += 1; return (1, nil)
        case "?": at += 1; return (0, 1)
        case "{":
            at += 1
            guard let low = number() else { at = start; return nil }
            var high: Int? = low
            if take(",") {
                high = nil
                if peek != "}" {
                    guard let value = number() else { at = start; return nil }
                    high = value
                }
            }
            guard take("}") else { at = start; return nil }
            guard low <= RegexLimits.repetition, (high ?? 0) <= RegexLimits.repetition else {
                throw error("repeats more than \(RegexLimits.repetition) times", at: start, help: "a count is at most \(RegexLimits.repetition)")
            }
            guard low <= high ?? low else {
                throw error("has a repetition whose least count is above its greatest", at: start, help: "write {least,greatest}")
            }
            return (low, high)
        default: return nil
        }
    }

    /// Decimal digits without a leading zero; larger than the limit stays so.
    private mutating func number() -> Int? {
        let start = at
        var value = 0
        while let digit = peek, ("0"..."9").contains(digit) {
            value = min(value * 10 + Int(digit.value - 0x30), RegexLimits.repetition + 1)
            at += 1
        }
        guard at > start, !(scalars[start] == "0" && at > start + 1) else { at = start; return nil }
        return value
    }

    /// One piece of a sequence, or flags, which are none.
    private mutating func item(into items: inout [RegexNode]) throws(RegexError) {
        let start = at
        at += 1
        switch scalars[start] {
        case "(":
            if let group = try group(at: start) { items.append(group) }
        case "[": items.append(.set(try bracket(at: start)))
        case ".":
            let newline = ScalarSet("\n")
            items.append(.set(flags.dotMatchesNewline ? .all : newline.inverted))
        case "^": items.append(.assertion(flags.isMultiline ? RTBL_REGEX_AT_LINE_BEGIN : RTBL_REGEX_AT_TEXT_BEGIN))
        case "$": items.append(.assertion(flags.isMultiline ? RTBL_REGEX_AT_LINE_END : RTBL_REGEX_AT_TEXT_END))
        case "\\": try escaped(at: start, into: &items)
        case let literal: items.append(.set(set(ScalarSet(literal))))
        }
    }

    /// A set as it stands in the pattern: with other cases, where they do not count.
    func set(_ set: ScalarSet, isNegated: Bool = false) -> ScalarSet {
        let folded = flags.ignoresCase ? set.caseFolded : set
        return isNegated ? folded.inverted : folded
    }

    // MARK: - Groups

    /// After the `(` at `start`. nil: flags for what follows.
    private mutating func group(at start: Int) throws(RegexError) -> RegexNode? {
        let outer = flags
        var number: Int?
        if peek("?") {
            if peek("?P<") || (peek("?<") && !peek("?<=") && !peek("?<!")) {
                try name(at: start)
                groups += 1
                number = groups
            } else {
                guard try readFlags(at: start) else { return nil }
            }
        } else {
            groups += 1
            number = groups
        }
        depth += 1
        guard depth <= RegexLimits.nesting else {
            throw error("has more than \(RegexLimits.nesting) groups within one another", at: start, help: "remove parentheses that are not needed")
        }
        let body = try alternatives()
        depth -= 1
        guard take(")") else { throw error("has a ( without a )", at: start, help: "write \\( for a parenthesis that is meant literally") }
        flags = outer
        return number.map { .group(body, number: $0) } ?? body
    }

    private mutating func name(at start: Int) throws(RegexError) {
        _ = take("?P<") || take("?<")
        let first = at
        while let next = peek, next != ">", next != ")" { at += 1; }
        let name = String(String.UnicodeScalarView(scalars[first..<at]))
        guard take(">"), !name.isEmpty, name.utf8.allSatisfy({ Self.isWord($0) }) else {
            throw error("has a group whose name is not one", at: start, help: "write (?P<name>…) with letters, digits and _ in the name")
        }
        guard names.insert(name).inserted else {
            throw error("has two groups named \(name)", at: first, help: "give each group a name of its own")
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x5f, 0x61...0x7a: true
        default: false
        }
    }

    /// `?flags)` or `?flags:`. Returns whether a group follows.
    private mutating func readFlags(at start: Int) throws(RegexError) -> Bool {
        for form in ["?=", "?!", "?<=", "?<!"] where peek(form) {
            throw error("looks around with (\(form)…)", at: start, help: "RE2's syntax has no look-around: match what stands there instead")
        }
        if peek("?P=") { throw error("refers back to a group with (?P=…)", at: start, help: "RE2's syntax has no backreferences") }
        at += 1
        var isOff = false, isEmpty = true
        while let next = peek {
            at += 1
            switch next {
            case "i": flags.ignoresCase = !isOff
            case "m": flags.isMultiline = !isOff
            case "s": flags.dotMatchesNewline = !isOff
            case "U": flags.isLazy = !isOff
            case "-" where !isOff:
                (isOff, isEmpty) = (true, true)
                continue
            case ":" where !isOff || !isEmpty: return true
            case ")" where !isOff || !isEmpty: return false
            default:
                throw error("has (? with something behind it that is not known", at: start, help: Self.groupForms)
            }
            isEmpty = false
        }
        throw error("has a ( without a )", at: start, help: Self.groupForms)
    }

    private static let groupForms = "groups are (…), (?:…), (?P<name>…), and flags (?i), (?m), (?s), (?U), (?i:…)"
}
