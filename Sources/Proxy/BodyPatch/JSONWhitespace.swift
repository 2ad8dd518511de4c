/// The four bytes of RFC 8259 section 2.
enum JSONWhitespace {
    private static let members: UInt64 = 1 << UInt64(ASCII.space) | 1 << UInt64(ASCII.lineFeed) | 1 << UInt64(ASCII.carriageReturn) | 1 << UInt64(ASCII.tab)

    /// The first byte from `start` on that is none of them; the body's length if all are.
    @inline(__always)
    static func end(_ body: RawSpan, from start: Int) -> Int {
        var offset = start
        while offset < body.byteCount {
            let byte = body[offset]
            guard byte <= ASCII.space, members &>> UInt64(byte) & 1 == 1 else { return offset }
            offset += 1
        }
        return offset
    }
}
