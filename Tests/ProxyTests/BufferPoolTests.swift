import RoutingTable
import TestSupport
import Testing

@testable import Proxy

@Suite struct BufferPoolTests {
    private func filled(_ buffer: inout Buffer, _ count: Int, from first: Int = 0) {
        for i in 0..<count { buffer.append(UInt8(truncatingIfNeeded: (first + i) &* 7)) }
    }

    private func isIntact(_ buffer: Buffer, _ count: Int, from first: Int = 0) -> Bool {
        let bytes = buffer.bytes
        guard bytes.count == count else { return false }
        for i in 0..<count where bytes[i] != UInt8(truncatingIfNeeded: (first + i) &* 7) { return false }
        return true
    }

    @Test func sizes() {
        var pool = BufferPool()
        for (wanted, capacity) in [(0, 16 << 10), (16 << 10, 16 << 10), ((16 << 10) + 1, 64 << 10), ((64 << 10) + 1, 128 << 10), (5 << 20, 8 << 20)] {
            var buffer = pool.take(atLeast: wanted)!
            #expect(buffer.capacity == capacity && buffer.isEmpty)
            pool.give(&buffer)
            #expect(!buffer.isAllocated && buffer.capacity == 0)
            pool.give(&buffer) // nothing to give: nothing happens
        }
    }

    /// Short pieces are moved in words that overlap.
    @Test func piecesOfEveryLength() {
        var pool = BufferPool()
        var buffer = pool.take()!
        let source = (0..<80).map { UInt8($0 &* 3 &+ 1) }
        for first in 0...70 {
            for second in [0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 32, 33, 70] {
                buffer.clear()
                buffer.append("|")
                unsafe source.withUnsafeBytes { source in
                    unsafe buffer.append(Bytes(source)[0..<first])
                    unsafe buffer.appendField(Bytes(source)[1..<(first + 1)], Bytes(source)[2..<(second + 2)])
                }
                buffer.append(decimal: UInt64(first) << UInt64(first % 64))
                var expected = Array("|".utf8)
                expected += source[0..<first]
                expected += source[1..<(first + 1)]
                expected += Array(": ".utf8)
                expected += source[2..<(second + 2)]
                expected += Array("\r\n\(UInt64(first) << UInt64(first % 64))".utf8)
                #expect(buffer.bytes.copied == expected, "\(first), \(second)")
            }
        }
    }

    @Test func whatIsGivenIsTakenAgain() {
        var pool = BufferPool()
        for size in [1, 64 << 10, 1 << 20] {
            var buffer = pool.take(atLeast: size)!
            let base = unsafe buffer.base
            pool.give(&buffer)
            let again = pool.take(atLeast: size)!
            #expect(unsafe again.base == base)
        }
    }

    /// From small to large by copying, from large to larger by moving pages.
    @Test func growthKeepsTheContent() {
        var pool = BufferPool()
        var buffer = Buffer.none
        var count = 0
        for size in [1000, 16 << 10, (16 << 10) + 1, 64 << 10, 100_000, 1 << 20, (2 << 20) + 1, 9_000_000] {
            #expect(pool.grow(&buffer, toHold: size) && buffer.capacity >= size)
            filled(&buffer, size - count, from: count)
            count = size
            #expect(isIntact(buffer, count))
        }
        pool.give(&buffer)
    }

    /// What is free and holds all that may be needed is taken before new memory is mapped.
    @Test func growthPrefersWhatIsFree() {
        var pool = BufferPool()
        var free = pool.take(atLeast: 1 << 20)!
        let base = unsafe free.base
        pool.give(&free)
        var buffer = pool.take()!
        filled(&buffer, 10_000)
        #expect(pool.grow(&buffer, toHold: 20_000, wanted: 1 << 20))
        #expect(unsafe buffer.base == base && buffer.capacity == 1 << 20 && isIntact(buffer, 10_000))
        var other = pool.take()!
        filled(&other, 10_000)
        #expect(pool.grow(&other, toHold: 20_000, wanted: 1 << 20))
        #expect(other.capacity == 64 << 10 && isIntact(other, 10_000), "nothing is mapped for what may never come")
        pool.give(&buffer)
        #expect(pool.grow(&other, toHold: 600_000))
        #expect(unsafe other.base == base && isIntact(other, 10_000))
        pool.give(&other)
    }

    /// A buffer that was free all the time between two calls is no longer there after the second; of each size by itself.
    @Test func whatIsNotNeededIsTrimmed() {
        var pool = BufferPool()
        var large = pool.take(atLeast: 1 << 20)!
        var small = (0..<40).map { _ in pool.take(atLeast: 64 << 10)! }
        let base = unsafe large.base
        var hasSpare = [pool.isToBeTrimmed]
        pool.give(&large)
        for i in small.indices { pool.give(&small[i]) }
        pool.trim() // all were in use since the last time
        hasSpare.append(pool.isToBeTrimmed)
        large = pool.take(atLeast: 1 << 20)!
        pool.give(&large)
        pool.trim() // takes the small ones: the large one was needed once more
        hasSpare.append(pool.isToBeTrimmed)
        large = pool.take(atLeast: 1 << 20)!
        #expect(unsafe large.base == base)
        hasSpare.append(pool.isToBeTrimmed)
        pool.give(&large)
        pool.trim()
        pool.trim()
        hasSpare.append(pool.isToBeTrimmed)
        #expect(hasSpare == [false, true, true, false, false])
    }

    /// A burst does not make one turn long.
    @Test func aCallTrimsSoMuch() {
        var pool = BufferPool()
        var buffers = (0..<3).map { _ in pool.take(atLeast: 32 << 20)! }
        for i in buffers.indices { pool.give(&buffers[i]) }
        pool.trim()
        var calls = 0
        while pool.isToBeTrimmed, calls < 10 {
            pool.trim()
            calls += 1
        }
        #expect(calls == 3)
    }

    @Test func noMoreIsKeptThanIsAllowed() {
        var pool = BufferPool(mostCachedBytes: 100_000)
        var (one, other) = (pool.take(atLeast: 64 << 10)!, pool.take(atLeast: 64 << 10)!)
        let base = unsafe one.base
        pool.give(&one)
        pool.give(&other) // is more than that
        one = pool.take(atLeast: 64 << 10)!
        #expect(unsafe one.base == base)
        let isEmpty = !pool.isToBeTrimmed
        #expect(isEmpty)
        pool.give(&one)
    }

    @Test func growthUsesWhatWasConsumedFirst() {
        var pool = BufferPool()
        var buffer = pool.take()!
        filled(&buffer, 16 << 10)
        buffer.consume(10_000)
        let base = unsafe buffer.base
        #expect(pool.grow(&buffer, toHold: 16 << 10))
        #expect(unsafe buffer.base == base && buffer.start == 0 && isIntact(buffer, (16 << 10) - 10_000, from: 10_000))
        buffer.consume(1)
        #expect(pool.grow(&buffer, toHold: 100_000) && isIntact(buffer, (16 << 10) - 10_001, from: 10_001))
    }

    @Test(arguments: [(20 << 20, 1, 16 << 10), (20 << 20, 16 << 10, 16 << 10), (20 << 20, 20_000, 64 << 10), (1 << 20, 70_000, 128 << 10), (100, 50, 16 << 10)])
    func shrinking(_ held: Int, _ left: Int, _ capacity: Int) {
        var pool = BufferPool()
        var buffer = pool.take(atLeast: held)!
        filled(&buffer, held)
        buffer.consume(held - left)
        pool.shrink(&buffer)
        #expect(buffer.capacity == capacity && buffer.start == 0 && isIntact(buffer, left, from: held - left))
        #expect(pool.grow(&buffer, toHold: held) && isIntact(buffer, left, from: held - left))
        pool.give(&buffer)
    }

    /// Many buffers at once, taken, filled, grown, shrunk and given back: nobody's bytes change under them.
    @Test func buffersAreNeverShared() {
        var random = SplitMix64(state: bodyPatchSeed)
        var pool = BufferPool()
        var held: [(buffer: Buffer, first: Int, count: Int)] = []
        for step in 0..<4000 {
            let action = random.below(4)
            if held.count < 3 || (action == 0 && held.count < 60) {
                var buffer = pool.take(atLeast: random.below(200_000))!
                let count = random.below(min(buffer.capacity, 3000))
                filled(&buffer, count, from: step)
                held.append((buffer, step, count))
                continue
            }
            let i = random.below(held.count)
            #expect(isIntact(held[i].buffer, held[i].count, from: held[i].first), "seed \(bodyPatchSeed) step \(step)")
            switch action {
            case 1: #expect(pool.grow(&held[i].buffer, toHold: held[i].count + random.below(400_000)))
            case 2 where held[i].count > 0: pool.shrink(&held[i].buffer)
            default:
                pool.give(&held[i].buffer)
                held.remove(at: i)
            }
        }
        for one in held { #expect(isIntact(one.buffer, one.count, from: one.first)) }
    }

    @Test(arguments: [(0, "0", "0"), (9, "9", "9"), (10, "10", "a"), (255, "255", "ff"), (.max, "18446744073709551615", "ffffffffffffffff")] as [(UInt64, String, String)])
    func numbers(_ value: UInt64, _ decimal: String, _ hex: String) {
        var pool = BufferPool()
        var buffer = pool.take()!
        buffer.append(decimal: value)
        buffer.append(" ")
        buffer.append(hex: value)
        #expect(buffer.bytes.text == "\(decimal) \(hex)")
    }
}
