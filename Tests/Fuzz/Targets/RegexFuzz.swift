import Compiler
import RoutingTable

/// A pattern and a text: every form of the automaton says the same, and so does a naive matcher.
struct RegexFuzz: FuzzBody, ~Copyable {
    private var scratch = RegexScratch()

    /// All ways to ask, none of which may change an answer.
    private static let forms: [CompiledRegex.Forms] = [.all, .matching, .capturing, []]

    private struct Answer: Equatable {
        var isMatch: Bool
        /// Of groups 1 … 9.
        var groups: [Range<Int>?] = []
    }

    mutating func run(_ input: [UInt8]) throws(Finding) {
        let line = input.firstIndex(of: UInt8(ascii: "\n")) ?? input.count
        guard let pattern = String(validating: input[..<line], as: UTF8.self) else { return }
        let text = Array(input[min(line + 1, input.count)...])
        let compiled: CompiledRegex
        do {
            compiled = try CompiledRegex(pattern)
        } catch {
            return try check(0...line ~= error.offset, "an error at byte \(error.offset) of \(line)")
        }
        let forms = try Self.standalone(compiled)
        let whole = try answer(forms, compiled.groups, text, isPath: false)
        let asPath = try answer(forms, compiled.groups, text, isPath: true)
        try check(asPath.isMatch || !whole.isMatch, "matches, but not as a path")
        try checkShortcuts(compiled, text, whole.isMatch)
        if let scalars = String(validating: text, as: UTF8.self)?.unicodeScalars {
            try compare(pattern, Array(scalars), text.count, whole)
        }
    }

    private static func standalone(_ compiled: CompiledRegex) throws(Finding) -> [StandaloneRegex] {
        do throws(TableFault) {
            var all: [StandaloneRegex] = []
            for form in forms { all.append(try compiled.standalone(captures: true, forms: form)) }
            return all
        } catch {
            throw Finding("a table with the expression would be refused: \(error)")
        }
    }

    private mutating func answer(_ forms: [StandaloneRegex], _ groups: Int, _ text: [UInt8], isPath: Bool) throws(Finding) -> Answer {
        var first: Answer?
        for (regex, form) in zip(forms, Self.forms) {
            let (isMatch, withGroups) = ask(regex, text, isPath: isPath, groups: groups)
            try check(isMatch == withGroups.isMatch, "forms \(form.rawValue): without groups \(isMatch), with them \(withGroups.isMatch)")
            try check(first == nil || first == withGroups, "forms \(form.rawValue) say \(withGroups), others \(String(describing: first))")
            first = withGroups
        }
        return first!
    }

    private mutating func ask(_ regex: StandaloneRegex, _ text: [UInt8], isPath: Bool, groups: Int) -> (Bool, Answer) {
        var captures = RegexCaptures()
        // The array outlives the closure, and nothing of it leaves.
        return unsafe text.withUnsafeBytes { buffer in
            let bytes = unsafe Bytes(buffer)
            let isMatch = regex.match(bytes, isPath: isPath, scratch: &scratch)
            guard regex.match(bytes, isPath: isPath, scratch: &scratch, captures: &captures) else { return (isMatch, Answer(isMatch: false)) }
            return (isMatch, Answer(isMatch: true, groups: (1...9).prefix(groups).map { captures.range(of: $0) }))
        }
    }

    /// What the compiler concludes from a pattern without executing it.
    private func checkShortcuts(_ compiled: CompiledRegex, _ text: [UInt8], _ isMatch: Bool) throws(Finding) {
        if let literal = compiled.literal {
            try check(isMatch == (text == Array(literal.utf8)), "the literal \(literal.debugDescription) is not what matches alone")
        }
        guard isMatch else { return }
        try check(text.starts(with: compiled.segmentPrefix.utf8), "matches what does not begin with \(compiled.segmentPrefix.debugDescription)")
        let isPath = text.isEmpty || text[0] == UInt8(ascii: "/")
        try check(compiled.canMatchPath || !isPath, "matches a path, which it is said not to")
    }

    /// Where the naive matcher finds its answer within its means.
    private func compare(_ pattern: String, _ scalars: [Unicode.Scalar], _ count: Int, _ answer: Answer) throws(Finding) {
        guard scalars.count <= 40, let (node, _) = try? RegexParser.parse(pattern) else { return }
        var naive = NaiveRegex(scalars)
        guard let groups = naive.match(node) else { return }
        try check((groups.isMatch) == answer.isMatch, "matches: \(answer.isMatch), naively \(groups.isMatch)")
        // What an empty round of a loop leaves in its groups is a convention of its own.
        guard answer.isMatch, !NaiveRegex.hasEmptyRounds(node) else { return }
        for (number, range) in answer.groups.enumerated() {
            let expected = groups.ranges[number + 1]
            try check(range == expected, "group \(number + 1) is \(String(describing: range)), naively \(String(describing: expected))")
        }
    }
}
