/// What is open around the current byte: one bit each, 1 for an object, 0 for an array. The innermost up to 64
/// are kept in a register, full words in the worker's scratch.
@safe
struct NestingStack: ~Copyable {
    static let wordCount = BodyLimits.maxDepth / UInt64.bitWidth

    private let words: UnsafeMutablePointer<UInt64>
    private var innermost: UInt64 = 0
    private(set) var depth = 0

    /// - Parameter words: room for `wordCount` words, initialised or not, that outlives this value.
    @inline(__always)
    init(unsafeWords words: UnsafeMutablePointer<UInt64>) {
        unsafe self.words = unsafe words
    }

    @inline(__always)
    var isInObject: Bool { innermost & 1 != 0 }

    /// - Returns: false, and nothing is pushed, at the greatest depth.
    @inline(__always)
    mutating func push(object: Bool) -> Bool {
        guard depth < BodyLimits.maxDepth else { return false }
        // Holds: depth < maxDepth, so the index is below wordCount.
        if depth & 63 == 0 { unsafe (words + (depth >> 6)).initialize(to: innermost) }
        innermost = innermost << 1 | (object ? 1 : 0)
        depth += 1
        return true
    }

    @inline(__always)
    mutating func pop() {
        precondition(depth > 0)
        depth -= 1
        // Holds: depth < maxDepth, as above; the push at this depth wrote the word.
        innermost = depth & 63 == 0 ? unsafe words[depth >> 6] : innermost >> 1
    }
}
