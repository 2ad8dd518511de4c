import RoutingTable
import Synchronization
import Testing
import Threading

@Suite struct ParallelTests {
    @Test(arguments: [1, 2, 7]) func everyNumberIsTakenOnce(threads: Int) {
        let seen = Mutex([Int](repeating: 0, count: 1_000))
        Parallel.forEach(1_000, threads: threads) { number in seen.withLock { $0[number] += 1 } }
        #expect(seen.withLock { $0 } == [Int](repeating: 1, count: 1_000))
    }

    @Test func noWorkIsNoCall() {
        Parallel.forEach(0, threads: 4) { Issue.record("called with \($0)") }
    }

    @Test(arguments: [2, 5]) func threadsMakeTheSameDigest(threads: Int) {
        for count in [128, 1 << 20, 3 << 20 + 77] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 7) }
            withBytes(bytes) { #expect(Digest(table: $0, threads: threads) == Digest(table: $0.span)) }
        }
    }
}
