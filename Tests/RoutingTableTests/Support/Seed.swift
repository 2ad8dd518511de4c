import Foundation

/// A small generator whose seed can be printed and tried again.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// The seed of a random test, printed before the test begins: what the test looks for may end the process.
/// The environment variable ROUNDTABLE_SEED sets it.
struct Seed: CustomStringConvertible {
    let value: UInt64

    init(of test: String) {
        let given = ProcessInfo.processInfo.environment["ROUNDTABLE_SEED"].flatMap(UInt64.init)
        value = given ?? UInt64.random(in: .min ... .max)
        print("\(test): seed \(value)")
    }

    /// A generator for round `round` alone, so that one round can be tried without those before it.
    func generator(round: Int = 0) -> SplitMix64 {
        SplitMix64(state: value &+ UInt64(round) &* 0xd1b5_4a32_d192_ed03)
    }

    var description: String { "seed \(value)" }
}
