/// A pattern, taken apart.
package indirect enum RegexNode {
    case empty
    /// One code point of these.
    case set(ScalarSet)
    /// Bits of `RTBL_REGEX_AT_…`.
    case assertion(Int)
    /// A group whose match can be named, from 1.
    case group(RegexNode, number: Int)
    case sequence([RegexNode])
    /// The first that matches is preferred.
    case alternatives([RegexNode])
    /// `max` nil: without end.
    case repetition(RegexNode, min: Int, max: Int?, isGreedy: Bool)

    /// Whether it can match without consuming anything.
    package var isNullable: Bool {
        switch self {
        case .empty, .assertion: true
        case .set: false
        case .group(let node, _): node.isNullable
        case .sequence(let nodes): nodes.allSatisfy(\.isNullable)
        case .alternatives(let nodes): nodes.contains(where: \.isNullable)
        case .repetition(let node, let min, _, _): min == 0 || node.isNullable
        }
    }

    /// The greatest product of counted repetitions that are nested in one another.
    var repetitions: Int {
        switch self {
        case .empty, .set, .assertion: return 1
        case .group(let node, _): return node.repetitions
        case .sequence(let nodes), .alternatives(let nodes): return nodes.map(\.repetitions).max() ?? 1
        case .repetition(let node, let min, let max, _): return node.repetitions * Swift.max(1, max ?? min)
        }
    }
}
