import Testing
@testable import Proxy

@Suite("Idle connections")
struct IdleUpstreamsTests {
    /// Keeps connections to the addresses 0, 1, 2 … of `addresses`, in this order.
    private func withIdle(_ addresses: [UInt32], _ body: (inout IdleUpstreams, inout Slab<Upstream>) throws -> Void) throws {
        var upstreams = Slab<Upstream>(capacity: addresses.count)!
        var idle = IdleUpstreams()!
        for address in addresses {
            let slot = upstreams.take(Upstream(Transport(-1), address: address, client: -1))
            idle.push(try #require(slot), &upstreams)
        }
        try body(&idle, &upstreams)
    }

    @Test("Of an address the one used last comes first; of all the oldest is known")
    func order() throws {
        try withIdle([5, 7, 5, 7, 5]) { idle, upstreams in
            var oldest = [idle.oldest]
            let popped = [idle.pop(5, &upstreams), idle.pop(7, &upstreams)]
            idle.remove(0, &upstreams)
            oldest.append(idle.oldest)
            let others = [idle.pop(7, &upstreams), idle.pop(7, &upstreams), idle.pop(9, &upstreams)]
            oldest.append(idle.oldest)
            idle.push(1, &upstreams)
            idle.remove(2, &upstreams)
            oldest.append(idle.oldest)
            idle.remove(1, &upstreams)
            oldest.append(idle.oldest)
            let last = idle.pop(5, &upstreams)
            #expect(popped == [4, 3] && others == [1, nil, nil] && oldest == [0, 1, 2, 1, -1] && last == nil)
        }
    }
}
