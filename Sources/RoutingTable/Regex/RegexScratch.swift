import CTable

/// Memory for the regular expressions that need a program: allocated once per thread, about 700 KiB of which a
/// pattern touches only what its length asks for.
@safe
package struct RegexScratch: ~Copyable {
    static let capacity = Int(RTBL_MAX_REGEX_PROGRAM)
    static let slotCount = RegexCaptures.slotCount

    /// Instructions that have been executed since the scratch was made: the measure of a match's work.
    package internal(set) var steps = 0

    // Safe: every part has the size that a program of the greatest length needs, and a validated program is no longer.
    let threads: (RegexThreads, RegexThreads)
    /// What is left to follow: instructions, and slots to set back. Each instruction adds at most two.
    let stack: UnsafeMutablePointer<StackEntry>
    static let stackCapacity = 2 * capacity + 2
    /// Marks of the instructions that have been visited at this position.
    let visited: UnsafeMutablePointer<UInt32>
    var mark: UInt32 = 0

    struct StackEntry {
        /// An instruction; or -1 - slot, to be set back to `old`.
        var target: Int32
        var old: UInt32
    }

    package init() {
        threads = (RegexThreads(capacity: Self.capacity), RegexThreads(capacity: Self.capacity))
        unsafe stack = .allocate(capacity: Self.stackCapacity)
        unsafe visited = .allocate(capacity: Self.capacity)
        unsafe visited.initialize(repeating: 0, count: Self.capacity)
    }

    deinit {
        threads.0.deallocate()
        threads.1.deallocate()
        unsafe stack.deallocate()
        unsafe visited.deallocate()
    }

    /// A fresh mark: nothing is visited.
    mutating func nextMark() -> UInt32 {
        if mark == .max {
            unsafe visited.update(repeating: 0, count: Self.capacity)
            mark = 0
        }
        mark += 1
        return mark
    }
}

/// Instructions in order of preference, each with the slots of the way that led there.
@safe
struct RegexThreads {
    // Safe: both have room for as many threads as a program has instructions, and no instruction is in them twice.
    let instructions: UnsafeMutablePointer<UInt16>
    let slots: UnsafeMutablePointer<UInt32>

    init(capacity: Int) {
        unsafe instructions = .allocate(capacity: capacity)
        unsafe slots = .allocate(capacity: capacity * RegexScratch.slotCount)
    }

    func deallocate() {
        unsafe instructions.deallocate()
        unsafe slots.deallocate()
    }
}
