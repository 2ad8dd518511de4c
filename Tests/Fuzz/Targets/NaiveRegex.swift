import CTable
import Compiler
import RoutingTable

/// Matches a pattern by trying one way after the other, in order of preference: slow, and plain to see right.
struct NaiveRegex {
    struct Answer {
        var isMatch = false
        /// By number, as byte positions.
        var ranges: [Int: Range<Int>] = [:]
    }

    private let text: [Unicode.Scalar]
    /// Of each scalar, and of the end.
    private let offsets: [Int]
    private var ranges: [Int: Range<Int>] = [:]
    /// Steps left before it gives up.
    private var fuel = 20_000
    private var depth = 0

    init(_ text: [Unicode.Scalar]) {
        self.text = text
        offsets = text.reduce(into: [0]) { $0.append($0.last! + UTF8.width($1)) }
    }

    /// Whether the whole text matches; nil: it took too long to find out.
    mutating func match(_ node: RegexNode) -> Answer? {
        let end = text.count
        let isMatch = match(node, at: 0) { _, position in position == end }
        return fuel > 0 ? Answer(isMatch: isMatch, ranges: ranges) : nil
    }

    private mutating func match(_ node: RegexNode, at position: Int, then rest: (inout NaiveRegex, Int) -> Bool) -> Bool {
        fuel -= 1
        depth += 1
        defer { depth -= 1 }
        guard fuel > 0, depth < 400 else {
            fuel = 0
            return false
        }
        switch node {
        case .empty: return rest(&self, position)
        case .set(let set):
            guard position < text.count, set.ranges.contains(where: { $0.contains(text[position].value) }) else { return false }
            return rest(&self, position + 1)
        case .assertion(let bits): return bits & ~holding(at: position) == 0 && rest(&self, position)
        case .group(let body, let number):
            let before = ranges[number]
            let isMatch = match(body, at: position) { matcher, end in
                let inner = matcher.ranges[number]
                matcher.ranges[number] = matcher.offsets[position]..<matcher.offsets[end]
                if rest(&matcher, end) { return true }
                matcher.ranges[number] = inner
                return false
            }
            if !isMatch { ranges[number] = before }
            return isMatch
        case .sequence(let nodes): return sequence(nodes[...], at: position, then: rest)
        case .alternatives(let nodes): return nodes.contains { match($0, at: position, then: rest) }
        case .repetition(let body, let min, let max, let isGreedy):
            return rounds(of: body, min, max, isGreedy: isGreedy, at: position, then: rest)
        }
    }

    private mutating func sequence(_ nodes: ArraySlice<RegexNode>, at position: Int, then rest: (inout NaiveRegex, Int) -> Bool) -> Bool {
        guard let first = nodes.first else { return rest(&self, position) }
        return match(first, at: position) { matcher, next in matcher.sequence(nodes.dropFirst(), at: next, then: rest) }
    }

    private mutating func rounds(
        of body: RegexNode, _ min: Int, _ max: Int?, isGreedy: Bool, at position: Int, then rest: (inout NaiveRegex, Int) -> Bool
    ) -> Bool {
        if max == 0 { return rest(&self, position) }
        if min == 0, !isGreedy, rest(&self, position) { return true }
        let isMatch = match(body, at: position) { matcher, end in
            // A round that took nothing brings none of the following ones any further; those that must come can be as empty.
            if end == position { return matcher.rounds(of: .empty, 0, 0, isGreedy: isGreedy, at: end, then: rest) }
            return matcher.rounds(of: body, Swift.max(0, min - 1), max.map { $0 - 1 }, isGreedy: isGreedy, at: end, then: rest)
        }
        return isMatch || (min == 0 && isGreedy && rest(&self, position))
    }

    private func holding(at position: Int) -> Int {
        // Of the assertions only ASCII counts, and what is beyond it is no word's letter.
        func byte(_ index: Int) -> UInt8? { text.indices.contains(index) ? UInt8(exactly: text[index].value) ?? 0x80 : nil }
        return Int(RegexAssertions.holding(between: byte(position - 1), and: byte(position)))
    }

    /// Whether something is repeated that can match nothing.
    static func hasEmptyRounds(_ node: RegexNode) -> Bool {
        switch node {
        case .empty, .set, .assertion: false
        case .group(let body, _): hasEmptyRounds(body)
        case .sequence(let nodes), .alternatives(let nodes): nodes.contains(where: hasEmptyRounds)
        case .repetition(let body, _, _, _): body.isNullable || hasEmptyRounds(body)
        }
    }
}
