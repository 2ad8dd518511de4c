/// The number of an element in one section of a table. Only a validated table hands them out, so one that
/// exists is in range; the type says of which section.
@usableFromInline
package struct Index<Element>: BitwiseCopyable, Hashable, Sendable {
    @usableFromInline let raw: UInt32

    @inlinable
    package init(unchecked raw: UInt32) { self.raw = raw }

    /// The element's number, from 0.
    @inlinable
    package var number: Int { Int(raw) }
}

/// One section of a table: fixed-size records, bounds-checked. It lives as long as the table that lends it.
@safe @usableFromInline
package struct Records<Element: BitwiseCopyable>: BitwiseCopyable, Sendable {
    // Safe: the validator checked that `count` elements lie inside the mapping, and every access checks `count`.
    @usableFromInline nonisolated(unsafe) let base: UnsafePointer<Element>
    @usableFromInline package let count: Int

    init(base: UnsafeRawPointer, count: Int) {
        unsafe self.base = base.assumingMemoryBound(to: Element.self)
        self.count = count
    }

    @inlinable
    package subscript(_ position: Int) -> Element {
        precondition(UInt(bitPattern: position) < UInt(bitPattern: count))
        return unsafe base[position]
    }

    @inlinable
    package subscript(_ index: Index<Element>) -> Element { self[index.number] }

    @inlinable
    package var indices: Range<Int> { 0..<count }
}
