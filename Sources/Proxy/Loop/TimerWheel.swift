import CLinux

/// Deadlines of many connections, coarse and cheap: a deadline that moves later costs one store, as nearly all
/// do, and so does one that is cancelled; only when its old slot comes up is it filed anew, or forgotten. One that moves
/// earlier is filed at once.
@safe
struct TimerWheel: ~Copyable {
    // Safe: all arrays have `capacity` elements in one mapping that lives as long as the worker, and every
    // access checks the identifier against it.
    private let deadlines: UnsafeMutablePointer<UInt64>
    private let links: UnsafeMutablePointer<Link>
    private let capacity: Int
    private var heads: [UInt32]
    private var occupied: [UInt64]
    private var currentTick: UInt64

    private struct Link: BitwiseCopyable {
        var next: UInt32
        var previous: UInt32
        var tick: UInt64 // 0: not filed
    }

    private static let none = UInt32.max

    /// - Parameter capacity: identifiers are `0 ..< capacity`.
    /// - Returns: nil if the system has no memory.
    init?(capacity: Int, now: UInt64) {
        let deadlineBytes = capacity * MemoryLayout<UInt64>.stride
        guard let mapping = unsafe cl_map_anonymous(deadlineBytes + capacity * MemoryLayout<Link>.stride) else { return nil }
        unsafe deadlines = mapping.bindMemory(to: UInt64.self, capacity: capacity)
        unsafe links = (mapping + deadlineBytes).bindMemory(to: Link.self, capacity: capacity)
        self.capacity = capacity
        heads = Array(repeating: Self.none, count: Limits.timerSlots)
        occupied = Array(repeating: 0, count: Limits.timerSlots / 64)
        currentTick = now / Limits.timerTickMillis
    }

    /// Sets when `identifier` expires, in milliseconds of the loop's clock; it expires up to one tick later.
    mutating func set(_ identifier: UInt32, deadline: UInt64) {
        precondition(Int(identifier) < capacity)
        unsafe deadlines[Int(identifier)] = deadline
        let filed = unsafe links[Int(identifier)].tick
        let wanted = tick(for: deadline)
        if filed != 0, filed <= wanted { return }
        if filed != 0 { unlink(identifier) }
        link(identifier, at: wanted)
    }

    mutating func cancel(_ identifier: UInt32) {
        precondition(Int(identifier) < capacity)
        unsafe deadlines[Int(identifier)] = .max
    }

    /// The next identifier whose deadline has passed, which is no longer filed; nil: none is left at `now`.
    mutating func nextExpired(now: UInt64) -> UInt32? {
        let nowTick = now / Limits.timerTickMillis
        while currentTick < nowTick {
            let slot = Int(currentTick % UInt64(Limits.timerSlots))
            while heads[slot] != Self.none {
                let identifier = heads[slot]
                unlink(identifier)
                let deadline = unsafe deadlines[Int(identifier)]
                if deadline <= now { return identifier }
                if deadline == .max { continue } // cancelled
                link(identifier, at: max(tick(for: deadline), currentTick + 1))
            }
            currentTick += 1
        }
        return nil
    }

    /// How long the loop may sleep, in milliseconds; -1: until an event.
    func millisUntilNext(now: UInt64) -> Int32 {
        for ahead in 0...(Limits.timerSlots / 64) {
            let slot = Int(currentTick % UInt64(Limits.timerSlots))
            let word = (slot / 64 + ahead) % occupied.count
            var bits = occupied[word]
            if ahead == 0 { bits &= ~0 << UInt64(slot % 64) }
            guard bits != 0 else { continue }
            let distance = (word * 64 + bits.trailingZeroBitCount - slot + Limits.timerSlots) % Limits.timerSlots
            let due = (currentTick + UInt64(distance) + 1) * Limits.timerTickMillis
            return Int32(clamping: due > now ? due - now : 0)
        }
        return -1
    }

    // MARK: -

    /// The tick at whose end a deadline has passed, within the wheel's reach.
    private func tick(for deadline: UInt64) -> UInt64 {
        min(max(deadline / Limits.timerTickMillis, currentTick), currentTick + UInt64(Limits.timerSlots) - 2)
    }

    private mutating func link(_ identifier: UInt32, at tick: UInt64) {
        let slot = Int(tick % UInt64(Limits.timerSlots))
        let head = heads[slot]
        unsafe links[Int(identifier)] = Link(next: head, previous: Self.none, tick: tick)
        if head != Self.none { unsafe links[Int(head)].previous = identifier }
        heads[slot] = identifier
        occupied[slot / 64] |= 1 << UInt64(slot % 64)
    }

    private mutating func unlink(_ identifier: UInt32) {
        let link = unsafe links[Int(identifier)]
        let slot = Int(link.tick % UInt64(Limits.timerSlots))
        if link.previous == Self.none { heads[slot] = link.next } else { unsafe links[Int(link.previous)].next = link.next }
        if link.next != Self.none { unsafe links[Int(link.next)].previous = link.previous }
        if heads[slot] == Self.none { occupied[slot / 64] &= ~(1 << UInt64(slot % 64)) }
        unsafe links[Int(identifier)].tick = 0
    }
}
