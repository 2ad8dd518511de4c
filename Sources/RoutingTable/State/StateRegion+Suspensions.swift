import Synchronization

/// What a suspension did to a target.
package enum SuspensionChange: Sendable {
    /// The target was suspended for as long already.
    case none
    /// The end has moved later.
    case prolonged
    case begun
}

/// A target's suspension in its row: a deadline, compared with the clock at each pick.
extension StateRegion {
    /// Field `offset` of a row, as the atomic that it is.
    @inline(__always)
    private func word(_ number: UInt32, _ offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        unsafe (row(number) + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// The end of the suspension in nanoseconds of the boot clock; at or before now: the target is active.
    @inline(__always)
    package func suspendedUntil(_ row: UInt32) -> UInt64 { unsafe word(row, 0).pointee.load(ordering: .relaxed) }

    /// Suspends a target, or moves the end of its suspension later; never earlier.
    @discardableResult
    package func suspend(_ row: UInt32, until: UInt64, now: UInt64, wallMillis: UInt64, reason: SuspensionReason) -> SuspensionChange {
        var seen = suspendedUntil(row)
        while true {
            guard seen < until else { return .none }
            let (exchanged, original) = unsafe word(row, 0).pointee.weakCompareExchange(expected: seen, desired: until, ordering: .relaxed)
            if exchanged { break }
            seen = original
        }
        unsafe word(row, 8).pointee.store(wallMillis &+ (until &- now) / 1_000_000, ordering: .relaxed)
        guard seen <= now else { return .prolonged }
        unsafe word(row, 16).pointee.store(wallMillis, ordering: .relaxed)
        unsafe word(row, 24).pointee.store(reason.rawValue, ordering: .relaxed)
        return .begun
    }

    /// Ends a suspension at once.
    package func resume(_ row: UInt32) {
        unsafe word(row, 0).pointee.store(0, ordering: .relaxed)
        unsafe word(row, 8).pointee.store(0, ordering: .relaxed)
    }

    /// When the present suspension began, in milliseconds of the wall clock, and why.
    package func suspension(_ row: UInt32) -> (sinceWallMillis: UInt64, reason: SuspensionReason?) {
        unsafe (word(row, 16).pointee.load(ordering: .relaxed), SuspensionReason(rawValue: word(row, 24).pointee.load(ordering: .relaxed)))
    }
}
