import CLinux

/// The connections that a worker keeps for the next request, by address, the one used last first.
@safe
struct IdleUpstreams: ~Copyable {
    // Safe: one element for every number that the address book can give out; every access checks the number.
    private let heads: UnsafeMutablePointer<Int32>
    /// The slot that has been idle for longest, and the one that has been for the shortest time; -1: none is idle.
    private(set) var oldest: Int32 = -1
    private var newest: Int32 = -1

    /// - Returns: nil if the system has no memory. Pages cost memory once they are touched.
    init?() {
        guard let mapping = unsafe cl_map_anonymous(Limits.addresses * MemoryLayout<Int32>.stride) else { return nil }
        unsafe heads = mapping.bindMemory(to: Int32.self, capacity: Limits.addresses)
    }

    /// A fresh page is zero, so slots are kept plus one.
    private func head(_ address: UInt32) -> Int32 {
        precondition(Int(address) < Limits.addresses)
        return unsafe heads[Int(address)] - 1
    }

    private func setHead(_ address: UInt32, _ slot: Int32) { unsafe heads[Int(address)] = slot + 1 }

    mutating func push(_ slot: Int, _ upstreams: inout Slab<Upstream>) {
        let address = upstreams[slot].address
        let next = head(address)
        upstreams[slot].nextIdle = next
        upstreams[slot].previousIdle = -1
        if next >= 0 { upstreams[Int(next)].previousIdle = Int32(slot) }
        setHead(address, Int32(slot))
        upstreams[slot].olderIdle = newest
        upstreams[slot].newerIdle = -1
        if newest >= 0 { upstreams[Int(newest)].newerIdle = Int32(slot) } else { oldest = Int32(slot) }
        newest = Int32(slot)
    }

    func has(_ address: UInt32) -> Bool { head(address) >= 0 }

    mutating func pop(_ address: UInt32, _ upstreams: inout Slab<Upstream>) -> Int? {
        let slot = head(address)
        guard slot >= 0 else { return nil }
        remove(Int(slot), &upstreams)
        return Int(slot)
    }

    mutating func remove(_ slot: Int, _ upstreams: inout Slab<Upstream>) {
        let (next, previous) = (upstreams[slot].nextIdle, upstreams[slot].previousIdle)
        if previous >= 0 { upstreams[Int(previous)].nextIdle = next } else { setHead(upstreams[slot].address, next) }
        if next >= 0 { upstreams[Int(next)].previousIdle = previous }
        let (older, newer) = (upstreams[slot].olderIdle, upstreams[slot].newerIdle)
        if older >= 0 { upstreams[Int(older)].newerIdle = newer } else { oldest = newer }
        if newer >= 0 { upstreams[Int(newer)].olderIdle = older } else { newest = older }
    }
}
