import CTable

/// The ready rotation of one pool: its cycle, and where each target stands in it (FORMAT.md, "Rotation").
@usableFromInline
package struct RotationView: BitwiseCopyable {
    @usableFromInline let data: Records<UInt16>
    @usableFromInline let first: Int
    @usableFromInline package let cycleLength: Int
    @usableFromInline package let targetCount: Int

    init(_ rotation: rtbl_rotation, in data: Records<UInt16>) {
        self.data = data
        first = Int(rotation.first)
        cycleLength = Int(rotation.cycle_length)
        targetCount = Int(rotation.target_count)
    }

    /// The number of the target at `position` of the cycle.
    @inlinable
    package func target(at position: Int) -> Int { Int(data[first + position]) }

    /// Where the positions of `target` begin among all positions.
    func start(of target: Int) -> Int { Int(data[first + cycleLength + target]) }

    func position(_ number: Int) -> Int { Int(data[first + cycleLength + targetCount + 1 + number]) }

    /// Turns of `target` in a cycle.
    package func weight(of target: Int) -> Int { start(of: target + 1) - start(of: target) }

    /// The first position from `position` on, going round, at which `target` stands. O(log weight).
    func next(of target: Int, from position: Int) -> Int {
        let end = start(of: target + 1)
        var low = start(of: target), high = end
        while low < high {
            let middle = (low + high) / 2
            if self.position(middle) < position { low = middle + 1 } else { high = middle }
        }
        return self.position(low < end ? low : start(of: target))
    }
}

extension RoutingTable {
    package func rotation(of pool: rtbl_pool) -> RotationView {
        RotationView(rotations[pool.rotationIndex], in: rotationData)
    }

    /// The position behind the first turn of the target of this identity; nil: the pool has no such target.
    package func position(behind identity: UInt64, in pool: rtbl_pool) -> Int? {
        let rotation = rotation(of: pool)
        guard let number = (0..<rotation.targetCount).first(where: { targets[pool.target($0)].identity == identity }) else { return nil }
        return (rotation.next(of: number, from: 0) + 1) % rotation.cycleLength
    }

    func validateRotations() throws(TableFault) {
        var next = 0
        for i in rotations.indices {
            let raw = rotations[i]
            let length = Int(raw.cycle_length), count = Int(raw.target_count)
            guard length > 0, count > 0, count <= length else { throw TableFault("ROTATIONS[\(i)] has \(length) entries for \(count) targets") }
            guard Int(raw.first) == next else { throw TableFault("the data of ROTATIONS[\(i)] do not follow those of the rotation before") }
            next += 2 * length + count + 1
            guard next <= rotationData.count else { throw TableFault("ROTATIONS[\(i)] reaches beyond ROTATION_DATA") }
            guard RotationView(raw, in: rotationData).isConsistent else {
                throw TableFault("cycle, starts and positions of ROTATIONS[\(i)] do not agree")
            }
        }
        guard next == rotationData.count else { throw TableFault("ROTATION_DATA has \(rotationData.count) elements, but the rotations have \(next)") }
    }
}

extension RotationView {
    /// Cycle and positions say the same: every target has a turn, and each of its positions in the cycle, and no
    /// other, is in its run, ascending.
    fileprivate var isConsistent: Bool {
        guard start(of: 0) == 0, start(of: targetCount) == cycleLength else { return false }
        for target in 0..<targetCount {
            guard start(of: target) < start(of: target + 1), start(of: target + 1) <= cycleLength else { return false }
            var previous = -1
            for number in start(of: target)..<start(of: target + 1) {
                let position = self.position(number)
                guard position > previous, position < cycleLength, self.target(at: position) == target else { return false }
                previous = position
            }
        }
        return true // cycleLength distinct (position, target) pairs agree with the cycle, so nothing is left over
    }
}
