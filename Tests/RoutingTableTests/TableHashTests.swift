import RoutingTable
import TestSupport
import Testing

/// FORMAT.md, "Lookup".
@Suite struct TableHashTests {
    /// Word by word, the last one padded with zero bytes.
    private func expected(_ seed: UInt64, _ bytes: [UInt8]) -> UInt64 {
        func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
            let product = a.multipliedFullWidth(by: b)
            return product.high ^ product.low
        }
        var state = seed ^ 0x9e37_79b9_7f4a_7c15
        for start in stride(from: 0, to: bytes.count, by: 8) {
            let word = bytes[start..<min(start + 8, bytes.count)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            state = mix(state ^ word, 0xa076_1d64_78bd_642f)
        }
        return mix(state ^ UInt64(bytes.count), 0xe703_7ed1_a0b4_28db)
    }

    @Test func everyLength() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix64(state: seed)
        for count in 0...40 {
            for _ in 0..<50 {
                let bytes = (0..<count).map { _ in UInt8(random.below(256)) }
                let hash = unsafe bytes.withUnsafeBytes { unsafe TableHash.hash(seed: seed, bytes: $0.bytes) }
                #expect(hash == expected(seed, bytes), "seed \(seed): \(bytes)")
            }
        }
    }
}
