import CJSONText
import RoutingTable

/// The content of a string in steps of 64 bytes, of which each says at once where the string ends and whether anything in
/// it is wrong. Text has an escape sequence every few dozen bytes, and which they are nobody can foresee: branches for each
/// would cost more than all the comparisons here.
enum JSONText {
    /// Looked at before a step's first byte: the three bytes that a character may have begun with.
    private static let lookBehind = CJT_LOOK_BEHIND
    private static let stepBytes = CJT_STEP

    /// What looks at the steps, with the same results.
    enum Steps {
        /// What is below, on every processor.
        case portable
        /// CJSONText, on one that has AVX2.
        case avx2

        static var best: Steps { cjt_is_available() ? .avx2 : .portable }
    }

    /// - Parameter start: where the content begins.
    /// - Returns: nil if the string is not sound as far as can be seen from here: whoever walks over it byte by byte knows.
    @inline(__always)
    static func scan(_ body: RawSpan, from start: Int, _ steps: Steps) -> JSONString? {
        guard start >= lookBehind, body.byteCount >= lookBehind + stepBytes else { return nil }
        guard steps == .avx2 else { return scan(body, from: start) }
        var hasEscapes = false
        // Holds: these are what cjt_scan asks for, and it reads nothing outside the body.
        let end = unsafe body.withUnsafeBytes { unsafe cjt_scan($0.baseAddress!.assumingMemoryBound(to: UInt8.self), $0.count, start, &hasEscapes) }
        return end == 0 ? nil : JSONString(end: end, escaped: hasEscapes)
    }

    /// The portable steps.
    @inline(never)
    private static func scan(_ body: RawSpan, from start: Int) -> JSONString? {
        let lastStep = body.byteCount - stepBytes
        var offset = start
        var escapes = EscapeBits()
        var hasOpenCharacter = false
        while true {
            if !hasOpenCharacter, !escapes.isOpen {
                while offset <= lastStep, TextBlock(body, at: offset).isPlain { offset += stepBytes }
            }
            // The last step overlaps with the one before it: what was looked at already is shifted out.
            let base = min(offset, lastStep)
            let done = UInt64(truncatingIfNeeded: offset - base)
            guard done < UInt64(stepBytes) else { return nil }
            let text = TextBlock(body, at: base, without: done)
            let (high, quotes) = (text.high, text.lanes(of: ASCII.quote))
            let escaped = escapes.next(backslashes: text.lanes(of: ASCII.backslash))
            let ends = quotes & ~escaped
            let upToEnd = ends ^ (ends &- 1) // all of them where there is no end
            let content = upToEnd & ~ends
            if text.controls & content != 0 { return nil }
            if escaped & content != 0, !areSound(escaped & content, text, body, offset) { return nil }
            if hasOpenCharacter || high & content != 0 {
                // A fault in the end itself says that it cuts a character short.
                guard text.faults(body, base) & upToEnd == 0 else { return nil }
            }
            if ends != 0 { return JSONString(end: offset + ends.trailingZeroBitCount + 1, escaped: escapes.wereFound) }
            guard base == offset else { return nil }
            hasOpenCharacter = high >> UInt64(stepBytes - lookBehind) != 0
            offset += stepBytes
        }
    }

    /// Whether the bytes behind backslashes are such as may stand there.
    @inline(__always)
    private static func areSound(_ escaped: UInt64, _ text: TextBlock, _ body: RawSpan, _ offset: Int) -> Bool {
        let unicode = text.lanes(of: UInt8(ascii: "u")) & escaped
        guard escaped & ~(text.lanes(of: ASCII.quote) | text.simpleEscapes | unicode) == 0 else { return false }
        var rest = unicode
        while rest != 0 {
            let digits = offset + rest.trailingZeroBitCount + 1
            guard body.byteCount - digits >= 4, HexDigits.areAll(body.halfWord(at: digits)) else { return false }
            rest &= rest - 1
        }
        return true
    }
}

/// Which of 64 bytes stand behind a backslash that begins an escape sequence.
private struct EscapeBits {
    /// 1: the last byte of the step before begins a sequence.
    private var carry: UInt64 = 0
    private(set) var wereFound = false

    var isOpen: Bool { carry != 0 }

    @inline(__always)
    mutating func next(backslashes: UInt64) -> UInt64 {
        guard backslashes | carry != 0 else { return 0 }
        wereFound = true
        // In a row of backslashes every other one begins a sequence. Subtracting the ones that can be the first of theirs
        // from a pattern of odd bits turns over the bits of each row, from its beginning on.
        let odd: UInt64 = 0xAAAA_AAAA_AAAA_AAAA
        let first = backslashes & ~carry
        let turned = ((first << 1 | odd) &- first) ^ odd
        let escaped = turned ^ (backslashes | carry)
        carry = (turned & backslashes) >> 63
        return escaped
    }
}

/// 64 bytes in registers, and questions that are answered with a bit for each that has not been looked at before.
private struct TextBlock {
    private let (a, b, c, d): (ByteBlock, ByteBlock, ByteBlock, ByteBlock)
    private let done: UInt64

    @inline(__always)
    init(_ body: RawSpan, at offset: Int, without done: UInt64 = 0) {
        self.done = done
        let blocks = body.blocks(offset, behind: 0)
        (a, b, c, d) = (blocks[0], blocks[1], blocks[2], blocks[3])
    }

    /// Nothing but ASCII without a stop.
    var isPlain: Bool {
        @inline(__always) get { (JSONString.stops(a) .| JSONString.stops(b) .| JSONString.stops(c) .| JSONString.stops(d)).lanes == 0 }
    }

    var high: UInt64 {
        @inline(__always) get { lanes { $0.signed .< .each(0) } }
    }

    var controls: UInt64 {
        @inline(__always) get { lanes { $0 .< .each(0x20) } }
    }

    @inline(__always)
    func lanes(of byte: UInt8) -> UInt64 { lanes { $0 .== .each(byte) } }

    /// Bytes that may follow a backslash, but for the quote and `u`.
    var simpleEscapes: UInt64 {
        @inline(__always) get {
            lanes {
                let (f, r) = (($0 & .each(0xFB)) .== .each(UInt8(ascii: "b")), ($0 .== .each(UInt8(ascii: "r"))) .| ($0 .== .each(UInt8(ascii: "t"))))
                return f .| r .| ($0 .== .each(UInt8(ascii: "n"))) .| ($0 .== .each(ASCII.backslash)) .| ($0 .== .each(UInt8(ascii: "/")))
            }
        }
    }

    /// Bytes that cannot follow the three before them.
    @inline(__always)
    func faults(_ body: RawSpan, _ base: Int) -> UInt64 {
        let (back1, back2, back3) = (body.blocks(base, behind: 1), body.blocks(base, behind: 2), body.blocks(base, behind: 3))
        return lanes(
            UTF8Validity.faults(a, back1[0], back2[0], back3[0]), UTF8Validity.faults(b, back1[1], back2[1], back3[1]),
            UTF8Validity.faults(c, back1[2], back2[2], back3[2]), UTF8Validity.faults(d, back1[3], back2[3], back3[3]))
    }

    @inline(__always)
    private func lanes(_ question: (ByteBlock) -> SIMDMask<SIMD16<Int8>>) -> UInt64 {
        lanes(question(a), question(b), question(c), question(d))
    }

    @inline(__always)
    private func lanes(_ a: SIMDMask<SIMD16<Int8>>, _ b: SIMDMask<SIMD16<Int8>>, _ c: SIMDMask<SIMD16<Int8>>, _ d: SIMDMask<SIMD16<Int8>>) -> UInt64 {
        (UInt64(a.lanes) | UInt64(b.lanes) << 16 | UInt64(c.lanes) << 32 | UInt64(d.lanes) << 48) >> done
    }
}
