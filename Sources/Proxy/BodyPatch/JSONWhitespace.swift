/// The four bytes of RFC 8259 section 2.
enum JSONWhitespace {
    /// The first byte from `start` on that is none of them; the body's length if all are.
    @inline(__always)
    static func end(_ body: RawSpan, from start: Int) -> Int {
        var offset = start
        while offset < body.byteCount {
            let byte = body[offset]
            guard byte <= ASCII.space else { return offset }
            guard byte == ASCII.space || byte == ASCII.lineFeed || byte == ASCII.carriageReturn || byte == ASCII.tab
            else { return offset }
            offset += 1
        }
        return offset
    }
}
