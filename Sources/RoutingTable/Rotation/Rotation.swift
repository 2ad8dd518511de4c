import Synchronization

/// Which of a pool's targets may be picked; a pick asks once per target at most.
@usableFromInline
package protocol TargetFilter {
    func isUsable(_ target: Int) -> Bool
}

extension RotationView {
    /// Takes the next usable target and leaves the cursor behind it. Lock-free: any number of threads share the
    /// cursor, and each turn of the cycle is given out once.
    ///
    /// Deleting entries from a cyclic sequence leaves the others in exact proportion, so a suspended target
    /// needs no reweighting, and one that returns takes its old turns and no more.
    ///
    /// - Parameter cursor: a position in the cycle.
    /// - Returns: a target number; nil if none is usable.
    /// - Complexity: O(1) if the target under the cursor is usable, else O(targets · log cycle).
    @inlinable
    package func pick(_ cursor: borrowing Atomic<UInt64>, _ filter: some TargetFilter) -> Int? {
        var seen = cursor.load(ordering: .relaxed)
        while true { // a failed exchange means that another pick went through
            guard let position = nextPosition(from: Int(seen % UInt64(cycleLength)), filter) else { return nil }
            let after = position + 1 == cycleLength ? 0 : position + 1
            let (exchanged, original) = cursor.weakCompareExchange(expected: seen, desired: UInt64(after), ordering: .relaxed)
            if exchanged { return target(at: position) }
            seen = original
        }
    }

    /// The first position from `start` on, going round, whose target is usable.
    @usableFromInline
    func nextPosition(from start: Int, _ filter: some TargetFilter) -> Int? {
        let first = target(at: start)
        if filter.isUsable(first) { return start }
        var best: Int?
        var bestDistance = cycleLength
        for target in 0..<targetCount where target != first && filter.isUsable(target) {
            let position = next(of: target, from: start)
            let distance = position >= start ? position - start : position - start + cycleLength
            if distance < bestDistance { (best, bestDistance) = (position, distance) }
        }
        return best
    }
}
