import RoutingTable
import Synchronization

/// Bytes that are made once, while a table is prepared for serving, and freed together with it.
@safe
struct Arena: ~Copyable {
    // Safe: every piece was allocated here and is freed once, in deinit; whoever lends a view dies before.
    private var pieces: [UnsafeMutableRawPointer] = unsafe []

    mutating func store(_ bytes: [UInt8]) -> Bytes {
        guard !bytes.isEmpty else { return .empty }
        let piece = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 1)
        unsafe piece.copyMemory(from: bytes, byteCount: bytes.count)
        unsafe pieces.append(piece)
        return unsafe Bytes(base: piece, count: bytes.count)
    }

    mutating func store(_ text: String) -> Bytes { store(Array(text.utf8)) }

    /// An array of `count` plain records.
    @unsafe
    mutating func array<Record: BitwiseCopyable>(_ count: Int, repeating record: Record) -> UnsafeMutablePointer<Record> {
        let bytes = max(1, count * MemoryLayout<Record>.stride)
        let piece = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: MemoryLayout<Record>.alignment)
        unsafe pieces.append(piece)
        let array = unsafe piece.bindMemory(to: Record.self, capacity: count)
        unsafe array.initialize(repeating: record, count: count)
        return unsafe array
    }

    /// An array of `count` zeros that may be changed from any thread.
    @unsafe
    mutating func atomics(_ count: Int) -> UnsafeMutablePointer<Atomic<Int32>> {
        let piece = UnsafeMutableRawPointer.allocate(byteCount: max(1, count) * MemoryLayout<Atomic<Int32>>.stride, alignment: MemoryLayout<Atomic<Int32>>.alignment)
        unsafe pieces.append(piece)
        let array = unsafe piece.bindMemory(to: Atomic<Int32>.self, capacity: count)
        for i in 0..<count { unsafe (array + i).initialize(to: Atomic(0)) }
        return unsafe array
    }

    deinit {
        for unsafe piece in unsafe pieces { unsafe piece.deallocate() }
    }
}
