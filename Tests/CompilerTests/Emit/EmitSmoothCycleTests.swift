import TestSupport
import Testing
@testable import Compiler

@Suite("Smooth cycles")
struct EmitSmoothCycleTests {
    @Test("5/1/1 spreads the heavy target")
    func fiveOneOne() throws {
        let cycle = try #require(SmoothCycle(weights: [5, 1, 1]))
        #expect(cycle.cycle == [0, 0, 1, 0, 2, 0, 0])
        #expect(cycle.starts == [0, 5, 6, 7])
        #expect(cycle.positions == [0, 1, 3, 5, 6, 2, 4])
    }

    @Test("Weights are divided by their greatest common divisor")
    func reduced() throws {
        let cycle = try #require(SmoothCycle(weights: [100, 300]))
        #expect(cycle.weights == [1, 3])
        #expect(cycle.cycle == [1, 0, 1, 1])
    }

    @Test("The longest cycle is 65,535; one more is refused, and sums that overflow too")
    func limits() {
        #expect(SmoothCycle(weights: [65_534, 1])?.cycle.count == 65_535)
        #expect(SmoothCycle(weights: [65_535, 1]) == nil)
        #expect(SmoothCycle(weights: [Int.max, Int.max - 1]) == nil)
        #expect(SmoothCycle(weights: [Int](repeating: 1, count: 65_535))?.cycle == (0..<65_535).map(UInt16.init))
        #expect(SmoothCycle(weights: [Int](repeating: 1, count: 65_536)) == nil)
    }

    @Test("Random weights: as the definition says, exact, smooth, and with positions that agree")
    func random() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(state: seed)
        for _ in 0..<3_000 {
            let weights = (0..<Int.random(in: 1...9, using: &random)).map { _ in Int.random(in: 1...12, using: &random) }
            let made = try #require(SmoothCycle(weights: weights))
            let length = made.weights.reduce(0, +)
            #expect(made.cycle.map(Int.init) == Self.definition(made.weights), "weights \(weights), seed \(seed)")
            for (target, weight) in made.weights.enumerated() {
                let run = made.positions[Int(made.starts[target])..<Int(made.starts[target + 1])].map(Int.init)
                #expect(run == made.cycle.indices.filter { made.cycle[$0] == target }, "weights \(weights), seed \(seed)")
                #expect(run.count == weight, "weights \(weights), seed \(seed)")
                // No stretch of the cycle has a target more than one turn ahead of its share.
                var taken = 0
                for (step, entry) in made.cycle.enumerated() {
                    if entry == target { taken += 1 }
                    #expect(abs(taken * length - (step + 1) * weight) <= length * 2, "weights \(weights), seed \(seed)")
                }
            }
            #expect(made.starts.last.map(Int.init) == length)
        }
    }

    /// FORMAT.md word by word, a counter for every target.
    private static func definition(_ weights: [Int]) -> [Int] {
        let sum = weights.reduce(0, +)
        var counters = weights.map { _ in 0 }
        return (0..<sum).map { _ in
            for index in weights.indices { counters[index] += weights[index] }
            let best = counters.indices.max { counters[$0] < counters[$1] || (counters[$0] == counters[$1] && $0 > $1) }!
            counters[best] -= sum
            return best
        }
    }
}
