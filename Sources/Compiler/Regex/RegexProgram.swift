import CTable

/// A pattern as instructions; the first is where execution begins.
struct RegexProgram {
    private(set) var instructions: [rtbl_regex_instruction] = []
    /// Bits of `RTBL_REGEX_AT_…` that occur.
    let assertions: UInt8

    /// - Parameter keptGroups: greatest number of a group whose positions are noted.
    init(_ node: RegexNode, keptGroups: Int) throws(RegexError) {
        var builder = Builder(keptGroups: keptGroups)
        let match = try builder.add(rtbl_regex_instruction(RTBL_REGEX_MATCH))
        let start = try builder.compile(node, then: match)
        instructions = Self.inOrder(builder.instructions, from: start)
        assertions = instructions.reduce(0) { Int($1.operation) == RTBL_REGEX_ASSERT ? $0 | $1.low : $0 }
    }

    /// The instructions that can be reached, in the order in which they are: equal patterns make equal programs.
    private static func inOrder(_ instructions: [rtbl_regex_instruction], from start: Int) -> [rtbl_regex_instruction] {
        var number = [Int](repeating: -1, count: instructions.count)
        var order: [Int] = []
        var stack = [start]
        while let next = stack.popLast() {
            guard number[next] < 0 else { continue }
            var targets: [Int] = []
            var piece = next
            while true { // a run of byte ranges stays together; the builder ends each
                number[piece] = order.count
                order.append(piece)
                targets.append(Int(instructions[piece].out))
                guard Int(instructions[piece].operation) == RTBL_REGEX_BYTES, instructions[piece].last == 0 else { break }
                piece += 1
            }
            let operation = Int(instructions[next].operation)
            if operation == RTBL_REGEX_MATCH || operation == RTBL_REGEX_FAIL { continue }
            if operation == RTBL_REGEX_SPLIT { stack.append(Int(instructions[next].other)) }
            stack += targets.reversed()
        }
        return order.map { old in
            var instruction = instructions[old]
            let operation = Int(instruction.operation)
            if operation != RTBL_REGEX_MATCH, operation != RTBL_REGEX_FAIL { instruction.out = UInt16(number[Int(instruction.out)]) }
            if operation == RTBL_REGEX_SPLIT { instruction.other = UInt16(number[Int(instruction.other)]) }
            return instruction
        }
    }
}

extension rtbl_regex_instruction {
    fileprivate init(_ operation: Int, low: UInt8 = 0, high: UInt8 = 0, last: UInt8 = 0, out: Int = 0, other: Int = 0) {
        self.init(operation: UInt8(operation), low: low, high: high, last: last, out: UInt16(out), other: UInt16(other))
    }
}

/// Makes instructions from the end of a pattern to its start: each knows what comes after it.
private struct Builder {
    let keptGroups: Int
    var instructions: [rtbl_regex_instruction] = []
    /// Runs of byte ranges that exist already, so that characters which end alike share their ends.
    private var runs: [[Run]: Int] = [:]

    private struct Run: Hashable { let low: UInt8, high: UInt8, out: Int }

    init(keptGroups: Int) { self.keptGroups = keptGroups }

    mutating func add(_ instruction: rtbl_regex_instruction) throws(RegexError) -> Int {
        guard instructions.count < RegexLimits.instructions else {
            throw RegexError("needs more than \(RegexLimits.instructions) instructions", at: 0, help: "repeat less often, or name fewer characters")
        }
        instructions.append(instruction)
        return instructions.count - 1
    }

    /// - Returns: where `node`, followed by what begins at `next`, begins.
    mutating func compile(_ node: RegexNode, then next: Int) throws(RegexError) -> Int {
        switch node {
        case .empty: return next
        case .set(let set): return try compile(ByteSequences.of(set)[...], depth: 0, then: next)
        case .assertion(let bits): return try add(rtbl_regex_instruction(RTBL_REGEX_ASSERT, low: UInt8(bits), out: next))
        case .group(let body, let number):
            guard number <= keptGroups else { return try compile(body, then: next) }
            let end = try add(rtbl_regex_instruction(RTBL_REGEX_CAPTURE, low: UInt8(2 * number - 1), out: next))
            let inner = try compile(body, then: end)
            return try add(rtbl_regex_instruction(RTBL_REGEX_CAPTURE, low: UInt8(2 * number - 2), out: inner))
        case .sequence(let nodes):
            var at = next
            for node in nodes.reversed() { at = try compile(node, then: at) }
            return at
        case .alternatives(let nodes):
            var at = try compile(nodes[nodes.count - 1], then: next)
            for node in nodes.dropLast().reversed() { at = try split(try compile(node, then: next), at, prefersFirst: true) }
            return at
        case .repetition(let body, let min, let max, let isGreedy):
            return try repetition(of: body, min, max, isGreedy: isGreedy, then: next)
        }
    }

    private mutating func split(_ first: Int, _ second: Int, prefersFirst: Bool) throws(RegexError) -> Int {
        try add(rtbl_regex_instruction(RTBL_REGEX_SPLIT, out: prefersFirst ? first : second, other: prefersFirst ? second : first))
    }

    private mutating func repetition(of body: RegexNode, _ min: Int, _ max: Int?, isGreedy: Bool, then next: Int) throws(RegexError) -> Int {
        var at = next
        if let max {
            // x{1,3} is x(x(x)?)?
            for _ in 0..<max - min { at = try split(try compile(body, then: at), next, prefersFirst: isGreedy) }
            for _ in 0..<min { at = try compile(body, then: at) }
            return at
        }
        let loop = try add(rtbl_regex_instruction(RTBL_REGEX_SPLIT))
        let start = try compile(body, then: loop)
        instructions[loop].out = UInt16(isGreedy ? start : next)
        instructions[loop].other = UInt16(isGreedy ? next : start)
        if min == 0 {
            // Where the body can be empty, x* is (x+)?: so that the empty match of x is preferred as it stands in x.
            return body.isNullable ? try split(start, next, prefersFirst: isGreedy) : loop
        }
        at = start
        for _ in 0..<min - 1 { at = try compile(body, then: at) }
        return at
    }

    /// A run of ranges for the bytes at `depth`, each leading to the run for the bytes that follow.
    private mutating func compile(_ sequences: ArraySlice<[ByteSequences.ByteRange]>, depth: Int, then next: Int) throws(RegexError) -> Int {
        guard !sequences.isEmpty else { return try add(rtbl_regex_instruction(RTBL_REGEX_FAIL)) }
        var run: [Run] = []
        var start = sequences.startIndex
        while start < sequences.endIndex {
            let range = sequences[start][depth]
            var end = start + 1
            while end < sequences.endIndex, sequences[end][depth] == range { end += 1 }
            let isLast = sequences[start].count == depth + 1
            let out = isLast ? next : try compile(sequences[start..<end], depth: depth + 1, then: next)
            if let previous = run.last, previous.out == out, Int(previous.high) + 1 == Int(range.lowerBound) {
                run[run.count - 1] = Run(low: previous.low, high: range.upperBound, out: out)
            } else {
                run.append(Run(low: range.lowerBound, high: range.upperBound, out: out))
            }
            start = end
        }
        if let known = runs[run] { return known }
        let first = instructions.count
        for (index, piece) in run.enumerated() {
            _ = try add(rtbl_regex_instruction(
                RTBL_REGEX_BYTES, low: piece.low, high: piece.high, last: index == run.count - 1 ? 1 : 0, out: piece.out))
        }
        runs[run] = first
        return first
    }
}
