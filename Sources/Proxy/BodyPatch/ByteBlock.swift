/// Sixteen bytes at a time. Every comparison is written vector against vector: the standard library compiles
/// `vector .== scalar` to a loop over the lanes, `vector .== vector` to one instruction.
typealias ByteBlock = SIMD16<UInt8>

extension SIMD16<UInt8> {
    @inline(__always)
    var signed: SIMD16<Int8> { SIMD16<Int8>(truncatingIfNeeded: self) }

    @inline(__always)
    static func each(_ byte: UInt8) -> Self { Self(repeating: byte) }
}

extension SIMD16<Int8> {
    /// The lanes' order is that of unsigned bytes, as long as all of them have the same top bit.
    @inline(__always)
    static func each(_ byte: UInt8) -> Self { Self(repeating: Int8(bitPattern: byte)) }
}

extension SIMDMask<SIMD16<Int8>> {
    /// Four bits per lane, the first lane's lowest; 0: no lane is set.
    @inline(__always)
    var nibbles: UInt64 {
        // Holds: a mask's lanes are bytes 0x00 or 0xFF, and both casts are between vectors of one size. The
        // shift moves the upper half of an even lane and the lower half of the odd lane after it into one byte.
        let pairs = unsafe unsafeBitCast(self, to: SIMD8<UInt16>.self) &>> SIMD8<UInt16>(repeating: 4)
        return unsafe unsafeBitCast(SIMD8<UInt8>(truncatingIfNeeded: pairs), to: UInt64.self)
    }
}

/// The lane of the lowest set bit.
@inline(__always)
func firstLane(_ nibbles: UInt64) -> Int { nibbles.trailingZeroBitCount >> 2 }

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
