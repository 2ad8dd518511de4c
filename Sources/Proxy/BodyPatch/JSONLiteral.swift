/// `true`, `false`, `null`.
enum JSONLiteral {
    /// - Parameter start: the offset of `t`, `f` or `n`.
    @inline(__always)
    static func end(_ body: RawSpan, from start: Int) throws(BodyRefusal) -> Int {
        // The object is still open: a fifth byte must follow even the shorter ones.
        guard body.byteCount - start > 4 else { throw BodyRefusal(.invalidLiteral, at: start) }
        switch body.halfWord(at: start) {
        case 0x6575_7274, 0x6C6C_756E: return start + 4  // "true", "null", lowest byte first
        case 0x736C_6166 where body[start + 4] == UInt8(ascii: "e"): return start + 5
        default: throw BodyRefusal(.invalidLiteral, at: start)
        }
    }
}
