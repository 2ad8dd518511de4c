import RoutingTable

/// UTF-8 inside a JSON string (RFC 3629, Unicode table 3-7): no overlong form, no surrogate, nothing past U+10FFFF.
enum UTF8Validity {
    /// Which of sixteen bytes cannot follow the three before them: `back1` are the sixteen that begin a byte earlier, and so on.
    @inline(__always)
    static func faults(_ byte: ByteBlock, _ back1: ByteBlock, _ back2: ByteBlock, _ back3: ByteBlock) -> SIMDMask<SIMD16<Int8>> {
        // A continuation byte stands exactly where a leading byte one, two or three back asks for it.
        let continues = byte.signed .< .each(0xC0)
        let expected = (back1 .>= .each(0xC0)) .| (back2 .>= .each(0xE0)) .| (back3 .>= .each(0xF0))
        var faults = continues .^ expected
        // Leading bytes of which no character begins.
        faults = faults .| ((byte & .each(0xFE)) .== .each(0xC0)) .| (byte .>= .each(0xF5))
        // Second bytes that would be overlong, a surrogate, or past U+10FFFF. Comparing as signed is right for
        // continuation bytes, and all others are faults here already.
        faults = faults .| ((back1 .== .each(0xE0)) .& (byte.signed .< .each(0xA0)))
        faults = faults .| ((back1 .== .each(0xED)) .& (byte.signed .>= .each(0xA0)))
        faults = faults .| ((back1 .== .each(0xF0)) .& (byte.signed .< .each(0x90)))
        faults = faults .| ((back1 .== .each(0xF4)) .& (byte.signed .>= .each(0x90)))
        return faults
    }

    /// The end of the character of several bytes that begins at `start`.
    static func characterEnd(_ body: RawSpan, from start: Int) throws(BodyRefusal) -> Int {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch body[start] {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw BodyRefusal(.invalidUTF8, at: start)
        }
        for offset in start + 1..<start + length {
            guard offset < body.byteCount else { throw BodyRefusal(.unexpectedEnd, at: offset) }
            guard second.contains(body[offset]) else { throw BodyRefusal(.invalidUTF8, at: offset) }
            second = 0x80...0xBF
        }
        return start + length
    }
}
