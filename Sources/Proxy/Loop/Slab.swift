/// A fixed number of plain records at fixed places, taken and given back in constant time. A slot's generation
/// changes whenever it is taken or given back, so that an event for an earlier holder is seen as stale.
struct Slab<Record: BitwiseCopyable>: ~Copyable {
    private var records: SlotArray<Record>
    private var nextFree: SlotArray<UInt32>
    private var generations: SlotArray<UInt32>
    private var firstFree = UInt32.max
    private var touched = 0
    var capacity: Int { records.capacity }
    private(set) var count = 0

    /// - Returns: nil if the system has no memory. Pages cost memory once they are touched.
    init?(capacity: Int) {
        guard let records = SlotArray<Record>(capacity: capacity), let nextFree = SlotArray<UInt32>(capacity: capacity),
            let generations = SlotArray<UInt32>(capacity: capacity)
        else { return nil }
        self.records = records
        self.nextFree = nextFree
        self.generations = generations
    }

    subscript(_ slot: Int) -> Record {
        unsafeAddress { unsafe UnsafePointer(records.address(of: slot)) }
        unsafeMutableAddress { unsafe records.address(of: slot) }
    }

    /// Whether `slot` holds a record: a generation is odd from taking to giving back.
    func isTaken(_ slot: Int) -> Bool { generation(slot) & 1 == 1 }

    func generation(_ slot: Int) -> UInt32 { generations[slot] }

    /// A free slot holding `record`; nil: all are taken.
    mutating func take(_ record: Record) -> Int? {
        let slot: Int
        if firstFree != .max {
            slot = Int(firstFree)
            firstFree = nextFree[slot]
        } else {
            guard touched < capacity else { return nil }
            slot = touched
            touched += 1
        }
        records[slot] = record
        generations[slot] &+= 1
        count += 1
        return slot
    }

    mutating func give(_ slot: Int) {
        generations[slot] &+= 1
        nextFree[slot] = firstFree
        firstFree = UInt32(slot)
        count -= 1
    }
}
