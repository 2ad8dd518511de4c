import RoutingTable

/// A string of RFC 8259 section 7: its end, and whether it may hold escape sequences.
struct JSONString: BitwiseCopyable {
    /// The offset after the closing quote.
    var end: Int
    /// false only if there are none.
    var escaped: Bool

    /// - Parameter start: the offset after the opening quote.
    @inline(__always)
    static func scan(_ body: RawSpan, from start: Int, _ steps: JSONText.Steps) throws(BodyRefusal) -> JSONString {
        // Names and most values end within a block, and have nothing in them.
        if body.byteCount - start >= 16 {
            let hits = stops(body.block(start)).lanes
            if hits != 0, case let place = start + hits.trailingZeroBitCount, body[place] == ASCII.quote {
                return JSONString(end: place + 1, escaped: false)
            }
        }
        if let string = JSONText.scan(body, from: start, steps) { return string }
        return try scanBytes(body, from: start)
    }

    /// Byte by byte: what is wrong, and where; and a name at the very beginning of a body, or a body of less than 67 bytes.
    @inline(never)
    private static func scanBytes(_ body: RawSpan, from start: Int) throws(BodyRefusal) -> JSONString {
        var offset = start
        var escaped = false
        while offset < body.byteCount {
            let byte = body[offset]
            if byte == ASCII.quote { return JSONString(end: offset + 1, escaped: escaped) }
            if byte == ASCII.backslash {
                escaped = true
                offset = try escapeEnd(body, from: offset)
            } else if byte < 0x20 {
                throw BodyRefusal(.controlCharacter, at: offset)
            } else {
                offset = byte < 0x80 ? offset + 1 : try UTF8Validity.characterEnd(body, from: offset)
            }
        }
        throw BodyRefusal(.unexpectedEnd, at: offset)
    }

    /// The first byte from `start` on that is not plain ASCII content: a quote, a backslash, a control
    /// character, or a byte above 0x7F; the body's length if there is none.
    @inline(__always)
    static func plainEnd(_ body: RawSpan, from start: Int) -> Int {
        var offset = start
        while body.byteCount - offset >= 16 {
            let hits = stops(body.block(offset)).lanes
            if hits != 0 { return offset + hits.trailingZeroBitCount }
            offset = skipPlain(body, from: offset + 16)
        }
        while offset < body.byteCount {
            let byte = body[offset]
            if byte < 0x20 || byte >= 0x80 || byte == ASCII.quote || byte == ASCII.backslash { break }
            offset += 1
        }
        return offset
    }

    /// Past blocks without a stop, two at a time: names and most values end in the block before, a long text is worth it.
    @inline(__always)
    private static func skipPlain(_ body: RawSpan, from start: Int) -> Int {
        var offset = start
        while body.byteCount - offset >= 32, (stops(body.block(offset)) .| stops(body.block(offset + 16))).lanes == 0 { offset += 32 }
        return offset
    }

    @inline(__always)
    static func stops(_ block: ByteBlock) -> SIMDMask<SIMD16<Int8>> {
        // As a signed number a byte above 0x7F is negative: one comparison for it and the control characters.
        (block .== .each(ASCII.quote)) .| (block .== .each(ASCII.backslash)) .| (block.signed .< .each(0x20))
    }

    /// - Parameter start: the backslash's offset.
    @inline(__always)
    private static func escapeEnd(_ body: RawSpan, from start: Int) throws(BodyRefusal) -> Int {
        guard start + 1 < body.byteCount else { throw BodyRefusal(.unexpectedEnd, at: start + 1) }
        let byte = body[start + 1]
        if ByteSet.simpleEscapes.contains(byte) { return start + 2 }
        switch byte {
        case UInt8(ascii: "u"):
            guard body.byteCount - start >= 6, HexDigits.areAll(body.halfWord(at: start + 2)) else {
                throw BodyRefusal(.invalidEscape, at: start)
            }
            return start + 6
        default:
            throw BodyRefusal(.invalidEscape, at: start)
        }
    }
}
