import RoutingTable

/// Loads for lexers and scanners. `unsafe` is here only because the standard library calls every typed load of a raw span so,
/// whatever the type; each of them checks its bounds, and any bytes make valid integers and blocks. The first byte is the
/// lowest: every platform that is served is little-endian, as tables are.
extension RawSpan {
    /// One comparison, where the checked load of any type makes two.
    @inline(__always)
    subscript(offset: Int) -> UInt8 {
        precondition(UInt(bitPattern: offset) < UInt(bitPattern: byteCount))
        return unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    @inline(__always)
    func halfWord(at offset: Int) -> UInt32 {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
    }

    @inline(__always)
    func block(_ offset: Int) -> ByteBlock {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: ByteBlock.self)
    }

    /// Four blocks in a row, from `behind` bytes before `offset` on.
    @inline(__always)
    func blocks(_ offset: Int, behind: Int) -> InlineArray<4, ByteBlock> {
        precondition(offset >= behind && byteCount >= 64 && offset - behind <= byteCount - 64)
        // Holds: the 64 bytes lie within the span.
        return unsafe withUnsafeBytes {
            let from = unsafe $0.baseAddress! + (offset - behind)
            return unsafe [from.loadUnaligned(as: ByteBlock.self), (from + 16).loadUnaligned(as: ByteBlock.self),
                (from + 32).loadUnaligned(as: ByteBlock.self), (from + 48).loadUnaligned(as: ByteBlock.self)]
        }
    }
}
