/// A bounds-checked view of bytes that somebody else owns: a mapped table, a worker's buffer.
///
/// It is a pointer and a length, so it can live in plain structs that are copied freely, which a `RawSpan`
/// cannot. Whoever makes one vouches that the memory outlives every use; all owners here do so by design:
/// a table outlives the requests that began on it, a buffer belongs to its connection until it is given back.
@safe @usableFromInline
package struct Bytes: BitwiseCopyable, Sendable {
    // Safe: only read inside `0 ..< count`, which every access checks; the maker vouches for the lifetime.
    @usableFromInline nonisolated(unsafe) package let base: UnsafePointer<UInt8>
    @usableFromInline package let count: Int

    @inlinable
    package init(base: UnsafeRawPointer, count: Int) {
        precondition(count >= 0)
        unsafe self.base = base.assumingMemoryBound(to: UInt8.self)
        self.count = count
    }

    @inlinable
    package init(_ buffer: UnsafeRawBufferPointer) {
        if let base = buffer.baseAddress {
            unsafe self.init(base: base, count: buffer.count)
        } else {
            self = .empty
        }
    }

    /// Bytes of a literal, which live as long as the process.
    @inlinable
    package init(_ literal: StaticString) {
        unsafe self.init(base: literal.utf8Start, count: literal.utf8CodeUnitCount)
    }

    @inlinable
    package static var empty: Bytes { Bytes("") }

    @inlinable
    package var isEmpty: Bool { count == 0 }

    @inlinable
    package subscript(_ position: Int) -> UInt8 {
        precondition(UInt(bitPattern: position) < UInt(bitPattern: count))
        return unsafe base[position]
    }

    @inlinable
    package subscript(_ range: Range<Int>) -> Bytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return unsafe Bytes(base: base + range.lowerBound, count: range.count)
    }

    @inlinable
    package func from(_ start: Int) -> Bytes { self[start..<count] }

    @inlinable
    package var unsafeBuffer: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: base, count: count) }

    /// The same bytes as a span, which cannot outlive this view.
    @inlinable
    package var span: RawSpan {
        @_lifetime(borrow self)
        get { unsafe _overrideLifetime(RawSpan(_unsafeStart: base, byteCount: count), borrowing: self) }
    }

    /// 8 bytes from `position` on as a little-endian number, bytes beyond the end read as zero.
    @inlinable
    package func word(at position: Int) -> UInt64 {
        if position + 8 <= count {
            precondition(position >= 0)
            return unsafe UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self)
        }
        var word: UInt64 = 0
        var shift: UInt64 = 0
        for i in position..<count {
            word |= UInt64(self[i]) << shift
            shift += 8
        }
        return word
    }

    @inlinable
    package static func == (a: Bytes, b: Bytes) -> Bool {
        guard a.count == b.count else { return false }
        // Safe: every load ends at or before the count, which both have.
        let (one, other) = unsafe (UnsafeRawPointer(a.base), UnsafeRawPointer(b.base))
        let last = a.count - 8
        guard last >= 0 else { return a.word(at: 0) == b.word(at: 0) }
        var i = 0
        while i < last {
            if unsafe (one + i).loadUnaligned(as: UInt64.self) != (other + i).loadUnaligned(as: UInt64.self) { return false }
            i += 8
        }
        // it may overlap the one before
        return unsafe (one + last).loadUnaligned(as: UInt64.self) == (other + last).loadUnaligned(as: UInt64.self)
    }

    /// A copy as text, for messages; bytes that are not UTF-8 are replaced.
    package var text: String { unsafe String(decoding: unsafeBuffer, as: UTF8.self) }
}
