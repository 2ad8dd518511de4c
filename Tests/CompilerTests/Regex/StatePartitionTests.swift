import CTable
import TestSupport
import Testing
@testable import Compiler

@Suite("Blocks of states that no text tells apart")
struct StatePartitionTests {
    /// Round after round over all states, until a round splits nothing.
    private static func naively(_ next: [[Int]], _ isAccepting: [Bool]) -> [Int] {
        var block = isAccepting.map { $0 ? 1 : 0 }
        while true {
            var numbers: [[Int]: Int] = [:]
            let refined = next.indices.map { state in
                let signature = [block[state]] + next[state].map { block[$0] }
                let number = numbers[signature] ?? numbers.count
                numbers[signature] = number
                return number
            }
            if numbers.count == Set(block).count { return refined }
            block = refined
        }
    }

    /// Numbered by their first state, so that partitions can be compared.
    private static func named(_ blocks: [Int]) -> [Int] { blocks.map { block in blocks.firstIndex(of: block)! } }

    @Test("Random automata, and those of a chain, as by the plain refinement")
    func random() {
        let seed = Seed(of: "state partition")
        for round in 0..<2_000 {
            var random = seed.generator(round: round)
            let count = 1 + random.below(30), columns = 1 + random.below(4)
            // few targets, so that many states are alike
            let targets = 1 + random.below(count)
            let next = (0..<count).map { _ in (0..<columns).map { _ in random.below(targets) } }
            let isAccepting = (0..<count).map { _ in random.chance(30) }
            #expect(Self.named(StatePartition.blocks(next, isAccepting)) == Self.named(Self.naively(next, isAccepting)), "\(seed), round \(round)")
        }
        let chain = (0..<200).map { [min($0 + 1, 199), 0] }
        let ends = (0..<200).map { $0 == 199 }
        #expect(Self.named(StatePartition.blocks(chain, ends)) == Array(0..<200))
    }

    @Test("A long chain of states is as small as it gets")
    func chain() throws {
        // 800 letters make a dead state and 801 others: the two ways to each b are one
        let (record, _) = try CompiledRegex("(?:ab|cb){400}").sections(captures: false, pattern: 0, at: 0)
        #expect(record.state_count == 802)
        #expect(try RegexTesting.match("(?:ab|cb){400}", String(repeating: "abcb", count: 200)))
        #expect(try !RegexTesting.match("(?:ab|cb){400}", String(repeating: "abcb", count: 199) + "ab"))
    }
}
