import CTable

/// Where the groups of a regular expression matched, as byte positions in the text.
@usableFromInline
package struct RegexCaptures: BitwiseCopyable, Sendable {
    static let unset = UInt32.max
    static let slotCount = 2 * Int(RTBL_MAX_REGEX_GROUPS)

    /// Begin and end of group 1, of group 2, …
    var slots = InlineArray<18, UInt32>(repeating: unset)

    package init() {}

    /// What group `number` (1 … 9) matched; nil if it took no part in the match.
    package func range(of number: Int) -> Range<Int>? {
        precondition(number >= 1 && number <= Int(RTBL_MAX_REGEX_GROUPS))
        let (begin, end) = (slots[2 * number - 2], slots[2 * number - 1])
        // A program may leave an end before its begin only if it was not made by rtblc; such a group is empty-handed.
        guard begin != Self.unset, end != Self.unset, begin <= end else { return nil }
        return Int(begin)..<Int(end)
    }

    /// Notes `position` in every slot of `mask`.
    @inline(__always)
    mutating func note(_ position: Int, in mask: UInt32) {
        var rest = mask
        while rest != 0 {
            slots[rest.trailingZeroBitCount] = UInt32(truncatingIfNeeded: position)
            rest &= rest - 1
        }
    }
}
