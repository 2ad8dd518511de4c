/// One field line of a head, as offsets into the buffer that was parsed.
package struct HeaderField: BitwiseCopyable {
    package var name: ByteRange
    /// Without the blanks around it. It may be empty.
    package var value: ByteRange
    package var id: HeaderName
    /// Not to be passed on: a hop-by-hop field of its own, or one that Connection names (RFC 9110 7.6.1).
    package var isHopByHop: Bool

    /// What stands for `*` in `anthropic-ratelimit-*-remaining` and its kin, to find a remaining's limit; else empty.
    package var anthropicDimension: ByteRange {
        let start = name.lowerBound + HeaderName.anthropicPrefixBytes
        return switch id {
        case .anthropicRatelimitLimit, .anthropicRatelimitReset: ByteRange(start, name.upperBound - 6)
        case .anthropicRatelimitRemaining: ByteRange(start, name.upperBound - 10)
        default: .empty
        }
    }
}
