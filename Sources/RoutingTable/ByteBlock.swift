import CLinux

/// Sixteen bytes at a time. Every comparison is written vector against vector: the standard library compiles
/// `vector .== scalar` to a loop over the lanes, `vector .== vector` to one instruction.
@usableFromInline package typealias ByteBlock = SIMD16<UInt8>

extension SIMD16<UInt8> {
    @inlinable @inline(__always)
    package var signed: SIMD16<Int8> { unsafe unsafeBitCast(self, to: SIMD16<Int8>.self) } // the same bits; the standard library's conversion is a call

    @inlinable @inline(__always)
    package static func each(_ byte: UInt8) -> Self { Self(repeating: byte) }
}

extension SIMD16<Int8> {
    /// The lanes' order is that of unsigned bytes, as long as all of them have the same top bit.
    @inlinable @inline(__always)
    package static func each(_ byte: UInt8) -> Self { Self(repeating: Int8(bitPattern: byte)) }
}

extension SIMDMask<SIMD16<Int8>> {
    /// Bit n: lane n is set.
    @inlinable @inline(__always)
    package var lanes: UInt32 {
        // Holds: a mask's lanes are bytes 0x00 or 0xFF, and the cast is between vectors of one size.
        unsafe cl_lanes(unsafeBitCast(self, to: SIMD16<UInt8>.self))
    }
}

extension Bytes {
    /// The sixteen bytes from `position` on.
    @inlinable @inline(__always)
    package func block(_ position: Int) -> ByteBlock {
        precondition(position >= 0 && position <= count - 16)
        // Safe: any 16 bytes are a block.
        return unsafe UnsafeRawPointer(base + position).loadUnaligned(as: ByteBlock.self)
    }
}
