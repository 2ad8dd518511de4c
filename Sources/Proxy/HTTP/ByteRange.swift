/// A half-open range of offsets into the buffer that was parsed. It is valid while that buffer's bytes stay in place.
package struct ByteRange: BitwiseCopyable, Equatable {
    package var start: UInt32
    package var end: UInt32

    /// Offsets of a head are below `Limits.headBytes`, so 32 bits always hold them.
    @inline(__always)
    package init(_ start: Int, _ end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
    }

    package static var empty: ByteRange { ByteRange(0, 0) }

    @inline(__always)
    package var lowerBound: Int { Int(start) }
    @inline(__always)
    package var upperBound: Int { Int(end) }
    @inline(__always)
    package var count: Int { Int(end) - Int(start) }
    @inline(__always)
    package var isEmpty: Bool { start == end }
    @inline(__always)
    package var indices: Range<Int> { Int(start)..<Int(end) }
}
