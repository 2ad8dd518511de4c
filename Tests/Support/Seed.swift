import Foundation

/// The seed of a random test, printed before the test begins: what the test looks for may end the process.
/// The environment variable ROUNDTABLE_SEED sets it.
package struct Seed: CustomStringConvertible {
    package let value: UInt64

    package init(of test: String) {
        let given = ProcessInfo.processInfo.environment["ROUNDTABLE_SEED"].flatMap(UInt64.init)
        value = given ?? UInt64.random(in: .min ... .max)
        print("\(test): seed \(value)")
    }

    /// A generator for round `round` alone, so that one round can be tried without those before it.
    package func generator(round: Int = 0) -> SplitMix64 {
        SplitMix64(state: value &+ UInt64(round) &* 0xd1b5_4a32_d192_ed03)
    }

    package var description: String { "seed \(value)" }
}
