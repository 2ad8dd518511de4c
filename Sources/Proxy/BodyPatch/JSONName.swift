/// Compares the content of a JSON string with plain UTF-8.
enum JSONName {
    /// - Parameters:
    ///   - start, end: the bytes between the quotes of a string that was found valid.
    ///   - escaped: false only if there is no escape sequence among them.
    @inline(__always)
    static func matches(_ body: RawSpan, from start: Int, to end: Int, escaped: Bool, name: RawSpan) -> Bool {
        if escaped { return matchesDecoded(body, from: start, to: end, name: name) }
        guard end - start == name.byteCount else { return false }
        for index in 0..<name.byteCount where body[start + index] != name[index] { return false }
        return true
    }

    /// Decodes as it compares. A lone surrogate stands for no character and so matches nothing.
    @inline(never)
    private static func matchesDecoded(_ body: RawSpan, from start: Int, to end: Int, name: RawSpan) -> Bool {
        var offset = start
        var matched = 0
        while offset < end {
            var scalar = UInt32(body[offset])
            var width = 1
            if scalar == UInt32(ASCII.backslash) {
                guard let (decoded, next) = decodeEscape(body, from: offset) else { return false }
                (scalar, offset, width) = (decoded, next, utf8Width(decoded))
            } else {
                offset += 1
            }
            guard name.byteCount - matched >= width else { return false }
            for index in 0..<width where name[matched + index] != utf8Byte(scalar, index, of: width) { return false }
            matched += width
        }
        return matched == name.byteCount
    }

    /// The character of the escape sequence (or pair of them) at `start`, and the offset after it.
    private static func decodeEscape(_ body: RawSpan, from start: Int) -> (UInt32, Int)? {
        switch body[start + 1] {
        case UInt8(ascii: "b"): return (0x08, start + 2)
        case UInt8(ascii: "f"): return (0x0C, start + 2)
        case UInt8(ascii: "n"): return (0x0A, start + 2)
        case UInt8(ascii: "r"): return (0x0D, start + 2)
        case UInt8(ascii: "t"): return (0x09, start + 2)
        case UInt8(ascii: "u"): break
        case let byte: return (UInt32(byte), start + 2)
        }
        let unit = HexDigits.value(body.halfWord(at: start + 2))
        switch unit {
        case 0xD800..<0xDC00:
            // The string is valid: its closing quote ends the search, and a second \u has its digits.
            guard body[start + 6] == ASCII.backslash, body[start + 7] == UInt8(ascii: "u") else { return nil }
            let low = HexDigits.value(body.halfWord(at: start + 8))
            guard 0xDC00..<0xE000 ~= low else { return nil }
            return (0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00), start + 12)
        case 0xDC00..<0xE000: return nil
        default: return (unit, start + 6)
        }
    }

    private static func utf8Width(_ scalar: UInt32) -> Int {
        scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4
    }

    /// Byte `index` of the scalar's UTF-8 form. With a width of 1 the scalar may be a raw byte of any value.
    private static func utf8Byte(_ scalar: UInt32, _ index: Int, of width: Int) -> UInt8 {
        let bits = scalar >> UInt32(6 * (width - 1 - index))
        if index > 0 { return UInt8(0x80 | bits & 0x3F) }
        switch width {
        case 1: return UInt8(bits)
        case 2: return UInt8(0xC0 | bits)
        case 3: return UInt8(0xE0 | bits)
        default: return UInt8(0xF0 | bits)
        }
    }
}
