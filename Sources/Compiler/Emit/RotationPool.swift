import CTable
import RoutingTable

/// ROTATIONS and ROTATION_DATA: pools with the same reduced weights share one rotation.
struct RotationPool {
    private(set) var rotations: [rtbl_rotation] = []
    private(set) var data: [UInt16] = []
    private var table = ProbeTable()

    /// The index of the rotation of a smooth cycle, added if it is new.
    mutating func index(of cycle: SmoothCycle) throws(EmitError) -> UInt32 {
        var hash = UInt64(cycle.weights.count)
        for weight in cycle.weights { hash = TableHash.hash(seed: hash, littleEndian: weight) }
        if let known = table.find(hash: hash, where: { holds(cycle, at: rotations[Int($0)]) }) { return known }

        let index = try newIndex(after: rotations.count, of: "rotation")
        let first: UInt32 = try newIndex(after: data.count, of: "rotation data")
        rotations.append(rtbl_rotation(
            first: first, cycle_length: UInt16(cycle.cycle.count), target_count: UInt16(cycle.weights.count)))
        data += cycle.cycle
        data += cycle.starts
        data += cycle.positions
        _ = try newIndex(after: data.count, of: "rotation data")
        table.insert(hash: hash, value: index)
        return index
    }

    /// Whether a rotation was made of these weights, which are the distances of its starts.
    private func holds(_ cycle: SmoothCycle, at rotation: rtbl_rotation) -> Bool {
        guard Int(rotation.target_count) == cycle.weights.count else { return false }
        let starts = Int(rotation.first) + Int(rotation.cycle_length)
        return cycle.weights.indices.allSatisfy {
            Int(data[starts + $0 + 1]) - Int(data[starts + $0]) == cycle.weights[$0]
        }
    }
}

extension TableHash {
    /// Chains a number into a hash.
    static func hash(seed: UInt64, littleEndian number: Int) -> UInt64 {
        // The pointer is to a local copy; the span cannot leave the closure.
        unsafe withUnsafeBytes(of: number.littleEndian) { unsafe hash(seed: seed, bytes: $0.bytes) }
    }
}
