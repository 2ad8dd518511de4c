import RoutingTable

/// UTF-8 inside a JSON string (RFC 3629, Unicode table 3-7): no overlong form, no surrogate, nothing past U+10FFFF.
enum UTF8Run {
    /// Walks over string content from `start`, where a character begins and no earlier one is incomplete.
    /// - Returns: the offset of the first quote, backslash or control character; or of some later character's
    ///   start, once the text has turned to ASCII; or the body's length if it ends first.
    /// - Throws: `invalidUTF8` at the first byte that cannot go on from those before it.
    @inline(__always)
    static func end(_ body: RawSpan, from start: Int) throws(BodyRefusal) -> Int {
        var offset = start
        // The blocks look three bytes back. Before that there is room for `{"` only.
        if offset >= 3 {
            var plainBlocks = 0
            while body.byteCount - offset >= 16 {
                let block = body.block(offset)
                let faults = faults(
                    block, body.block(offset - 1), body.block(offset - 2), body.block(offset - 3))
                let stops = stops(block)
                let hits = (faults .| stops).lanes
                if hits != 0 {
                    let lane = hits.trailingZeroBitCount
                    // A fault at the stop counts: the stop cut a character short. One behind it is not the string's.
                    if faults.lanes >> UInt32(lane) & 1 != 0 { throw BodyRefusal(.invalidUTF8, at: offset + lane) }
                    return offset + lane
                }
                offset += 16
                // Leave only after two blocks of ASCII: most scripts share their spaces and digits with it.
                if (block.signed .< ByteBlock(repeating: 0).signed).lanes == 0 {
                    plainBlocks += 1
                    if plainBlocks == 2 { return offset }
                } else {
                    plainBlocks = 0
                }
            }
            offset = characterStart(body, before: offset, notBefore: start)
        }
        return try bytewiseEnd(body, from: offset)
    }

    @inline(__always)
    private static func stops(_ block: ByteBlock) -> SIMDMask<SIMD16<Int8>> {
        (block .== .each(ASCII.quote)) .| (block .== .each(ASCII.backslash)) .| (block .< .each(0x20))
    }

    /// Lanes whose byte cannot follow the three before it.
    @inline(__always)
    private static func faults(
        _ byte: ByteBlock, _ back1: ByteBlock, _ back2: ByteBlock, _ back3: ByteBlock
    ) -> SIMDMask<SIMD16<Int8>> {
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

    /// The start of the character that is unfinished at `offset`, else `offset`.
    private static func characterStart(_ body: RawSpan, before offset: Int, notBefore start: Int) -> Int {
        if offset - start >= 1, body[offset - 1] >= 0xC0 { return offset - 1 }
        if offset - start >= 2, body[offset - 2] >= 0xE0 { return offset - 2 }
        if offset - start >= 3, body[offset - 3] >= 0xF0 { return offset - 3 }
        return offset
    }

    /// The same for less than a block.
    @inline(never)
    private static func bytewiseEnd(_ body: RawSpan, from start: Int) throws(BodyRefusal) -> Int {
        var offset = start
        while offset < body.byteCount {
            let byte = body[offset]
            if byte >= 0x80 {
                offset = try characterEnd(body, from: offset)
            } else if byte < 0x20 || byte == ASCII.quote || byte == ASCII.backslash {
                return offset
            } else {
                offset += 1
            }
        }
        return offset
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
