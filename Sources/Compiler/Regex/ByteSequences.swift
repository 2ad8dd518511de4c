/// A set of code points as the sequences of byte ranges that are their UTF-8.
enum ByteSequences {
    typealias ByteRange = ClosedRange<UInt8>

    /// In ascending order; no two overlap.
    static func of(_ set: ScalarSet) -> [[ByteRange]] {
        var out: [[ByteRange]] = []
        for range in set.ranges { split(range.lowerBound, range.upperBound, into: &out) }
        return out
    }

    /// The greatest code point of each length of encoding.
    private static let ends: [UInt32] = [0x7f, 0x7ff, 0xffff]

    private static func split(_ low: UInt32, _ high: UInt32, into out: inout [[ByteRange]]) {
        for end in ends where low <= end && high > end {
            split(low, end, into: &out)
            split(end + 1, high, into: &out)
            return
        }
        if high <= 0x7f {
            out.append([UInt8(low)...UInt8(high)])
            return
        }
        // Where first bytes differ, the bytes that follow must be free to take every value.
        for bits in [UInt32(6), 12, 18] {
            let mask = UInt32(1) << bits - 1
            guard low & ~mask != high & ~mask else { continue }
            if low & mask != 0 {
                split(low, low | mask, into: &out)
                split((low | mask) + 1, high, into: &out)
                return
            }
            if high & mask != mask {
                split(low, (high & ~mask) - 1, into: &out)
                split(high & ~mask, high, into: &out)
                return
            }
        }
        out.append(zip(encode(low), encode(high)).map { $0...$1 })
    }

    private static func encode(_ value: UInt32) -> [UInt8] {
        func tail(_ shift: UInt32) -> UInt8 { UInt8(0x80 | value >> shift & 0x3f) }
        if value <= 0x7ff { return [UInt8(0xc0 | value >> 6), tail(0)] }
        if value <= 0xffff { return [UInt8(0xe0 | value >> 12), tail(6), tail(0)] }
        return [UInt8(0xf0 | value >> 18), tail(12), tail(6), tail(0)]
    }
}
