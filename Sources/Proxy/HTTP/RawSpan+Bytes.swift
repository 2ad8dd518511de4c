import RoutingTable

/// Comparisons and runs for lexers.
extension RawSpan {
    /// Whether the literal, of the same length as what is compared, stands at `offset`. Comparison is in words that may overlap.
    @inline(__always)
    func equals(_ literal: StaticString, at offset: Int) -> Bool {
        compare(literal, at: offset, folding: 0)
    }

    /// The same, ignoring case. The literal is made of `a-z 0-9 - / =`: for these, setting bit 5 makes only an upper
    /// case letter and a control character equal, and lexed names and values have no control characters.
    @inline(__always)
    func equalsIgnoringCase(_ literal: StaticString, at offset: Int) -> Bool {
        compare(literal, at: offset, folding: 0x2020_2020_2020_2020)
    }

    @inline(__always)
    private func compare(_ literal: StaticString, at offset: Int, folding: UInt64) -> Bool {
        let count = literal.utf8CodeUnitCount
        // the literal's bytes live as long as the program, and every offset is below their count
        let pointer = unsafe UnsafeRawPointer(literal.utf8Start)
        if count >= 8 {
            var i = 0
            while i < count - 8 {
                if unsafe (word(at: offset + i) | folding) != pointer.loadUnaligned(fromByteOffset: i, as: UInt64.self) { return false }
                i += 8
            }
            return unsafe (word(at: offset + count - 8) | folding) == pointer.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        }
        let folding32 = UInt32(truncatingIfNeeded: folding)
        if count >= 4 {
            return unsafe (halfWord(at: offset) | folding32) == pointer.loadUnaligned(as: UInt32.self)
                && (halfWord(at: offset + count - 4) | folding32) == pointer.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
        }
        let folding8 = UInt8(truncatingIfNeeded: folding)
        var i = 0
        while i < count {
            if unsafe (self[offset + i] | folding8) != pointer.load(fromByteOffset: i, as: UInt8.self) { return false }
            i += 1
        }
        return true
    }

    /// Whether two ranges hold the same bytes but for the case of letters.
    func equalIgnoringCase(_ a: ByteRange, _ b: ByteRange) -> Bool {
        guard a.count == b.count else { return false }
        for i in 0..<a.count where ASCII.lowercased(self[a.lowerBound + i]) != ASCII.lowercased(self[b.lowerBound + i]) {
            return false
        }
        return true
    }

    /// The first offset from `start` on whose byte is not in `set`; the end if there is none. `plain` is a quick
    /// vector test that is true only for members of `set`: 16 at a time, and the exact set where it says no.
    @inline(__always)
    func skip(from start: Int, _ set: ByteSet, plain: (ByteBlock) -> SIMDMask<SIMD16<Int8>>) -> Int {
        var i = start
        while true {
            if i + 16 <= byteCount {
                let run = indexOfFirst(.!plain(block(i)))
                i += run
                if run == 16 { continue }
            }
            guard i < byteCount, set.contains(self[i]) else { return i }
            i += 1
        }
    }

    /// The first offset from `start` on that no field value goes past: a control character, tabs included, or the end.
    @inline(__always)
    func skipText(from start: Int) -> Int {
        var i = start
        while i + 16 <= byteCount {
            let bytes = block(i)
            let run = indexOfFirst(isBelow(ASCII.space, bytes) .| (bytes .== ByteBlock(repeating: ASCII.delete)))
            i += run
            if run < 16 { return i }
        }
        while i < byteCount, self[i] >= ASCII.space, self[i] != ASCII.delete { i += 1 }
        return i
    }

    /// The end of a token. Letters, digits and hyphens are most of each.
    @inline(__always)
    func skipToken(from start: Int) -> Int { skip(from: start, .token, plain: areLettersDigitsHyphens) }

    /// The end of a label of a registered name, most of which is the same.
    @inline(__always)
    func skipLabel(from start: Int) -> Int { skip(from: start, .label, plain: areLettersDigitsHyphens) }

    /// The end of a run of `set`, which holds letters and `-./0123456789:`, as every set of a target does.
    @inline(__always)
    func skipTarget(from start: Int, _ set: ByteSet) -> Int {
        skip(from: start, set) { bytes in
            isBelow(26, (bytes | ByteBlock(repeating: 0x20)) &- ByteBlock(repeating: 0x61))
                .| isBelow(14, bytes &- ByteBlock(repeating: 0x2D))
        }
    }

    /// The range without the blanks (SP, HTAB) at its ends.
    @inline(__always)
    func trimmed(_ start: Int, _ end: Int) -> ByteRange {
        var start = start
        var end = end
        while start < end, ASCII.isBlank(self[start]) { start += 1 }
        while end > start, ASCII.isBlank(self[end - 1]) { end -= 1 }
        return ByteRange(start, end)
    }
}

@inline(__always)
private func areLettersDigitsHyphens(_ bytes: ByteBlock) -> SIMDMask<SIMD16<Int8>> {
    isBelow(26, (bytes | ByteBlock(repeating: 0x20)) &- ByteBlock(repeating: 0x61))
        .| (bytes .== ByteBlock(repeating: ASCII.dash))
        .| isBelow(10, bytes &- ByteBlock(repeating: ASCII.zero))
}

/// Lanes below `bound`. A function with plain types: in a longer expression the compiler may choose a generic comparison,
/// which goes lane by lane.
@inline(__always)
private func isBelow(_ bound: UInt8, _ bytes: ByteBlock) -> SIMDMask<SIMD16<Int8>> {
    let bounds = ByteBlock(repeating: bound)
    return bytes .< bounds
}

/// The index of the first lane that is set, 16 if none is.
@inline(__always)
private func indexOfFirst(_ mask: SIMDMask<SIMD16<Int8>>) -> Int {
    (mask.lanes | 1 << 16).trailingZeroBitCount
}
