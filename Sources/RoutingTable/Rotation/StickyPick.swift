import CTable
import Glibc

/// Which target a sticky value belongs to: weighted rendezvous hashing (Thaler and Ravishankar 1998; Schindelhauer and
/// Schomaker 2005).
///
/// Each value draws for each target a number that is exponentially distributed with the target's weight as its rate;
/// the smallest wins. So the shares of many values follow the weights, and a target that goes takes along only its own
/// values, which spread over the others by their weights; when it returns, it gets the same ones again. A draw depends
/// on the target's identity, not on its place in the list: other targets may come and go in a new table.
package struct StickyPick {
    let pool: rtbl_pool
    let targets: Records<rtbl_target>
    let count: Int

    /// The hash of a value; the same in every process.
    package static func hash(of value: Bytes) -> UInt64 { TableHash.hash(seed: seed, bytes: value.span) }

    /// Apart from those of hosts, which are 0 and 1.
    private static var seed: UInt64 { 2 }

    /// nil: no target is usable.
    func target(of hash: UInt64, _ filter: some TargetFilter) -> Int? {
        var best: Int?
        var bestDraw = Double.infinity
        for number in 0..<count where filter.isUsable(number) {
            let target = targets[pool.target(number)]
            let draw = Self.draw(hash, target.identity) / Double(target.weight)
            if draw < bestDraw { (best, bestDraw) = (number, draw) }
        }
        return best
    }

    /// Exponentially distributed with rate 1.
    private static func draw(_ hash: UInt64, _ identity: UInt64) -> Double {
        let mixed = TableHash.mix(TableHash.mix(hash ^ 0xa076_1d64_78bd_642f, identity ^ 0xe703_7ed1_a0b4_28db), 0x9e37_79b9_7f4a_7c15)
        let unit = (Double(mixed >> 11) + 0.5) * 0x1p-53 // above 0, below 1
        return -log(unit)
    }
}
