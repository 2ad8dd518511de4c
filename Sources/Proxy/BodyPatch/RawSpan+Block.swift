import RoutingTable

/// Loads of a scanner over one JSON body.
extension RawSpan {
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        // Holds: any byte is a UInt8; the offset is checked against the span.
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    @inline(__always)
    func block(_ offset: Int) -> ByteBlock {
        // Holds: any 16 bytes are a ByteBlock; all 16 are checked to lie in the span.
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: ByteBlock.self)
    }

    /// Four bytes, the first one lowest.
    @inline(__always)
    func word(_ offset: Int) -> UInt32 {
        // Holds: any 4 bytes are a UInt32; all 4 are checked to lie in the span.
        UInt32(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
