import CTable
import RoutingTable

/// The slots of HOST_SLOTS or NODE_SLOTS: FORMAT.md, "Lookup".
struct SlotTable {
    private(set) var slots: [rtbl_slot]

    /// The smallest table that may hold `count` elements: a power of two, at least 4, at most three quarters full.
    init(count: Int) {
        var size = 4
        while count * 4 > size * 3 { size *= 2 }
        slots = [rtbl_slot](repeating: rtbl_slot(tag: 0, index: RTBL_NONE), count: size)
    }

    /// Elements are inserted in ascending order of their index, which makes the table the same for the same input.
    mutating func insert(hash: UInt64, index: UInt32) {
        var slot = TableHash.homeSlot(hash, slotCount: slots.count)
        while slots[slot].index != RTBL_NONE { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = rtbl_slot(tag: TableHash.tag(hash), index: index)
    }
}
