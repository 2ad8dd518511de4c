import TestSupport
import Testing

@testable import Proxy

@Suite struct SlabTests {
    @Test func takesUntilFull() {
        var slab = Slab<Int>(capacity: 3)!
        #expect(slab.take(10) == 0 && slab.take(11) == 1 && slab.take(12) == 2)
        #expect(slab.take(13) == nil && slab.count == 3)
        slab.give(1)
        #expect(slab.count == 2 && !slab.isTaken(1) && slab.isTaken(0))
        #expect(slab.take(14) == 1 && slab[1] == 14 && slab[0] == 10 && slab[2] == 12)
    }

    /// What an idle connection costs, beside its timer's 32 bytes and the slab's own 8.
    @Test func recordsAreSmall() {
        #expect(MemoryLayout<Client>.stride <= 416, "\(MemoryLayout<Client>.stride)")
        #expect(MemoryLayout<RequestRecord>.stride + MemoryLayout<TokenMeter>.stride <= 500, "\(MemoryLayout<RequestRecord>.stride) + \(MemoryLayout<TokenMeter>.stride)")
        #expect(MemoryLayout<Upstream>.stride <= 192, "\(MemoryLayout<Upstream>.stride)")
    }

    /// The slot given back last is warm, and taken first.
    @Test func lastGivenFirstTaken() {
        var slab = Slab<Int>(capacity: 4)!
        for i in 0..<4 { #expect(slab.take(i) == i) }
        slab.give(0)
        slab.give(3)
        #expect(slab.take(0) == 3 && slab.take(0) == 0 && slab.take(0) == nil)
    }

    @Test func aGenerationTellsHoldersApart() {
        var slab = Slab<Int>(capacity: 1)!
        var seen = Set<UInt32>()
        for _ in 0..<100 {
            let slot = slab.take(0)!
            #expect(slab.isTaken(slot) && seen.insert(slab.generation(slot)).inserted)
            slab.give(slot)
            #expect(!slab.isTaken(slot) && seen.insert(slab.generation(slot)).inserted)
        }
    }

    @Test func aTokenHoldsWhatItWasMadeOf() {
        for (kind, slot, generation) in [
            (Token.Kind.client, 0, 1), (.upstream, 0x3fff_ffff, UInt32.max), (.wake, 0, 0), (.listener, 7, 3),
        ] as [(Token.Kind, Int, UInt32)] {
            let token = Token(raw: Token(kind, slot, generation).raw)
            #expect(token.kind == kind && token.slot == slot && token.generation == generation)
        }
    }
}
