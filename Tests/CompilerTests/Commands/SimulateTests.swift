import Compiler
import Foundation
import RoutingTable
import Testing

@Suite("Simulating a rotation")
struct SimulateTests {
    private func simulate(_ weights: [Int], _ count: Int, _ suspensions: [String] = [], _ allSuspended: IR.Options.AllSuspended = .reject) throws -> Simulation {
        var ir = EmitFixtures.minimal()
        ir.apis[0].pools[0].targets = weights.enumerated().map { EmitFixtures.target("m\($0)@x", "b", weight: $1) }
        ir.apis[0].pools[0].options.allSuspended = allSuspended
        return try Simulation(
            RequestLine(method: "POST", url: "h/a/1/x"), count: count, suspensions: suspensions.map { try SuspensionSpec($0) }, in: MappedTable(bytes: emitTable(ir)))
    }

    @Test("5/1/1 is smooth, with the picture in letters")
    func text() throws {
        let simulation = try simulate([5, 1, 1], 14, ["m0@x@7+3"])
        #expect(simulation.picks == [0, 0, 1, 0, 2, 0, 0, 1, 2, 1, 0, 2, 0, 0])
        #expect(ExampleTables.lines(simulation.text) == """
            pool 0 of APIPolicy n/p: 14 requests, a cycle of 7 turns

                  share  by weight  picks  longest run  model  backend  suspended
              A  57.1 %     71.4 %      8            2  m0@x   n/b      7 to 10
              B  21.4 %     14.3 %      3            1  m1@x   n/b
              C  21.4 %     14.3 %      3            1  m2@x   n/b

              0  AABACAABCBACAA
                        ~~~  A suspended
            """)
    }

    @Test("Over whole cycles the shares are the weights, whatever they are; the same again makes the same")
    func shares() throws {
        let seed = UInt64.random(in: 1 ... .max)
        var random = SeededRandom(state: seed)
        for _ in 0..<30 {
            let weights = (0..<Int.random(in: 1...9, using: &random)).map { _ in Int.random(in: 1...40, using: &random) }
            let simulation = try simulate(weights, 1)
            let rounds = Int.random(in: 1...4, using: &random)
            let whole = try simulate(weights, simulation.cycle * rounds)
            #expect(whole.targets.map(\.picks) == whole.targets.map { $0.weight * rounds }, "seed \(seed), weights \(weights)")
            #expect(whole.targets.map(\.share) == whole.targets.map(\.expectedShare), "seed \(seed), weights \(weights)")
            #expect(try simulate(weights, simulation.cycle * rounds).picks == whole.picks)
        }
    }

    @Test("While a target is suspended it is never picked, and the others keep their proportions")
    func suspended() throws {
        let simulation = try simulate([3, 2, 1], 6 + 300 + 6, ["m1@x@6+300"])
        #expect(!simulation.picks[6..<306].contains(1))
        #expect(simulation.picks[6..<306].count { $0 == 0 } == 225)
        #expect(simulation.picks[306...].contains(1))
        #expect(simulation.targets[1].suspensions == [[6, 306]])
    }

    @Test("All suspended: refused, or the one that returns soonest, as the policy says")
    func exhausted() throws {
        let reject = try simulate([1, 1], 20, ["m0@x@5+10", "m1@x@5+5"])
        #expect(reject.exhausted == 5)
        #expect(reject.picks[5..<10].allSatisfy { $0 == nil })
        #expect(ExampleTables.lines(reject.text).contains("5 requests found every target suspended: 503"))
        let soonest = try simulate([1, 1], 20, ["m0@x@5+10", "m1@x@5+5"], .leastRemaining)
        #expect(soonest.picks[5..<15].allSatisfy { $0 == 1 })
    }

    @Test("A specification is split at its last @", arguments: ["m", "m@", "@1+2", "m@1", "m@1+0", "m@-1+2", "m@1+2+3", "m@1+x", "m@+", "m@99999999999+1"])
    func badSpecifications(_ text: String) {
        #expect(throws: SuspensionSpec.Fault.self) { try SuspensionSpec(text) }
        #expect((try? SuspensionSpec("a@b@3+4"))?.model == "a@b")
    }

    @Test("The picture is well-formed XML, with a bar for each pick")
    func picture() throws {
        let svg = try simulate([1, 1], 40, ["m0@x@5+10"]).svg
        let parsed = SVGCheck(svg)
        #expect(parsed.isWellFormed)
        #expect(parsed.count("rect") == 40 + 2 + 1 + 6) // bars, lanes, a suspension, ticks
        #expect(svg.contains(">suspended<"))
    }

    @Test("Letters are those that the pool of the request has; a body-less method goes to the backendRefs")
    func bodyless() throws {
        let request = try RequestLine(method: "GET", url: "chat.example.com/chat/1.0/models")
        #expect(try Simulation(request, count: 3, suspensions: [], in: ExampleTables.mapped("chat")).targets.map(\.backend) == ["default/provider-a"])
    }
}

/// A generator whose seed a failing test prints.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
