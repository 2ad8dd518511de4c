import CTable

/// The smooth weighted order of FORMAT.md ("Rotation"): weights 5, 1, 1 give 0 0 1 0 2 0 0.
///
/// At each step every target's counter grows by its weight; the largest (the first of equals) is taken and falls by
/// the sum of the weights. Targets of one weight take turns in their order, so that only the next one of each weight
/// has to be compared: a sum of at most 65,535 has at most 361 different weights, and a step costs no more than that.
struct SmoothCycle {
    /// After division by the greatest common divisor.
    let weights: [Int]
    /// Target numbers, as long as the sum of the weights.
    let cycle: [UInt16]

    /// `weights` has at least one entry, each at least 1; nil: the cycle would be longer than a table holds.
    init?(weights given: [Int]) {
        let divisor = given.reduce(0, Self.greatestCommonDivisor)
        weights = given.map { $0 / divisor }
        var length = 0
        for weight in weights {
            let (sum, overflow) = length.addingReportingOverflow(weight)
            guard !overflow, sum <= RTBL_MAX_CYCLE else { return nil }
            length = sum
        }
        cycle = Self.order(weights, length: length)
    }

    /// Where each target's run begins in `positions`; the last entry is the cycle's length.
    var starts: [UInt16] {
        weights.reduce(into: [0]) { starts, weight in starts.append(starts[starts.count - 1] + UInt16(weight)) }
    }

    /// For target 0, 1, …: its positions in the cycle, ascending.
    var positions: [UInt16] {
        var next = starts.map(Int.init)
        var positions = [UInt16](repeating: 0, count: cycle.count)
        for (position, target) in cycle.enumerated() {
            positions[next[Int(target)]] = UInt16(position)
            next[Int(target)] += 1
        }
        return positions
    }

    /// Targets of one weight, and the counter of the one whose turn is next.
    private struct Peers {
        let weight: Int
        var members: [UInt16] = []
        var next = 0
        var counter = 0
    }

    private static func order(_ weights: [Int], length: Int) -> [UInt16] {
        var peers = groupByWeight(weights)
        var cycle: [UInt16] = []
        cycle.reserveCapacity(length)
        for _ in 0..<length {
            var best = 0
            for index in peers.indices {
                peers[index].counter += peers[index].weight
                if index != 0, isAhead(peers[index], of: peers[best]) { best = index }
            }
            cycle.append(peers[best].members[peers[best].next])
            peers[best].next += 1
            if peers[best].next == peers[best].members.count {
                // All of this weight had their turn: each of their counters has fallen once.
                peers[best].next = 0
                peers[best].counter -= length
            }
        }
        return cycle
    }

    private static func isAhead(_ a: Peers, of b: Peers) -> Bool {
        a.counter != b.counter ? a.counter > b.counter : a.members[a.next] < b.members[b.next]
    }

    private static func groupByWeight(_ weights: [Int]) -> [Peers] {
        var peers: [Peers] = []
        var group: [Int: Int] = [:]
        for (target, weight) in weights.enumerated() {
            let index = group[weight] ?? peers.count
            if index == peers.count {
                group[weight] = index
                peers.append(Peers(weight: weight))
            }
            peers[index].members.append(UInt16(target))
        }
        return peers
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}
