/// A number of RFC 8259 section 6. Its size does not matter: it is passed on as it stands.
enum JSONNumber {
    /// - Parameter start: the offset of `-` or of the first digit.
    /// - Returns: the offset after the number. It cannot end the body, an object still is open.
    @inline(__always)
    static func end(_ body: RawSpan, from start: Int) throws(BodyRefusal) -> Int {
        var offset = start
        if body[offset] == UInt8(ascii: "-") { offset += 1 }
        if offset < body.byteCount, body[offset] == UInt8(ascii: "0") {
            offset += 1
        } else {
            offset = try digitsEnd(body, from: offset)
        }
        guard offset < body.byteCount else { throw BodyRefusal(.unexpectedEnd, at: offset) }
        if body[offset] == UInt8(ascii: ".") {
            offset = try digitsEnd(body, from: offset + 1)
            guard offset < body.byteCount else { throw BodyRefusal(.unexpectedEnd, at: offset) }
        }
        if body[offset] | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if offset < body.byteCount, body[offset] == UInt8(ascii: "+") || body[offset] == UInt8(ascii: "-") {
                offset += 1
            }
            offset = try digitsEnd(body, from: offset)
        }
        return offset
    }

    /// The end of at least one digit.
    @inline(__always)
    private static func digitsEnd(_ body: RawSpan, from start: Int) throws(BodyRefusal) -> Int {
        var offset = start
        while offset < body.byteCount, body[offset] &- UInt8(ascii: "0") < 10 { offset += 1 }
        guard offset > start else {
            throw BodyRefusal(offset < body.byteCount ? .invalidNumber : .unexpectedEnd, at: offset)
        }
        return offset
    }
}
