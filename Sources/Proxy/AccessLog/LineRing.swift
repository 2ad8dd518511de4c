import CLinux
import RoutingTable
import Synchronization

/// Lines on their way from one worker to the writer: bytes in a circle, of which the worker writes whole lines and the
/// writer reads. Neither ever waits for the other: a line for which there is no room is lost, and counted.
@safe
final class LineRing: @unchecked Sendable {
    // Safe: `capacity` bytes, a power of two, in a mapping that this object owns; every access masks its place.
    private let memory: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private let byteCount: Int
    // Safe: one to a cache line, behind the bytes in the same mapping. They only grow.
    private let written: UnsafeMutablePointer<Atomic<Int>>
    private let read: UnsafeMutablePointer<Atomic<Int>>
    private let lostLines: UnsafeMutablePointer<Atomic<Int>>

    /// - Returns: nil if the system has no memory.
    init?(capacity: Int = Limits.logRingBytes) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0)
        self.capacity = capacity
        let line = 64
        let bytes = (capacity + line - 1) / line * line
        byteCount = bytes + 3 * line
        guard let mapping = unsafe cl_map_anonymous(byteCount) else { return nil }
        unsafe memory = mapping.assumingMemoryBound(to: UInt8.self)
        unsafe written = (mapping + bytes).bindMemory(to: Atomic<Int>.self, capacity: 1)
        unsafe read = (mapping + bytes + line).bindMemory(to: Atomic<Int>.self, capacity: 1)
        unsafe lostLines = (mapping + bytes + 2 * line).bindMemory(to: Atomic<Int>.self, capacity: 1)
    }

    deinit { unsafe _ = cl_unmap(memory, byteCount) }

    /// Lines that were lost, for anybody.
    var lost: Int { unsafe lostLines.pointee.load(ordering: .relaxed) }

    // MARK: - The worker's

    /// Puts a whole line in.
    ///
    /// - Returns: false if there is no room for it.
    @discardableResult
    func append(_ line: Bytes) -> Bool {
        let end = unsafe written.pointee.load(ordering: .relaxed)
        let start = unsafe read.pointee.load(ordering: .acquiring)
        guard line.count <= capacity - (end - start) else {
            countLost()
            return false
        }
        let place = end & (capacity - 1)
        let first = min(line.count, capacity - place)
        unsafe (memory + place).update(from: line.base, count: first)
        unsafe memory.update(from: line.base + first, count: line.count - first)
        unsafe written.pointee.store(end + line.count, ordering: .releasing)
        return true
    }

    /// Rare: by the worker, and by the writer at most once for a file that takes nothing more.
    func countLost() { unsafe _ = lostLines.pointee.add(1, ordering: .relaxed) }

    // MARK: - The writer's

    /// What has not been read: a piece, and what goes on at the ring's beginning. They stay until `consume`.
    var pieces: (Bytes, Bytes) {
        let start = unsafe read.pointee.load(ordering: .relaxed)
        let count = unsafe written.pointee.load(ordering: .acquiring) - start
        let place = start & (capacity - 1)
        let first = min(count, capacity - place)
        return unsafe (Bytes(base: memory + place, count: first), Bytes(base: memory, count: count - first))
    }

    /// The first `count` bytes of `pieces` are done with.
    ///
    /// - Returns: whether they end a line.
    @discardableResult
    func consume(_ count: Int) -> Bool {
        let start = unsafe read.pointee.load(ordering: .relaxed)
        let end = unsafe written.pointee.load(ordering: .relaxed)
        precondition(count > 0 && count <= end - start)
        let endsLine = unsafe memory[(start + count - 1) & (capacity - 1)] == ASCII.lineFeed
        unsafe read.pointee.store(start + count, ordering: .releasing)
        return endsLine
    }

    /// The bytes up to the end of the line that stands at the beginning of `pieces`.
    var firstLineBytes: Int {
        let (first, second) = pieces
        for i in 0..<first.count where first[i] == ASCII.lineFeed { return i + 1 }
        for i in 0..<second.count where second[i] == ASCII.lineFeed { return first.count + i + 1 }
        return first.count + second.count
    }
}
