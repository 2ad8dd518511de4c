import CLinux

/// A fixed number of plain records at fixed places, taken and given back in constant time. A slot's generation
/// changes whenever it is taken or given back, so that an event for an earlier holder is seen as stale.
@safe
struct Slab<Record: BitwiseCopyable>: ~Copyable {
    // Safe: `capacity` records in a mapping that lives as long as the worker; every access checks the slot.
    private let records: UnsafeMutablePointer<Record>
    private let nextFree: UnsafeMutablePointer<UInt32>
    private let generations: UnsafeMutablePointer<UInt32>
    private var firstFree = UInt32.max
    private var touched = 0
    let capacity: Int
    private(set) var count = 0

    /// - Returns: nil if the system has no memory. Pages cost memory once they are touched.
    init?(capacity: Int) {
        let recordBytes = (capacity * MemoryLayout<Record>.stride + 63) & ~63
        let linkBytes = capacity * MemoryLayout<UInt32>.stride
        guard let mapping = unsafe cl_map_anonymous(recordBytes + 2 * linkBytes) else { return nil }
        unsafe records = mapping.bindMemory(to: Record.self, capacity: capacity)
        unsafe nextFree = (mapping + recordBytes).bindMemory(to: UInt32.self, capacity: capacity)
        unsafe generations = (mapping + recordBytes + linkBytes).bindMemory(to: UInt32.self, capacity: capacity)
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

    /// Whether `slot` holds a record: a generation is odd from taking to giving back.
    func isTaken(_ slot: Int) -> Bool { generation(slot) & 1 == 1 }

    func generation(_ slot: Int) -> UInt32 {
        precondition(UInt(bitPattern: slot) < UInt(bitPattern: capacity))
        return unsafe generations[slot]
    }

    /// A free slot holding `record`; nil: all are taken.
    mutating func take(_ record: Record) -> Int? {
        let slot: Int
        if firstFree != .max {
            slot = Int(firstFree)
            firstFree = unsafe nextFree[slot]
        } else {
            guard touched < capacity else { return nil }
            slot = touched
            touched += 1
        }
        unsafe records[slot] = record
        unsafe generations[slot] &+= 1
        count += 1
        return slot
    }

    mutating func give(_ slot: Int) {
        precondition(UInt(bitPattern: slot) < UInt(bitPattern: capacity))
        unsafe generations[slot] &+= 1
        unsafe nextFree[slot] = firstFree
        firstFree = UInt32(slot)
        count -= 1
    }
}
