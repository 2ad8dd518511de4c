import RoutingTable

/// An open-addressing hash table from a hash to a 32-bit value, whose keys lie elsewhere (in a string pool, in an
/// array of records): 8 bytes a slot and no copy of a key. It grows by doubling and is at most three quarters full.
struct ProbeTable {
    private static let empty = UInt64(UInt32.max)
    // The upper half of a slot is the upper half of the hash, from which also the home slot comes: growing needs no
    // keys. The lower half is the value.
    private var slots = [UInt64](repeating: empty, count: 16)
    private(set) var count = 0

    /// The value under `hash` for which `matches` is true.
    func find(hash: UInt64, where matches: (UInt32) -> Bool) -> UInt32? {
        let tag = hash >> 32
        var slot = Int(tag) & (slots.count - 1)
        while slots[slot] != Self.empty {
            let value = UInt32(truncatingIfNeeded: slots[slot])
            if slots[slot] >> 32 == tag, matches(value) { return value }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Adds a value that `find` did not find. `value` is not `UInt32.max`.
    mutating func insert(hash: UInt64, value: UInt32) {
        precondition(value != UInt32.max)
        if (count + 1) * 4 > slots.count * 3 { grow() }
        place(hash & ~0xffff_ffff | UInt64(value))
        count += 1
    }

    private mutating func place(_ entry: UInt64) {
        var slot = Int(entry >> 32) & (slots.count - 1)
        while slots[slot] != Self.empty { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = entry
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: Self.empty, count: old.count * 2)
        for entry in old where entry != Self.empty { place(entry) }
    }
}
