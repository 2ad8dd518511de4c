import CTable

/// Executes a program: all ways through it at once, byte by byte, in order of preference (R. Pike's algorithm).
///
/// At each position an instruction is visited at most once: the first, preferred way to it wins, and those that come
/// later could only do the same. So the work is at most the program's length per byte.
struct RegexMachine {
    let program: Records<rtbl_regex_instruction>
    private let slotCount: Int

    init(program: Records<rtbl_regex_instruction>, groups: Int) {
        self.program = program
        slotCount = 2 * groups
    }

    /// Whether the whole of `text` matches, or, if it is a path, would with one more `/`.
    mutating func run(_ text: Bytes, isPath: Bool, scratch: inout RegexScratch, captures: inout RegexCaptures) -> Bool {
        let waiting = scratch.threads.0, ready = scratch.threads.1
        unsafe waiting.instructions[0] = 0
        for slot in 0..<slotCount { unsafe waiting.slots[slot] = RegexCaptures.unset }
        var count = 1
        var previous: UInt8?
        for position in 0..<text.count {
            let byte = text[position]
            let readyCount = follow(waiting, count, to: ready, at: position, between: previous, and: byte, &scratch)
            count = step(ready, readyCount, to: waiting, over: byte, &scratch)
            if count == 0 { return false }
            previous = byte
        }
        var readyCount = follow(waiting, count, to: ready, at: text.count, between: previous, and: nil, &scratch)
        if accept(ready, readyCount, end: text.count, &captures) { return true }
        guard isPath else { return false }
        let slash = UInt8(ascii: "/")
        readyCount = follow(waiting, count, to: ready, at: text.count, between: previous, and: slash, &scratch)
        count = step(ready, readyCount, to: waiting, over: slash, &scratch)
        readyCount = follow(waiting, count, to: ready, at: text.count + 1, between: slash, and: nil, &scratch)
        return accept(ready, readyCount, end: text.count + 1, &captures)
    }

    /// Takes the preferred match, if there is one.
    private func accept(_ ready: RegexThreads, _ count: Int, end: Int, _ captures: inout RegexCaptures) -> Bool {
        for thread in 0..<count where unsafe Int(program[Int(ready.instructions[thread])].operation) == RTBL_REGEX_MATCH {
            captures = RegexCaptures()
            for slot in 0..<slotCount { captures.slots[slot] = unsafe ready.slots[thread * slotCount + slot] }
            return true
        }
        return false
    }

    /// Moves threads over `byte`; the first to arrive at an instruction stays.
    private func step(_ ready: RegexThreads, _ count: Int, to waiting: RegexThreads, over byte: UInt8, _ scratch: inout RegexScratch) -> Int {
        let mark = scratch.nextMark()
        var arrived = 0
        for thread in 0..<count {
            var number = Int(unsafe ready.instructions[thread])
            while true { // ends: a validated run of byte ranges has a last one
                let instruction = program[number]
                guard Int(instruction.operation) == RTBL_REGEX_BYTES else { break }
                scratch.steps += 1
                if byte >= instruction.low, byte <= instruction.high {
                    let out = Int(instruction.out)
                    if unsafe scratch.visited[out] != mark {
                        unsafe scratch.visited[out] = mark
                        unsafe waiting.instructions[arrived] = instruction.out
                        unsafe (waiting.slots + arrived * slotCount).update(from: ready.slots + thread * slotCount, count: slotCount)
                        arrived += 1
                    }
                    break
                }
                if instruction.last != 0 { break }
                number += 1
            }
        }
        return arrived
    }

    /// Follows all that consumes nothing, from every waiting thread to those that consume a byte or match.
    private func follow(
        _ waiting: RegexThreads, _ count: Int, to ready: RegexThreads, at position: Int,
        between previous: UInt8?, and next: UInt8?, _ scratch: inout RegexScratch
    ) -> Int {
        let mark = scratch.nextMark()
        let holding = RegexAssertions.holding(between: previous, and: next)
        var arrived = 0
        for thread in 0..<count {
            // The thread's own slots are where the changes of its ways are made, and set back again.
            let slots = unsafe waiting.slots + thread * slotCount
            var depth = 1
            unsafe scratch.stack[0] = RegexScratch.StackEntry(target: Int32(waiting.instructions[thread]), old: 0)
            while depth > 0 {
                depth -= 1
                let entry = unsafe scratch.stack[depth]
                if entry.target < 0 {
                    unsafe slots[Int(-1 - entry.target)] = entry.old
                    continue
                }
                let number = Int(entry.target)
                guard unsafe scratch.visited[number] != mark else { continue }
                unsafe scratch.visited[number] = mark
                scratch.steps += 1
                let instruction = program[number]
                switch Int(instruction.operation) {
                case RTBL_REGEX_SPLIT:
                    unsafe push(Int32(instruction.other), 0, &depth, scratch.stack)
                    unsafe push(Int32(instruction.out), 0, &depth, scratch.stack)
                case RTBL_REGEX_CAPTURE:
                    let slot = Int(instruction.low)
                    guard slot < slotCount else { // nobody asks
                        unsafe push(Int32(instruction.out), 0, &depth, scratch.stack)
                        continue
                    }
                    unsafe push(-1 - Int32(slot), slots[slot], &depth, scratch.stack)
                    unsafe slots[slot] = UInt32(truncatingIfNeeded: position)
                    unsafe push(Int32(instruction.out), 0, &depth, scratch.stack)
                case RTBL_REGEX_ASSERT:
                    if instruction.low & ~holding == 0 { unsafe push(Int32(instruction.out), 0, &depth, scratch.stack) }
                case RTBL_REGEX_FAIL: continue
                default:
                    unsafe ready.instructions[arrived] = UInt16(truncatingIfNeeded: number)
                    unsafe (ready.slots + arrived * slotCount).update(from: slots, count: slotCount)
                    arrived += 1
                }
            }
        }
        return arrived
    }

    private func push(_ target: Int32, _ old: UInt32, _ depth: inout Int, _ stack: UnsafeMutablePointer<RegexScratch.StackEntry>) {
        precondition(depth < RegexScratch.stackCapacity)
        unsafe stack[depth] = RegexScratch.StackEntry(target: target, old: old)
        depth += 1
    }
}

/// What holds between two bytes of a text.
package enum RegexAssertions {
    /// Bits of `RTBL_REGEX_AT_…`. nil: the text's begin or end.
    package static func holding(between previous: UInt8?, and next: UInt8?) -> UInt8 {
        var bits = 0
        if previous == nil { bits |= RTBL_REGEX_AT_TEXT_BEGIN | RTBL_REGEX_AT_LINE_BEGIN }
        if previous == UInt8(ascii: "\n") { bits |= RTBL_REGEX_AT_LINE_BEGIN }
        if next == nil { bits |= RTBL_REGEX_AT_TEXT_END | RTBL_REGEX_AT_LINE_END }
        if next == UInt8(ascii: "\n") { bits |= RTBL_REGEX_AT_LINE_END }
        let isBoundary = (previous.map(isWord) ?? false) != (next.map(isWord) ?? false)
        bits |= isBoundary ? RTBL_REGEX_AT_WORD_BOUNDARY : RTBL_REGEX_NOT_AT_WORD_BOUNDARY
        return UInt8(bits)
    }

    /// `\w`: ASCII letters, digits and `_`.
    package static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "_"): true
        default: false
        }
    }
}
