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
    private static func plainEnd(_ body: RawSpan, from start: Int) -> Int {
        var offset = start
        while body.byteCount - offset >= 16 {
            let block = body.block(offset)
            // As a signed number a byte above 0x7F is negative: one comparison for it and the control characters.
            let stops = (block .== .each(ASCII.quote)) .| (block .== .each(ASCII.backslash)) .| (block.signed .< .each(0x20))
            let hits = stops.nibbles
            if hits != 0 { return offset + firstLane(hits) }
            offset += 16
        }
        while offset < body.byteCount {
            let byte = body.byte(offset)
            if byte < 0x20 || byte >= 0x80 || byte == ASCII.quote || byte == ASCII.backslash { break }
            offset += 1
        }
        return offset
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

/// The four digits of `\uXXXX`, as one word.
enum HexDigits {
    /// Whether all four bytes are `0-9`, `a-f` or `A-F`.
    @inline(__always)
    static func areAll(_ word: UInt32) -> Bool {
        // Adding 0x80 - x sets a byte's top bit exactly if the byte, below 0x80, is at least x. A byte above
        // carries into its neighbour, but is itself in neither range: as the sums overflow, the top bit that the
        // first one needs and the second must not have is set in both, in the second only, or in none.
        let digit = (word &+ 0x5050_5050) & ~(word &+ 0x4646_4646)
        let lower = word | 0x2020_2020
        let letter = (lower &+ 0x1F1F_1F1F) & ~(lower &+ 0x1919_1919)
        return (digit | letter) & 0x8080_8080 == 0x8080_8080
    }

    /// The number that four digits stand for.
    @inline(__always)
    static func value(_ word: UInt32) -> UInt32 {
        var value: UInt32 = 0
        for index: UInt32 in 0..<4 {
            let byte = word >> (8 * index) & 0xFF
            value = value << 4 | (byte & 0xF) + (byte >> 6) * 9
        }
        return value
    }
}
