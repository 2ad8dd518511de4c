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

    /// The last one to seven bytes as a little-endian word, padded with zero bytes. In loads that may overlap: most names
    /// and segments of paths are short, and this is most of their hash.
    @inlinable static func tail(of bytes: RawSpan, from offset: Int) -> UInt64 {
        let count = bytes.byteCount
        let rest = count - offset
        // Every load is in bounds (and checked again by itself), and any bytes make integers.
        if count >= 8 {
            return unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: count - 8, as: UInt64.self)) >> UInt64(64 - 8 * rest)
        }
        if rest >= 4 {
            let first = unsafe UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
            let last = unsafe UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
            return UInt64(first) | UInt64(last) << UInt64(8 * (rest - 4))
        }
        func byte(_ index: Int) -> UInt64 { unsafe UInt64(bytes.unsafeLoad(fromByteOffset: offset + index, as: UInt8.self)) << UInt64(8 * index) }
        return byte(0) | byte(rest / 2) | byte(rest - 1)
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
