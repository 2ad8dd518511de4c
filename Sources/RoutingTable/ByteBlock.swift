/// Sixteen bytes at a time. Every comparison is written vector against vector: the standard library compiles
/// `vector .== scalar` to a loop over the lanes, `vector .== vector` to one instruction.
@usableFromInline package typealias ByteBlock = SIMD16<UInt8>

extension SIMD16<UInt8> {
    @inlinable @inline(__always)
    package var signed: SIMD16<Int8> { SIMD16<Int8>(truncatingIfNeeded: self) }

    @inlinable @inline(__always)
    package static func each(_ byte: UInt8) -> Self { Self(repeating: byte) }
}

extension SIMD16<Int8> {
    /// The lanes' order is that of unsigned bytes, as long as all of them have the same top bit.
    @inlinable @inline(__always)
    package static func each(_ byte: UInt8) -> Self { Self(repeating: Int8(bitPattern: byte)) }
}

extension SIMDMask<SIMD16<Int8>> {
    /// Four bits per lane, the first lane's lowest; 0: no lane is set.
    @inlinable @inline(__always)
    package var nibbles: UInt64 {
        // Holds: a mask's lanes are bytes 0x00 or 0xFF, and both casts are between vectors of one size. The
        // shift moves the upper half of an even lane and the lower half of the odd lane after it into one byte.
        let pairs = unsafe unsafeBitCast(self, to: SIMD8<UInt16>.self) &>> SIMD8<UInt16>(repeating: 4)
        return unsafe unsafeBitCast(SIMD8<UInt8>(truncatingIfNeeded: pairs), to: UInt64.self)
    }
}

/// The lane of the lowest set bit.
@inlinable @inline(__always)
package func firstLane(_ nibbles: UInt64) -> Int { nibbles.trailingZeroBitCount >> 2 }

extension Bytes {
    /// The sixteen bytes from `position` on.
    @inlinable @inline(__always)
    package func block(_ position: Int) -> ByteBlock {
        precondition(position >= 0 && position <= count - 16)
        // Safe: any 16 bytes are a block.
        return unsafe UnsafeRawPointer(base + position).loadUnaligned(as: ByteBlock.self)
    }
}
