import CLinux

/// A plain record for each slot: those of a `Slab`, or beside them what only connections with a request under way need. Pages
/// cost memory once they are touched. Whoever begins with a record writes it whole first.
@safe
struct SlotArray<Record: BitwiseCopyable>: ~Copyable {
    // Safe: `capacity` records in a mapping that lives as long as the worker; every access checks the slot.
    private let records: UnsafeMutablePointer<Record>
    let capacity: Int

    /// - Returns: nil if the system has no memory.
    init?(capacity: Int) {
        guard let mapping = unsafe cl_map_anonymous(capacity * MemoryLayout<Record>.stride) else { return nil }
        unsafe records = mapping.bindMemory(to: Record.self, capacity: capacity)
        self.capacity = capacity
    }

    subscript(_ slot: Int) -> Record {
        unsafeAddress { unsafe UnsafePointer(address(of: slot)) }
        unsafeMutableAddress { unsafe address(of: slot) }
    }

    @inline(__always) @unsafe
    func address(of slot: Int) -> UnsafeMutablePointer<Record> {
        precondition(UInt(bitPattern: slot) < UInt(bitPattern: capacity))
        return unsafe records + slot
    }
}
