/// The hash of FORMAT.md ("Lookup"): what the compiler placed keys by and the dataplane finds them by.
///
/// Multiply-and-fold over 8-byte words. It is part of the format: a change is a new major version.
@usableFromInline
package enum TableHash {
    /// Seeds of the host table: an exact name, and the rest of a name after a wildcard's `*`.
    @inlinable package static var exactHostSeed: UInt64 { 0 }
    @inlinable package static var wildcardHostSeed: UInt64 { 1 }

    /// The hash of `bytes` under `seed`; linear in their number, without allocation.
    @inlinable package static func hash(seed: UInt64, bytes: RawSpan) -> UInt64 {
        var state = seed ^ 0x9e37_79b9_7f4a_7c15
        let count = bytes.byteCount
        var offset = 0
        while count - offset >= 8 {
            // In bounds by the loop's condition (and checked again by the load); any eight bytes are a UInt64.
            let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
            state = mix(state ^ UInt64(littleEndian: word), 0xa076_1d64_78bd_642f)
            offset += 8
        }
        if offset < count {
            state = mix(state ^ tail(of: bytes, from: offset), 0xa076_1d64_78bd_642f)
        }
        return mix(state ^ UInt64(count), 0xe703_7ed1_a0b4_28db)
    }

    @inlinable package static func hash(seed: UInt64, _ string: String) -> UInt64 {
        hash(seed: seed, bytes: unsafe string.utf8Span.span.bytes) // a UInt8 has no padding that could be read uninitialised
    }

    /// The last one to seven bytes as a little-endian word, padded with zero bytes.
    @inlinable static func tail(of bytes: RawSpan, from offset: Int) -> UInt64 {
        var word: UInt64 = 0
        var index = bytes.byteCount
        while index > offset {
            index -= 1
            let byte = unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self) // in bounds by the loop's condition
            word = word << 8 | UInt64(byte)
        }
        return word
    }

    /// The two halves of the 128-bit product, XORed.
    @inlinable static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// The slot at which a key's probe begins; `slotCount` is a power of two.
    @inlinable package static func homeSlot(_ hash: UInt64, slotCount: Int) -> Int {
        Int(truncatingIfNeeded: hash) & (slotCount - 1)
    }

    /// What a slot remembers of its key, so that a probe seldom has to look at a key that is not the one.
    @inlinable package static func tag(_ hash: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: hash >> 32)
    }
}
