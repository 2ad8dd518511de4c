import RoutingTable

/// A string of RFC 8259 section 7: its end, and whether it holds escape sequences.
struct JSONString: BitwiseCopyable {
    /// The offset after the closing quote.
    var end: Int
    var escaped: Bool

    /// - Parameter start: the offset after the opening quote.
    @inline(__always)
    static func scan(_ body: RawSpan, from start: Int) throws(BodyRefusal) -> JSONString {
        var offset = start
        var escaped = false
        while true {
            offset = plainEnd(body, from: offset)
            guard offset < body.byteCount else { throw BodyRefusal(.unexpectedEnd, at: offset) }
            let byte = body.byte(offset)
            if byte == ASCII.quote { return JSONString(end: offset + 1, escaped: escaped) }
            if byte == ASCII.backslash {
                escaped = true
                // Escapes come in runs: text in Chinese from a client that writes ASCII only is nothing else.
                repeat {
                    offset = try escapeEnd(body, from: offset)
                } while offset < body.byteCount && body.byte(offset) == ASCII.backslash
            } else if byte < 0x20 {
                throw BodyRefusal(.controlCharacter, at: offset)
            } else {
                offset = try UTF8Run.end(body, from: offset)
            }
        }
    }

    /// The first byte from `start` on that is not plain ASCII content: a quote, a backslash, a control
    /// character, or a byte above 0x7F; the body's length if there is none.
    @inline(__always)
    static func plainEnd(_ body: RawSpan, from start: Int) -> Int {
        var offset = start
        // Names and most values end in the first block; a long text is worth two at a time.
        while body.byteCount - offset >= 16 {
            let hits = stops(body.block(offset)).nibbles
            if hits != 0 { return offset + firstLane(hits) }
            offset += 16
            while body.byteCount - offset >= 32, (stops(body.block(offset)) .| stops(body.block(offset + 16))).nibbles == 0 { offset += 32 }
        }
        while offset < body.byteCount {
            let byte = body.byte(offset)
            if byte < 0x20 || byte >= 0x80 || byte == ASCII.quote || byte == ASCII.backslash { break }
            offset += 1
        }
        return offset
    }

    @inline(__always)
    private static func stops(_ block: ByteBlock) -> SIMDMask<SIMD16<Int8>> {
        // As a signed number a byte above 0x7F is negative: one comparison for it and the control characters.
        (block .== .each(ASCII.quote)) .| (block .== .each(ASCII.backslash)) .| (block.signed .< .each(0x20))
    }

    /// - Parameter start: the backslash's offset.
    @inline(__always)
    private static func escapeEnd(_ body: RawSpan, from start: Int) throws(BodyRefusal) -> Int {
        guard start + 1 < body.byteCount else { throw BodyRefusal(.unexpectedEnd, at: start + 1) }
        switch body.byte(start + 1) {
        case ASCII.quote, ASCII.backslash, ASCII.slash, UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            guard body.byteCount - start >= 6, HexDigits.areAll(body.word(start + 2)) else {
                throw BodyRefusal(.invalidEscape, at: start)
            }
            return start + 6
        default:
            throw BodyRefusal(.invalidEscape, at: start)
        }
    }
}
