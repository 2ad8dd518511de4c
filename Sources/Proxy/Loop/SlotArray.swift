import CLinux

/// A record beside each slot of a slab, for what only connections with a request under way need: pages cost memory once they
/// are touched. Whoever begins with a record writes it whole first.
@safe
struct SlotArray<Record: BitwiseCopyable>: ~Copyable {
    // Safe: `capacity` records in a mapping that lives as long as the worker; every access checks the slot.
    private let records: UnsafeMutablePointer<Record>
    private let capacity: Int

    /// - Returns: nil if the system has no memory.
    init?(capacity: Int) {
        guard let mapping = unsafe cl_map_anonymous(capacity * MemoryLayout<Record>.stride) else { return nil }
        unsafe records = mapping.bindMemory(to: Record.self, capacity: capacity)
        self.capacity = capacity
    }

    subscript(_ slot: Int) -> Record {
        unsafeAddress {
            precondition(UInt(bitPattern: slot) < UInt(bitPattern: capacity))
            return unsafe UnsafePointer(records + slot)
        }
        unsafeMutableAddress {
            precondition(UInt(bitPattern: slot) < UInt(bitPattern: capacity))
            return unsafe records + slot
        }
    }
}
