import TestSupport
import Testing
@testable import Compiler
@testable import RoutingTable

@Suite("Rotation")
struct RotationTests {
    @Test("5/1/1 gives A A B A C A A, again and again")
    func fiveOneOne() throws {
        try withRotation([5, 1, 1]) { rotation in
            let cursor = Cursor()
            #expect(cursor.picks(21, of: rotation) == [0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 2, 0, 0])
            #expect(cursor.position == 0)
        }
    }

    @Test("Every cycle is exact, wherever it begins")
    func exact() throws {
        let seed = Seed(of: "exact cycles")
        for round in 0..<150 {
            var random = seed.generator(round: round)
            let weights = weights(1...8, upTo: 20, &random)
            try withRotation(weights) { rotation in
                #expect(rotation.cycleLength == weights.reduce(0, +))
                let cursor = Cursor(UInt64.random(in: 0..<UInt64(rotation.cycleLength), using: &random))
                for _ in 0..<3 {
                    let cycle = cursor.picks(rotation.cycleLength, of: rotation)
                    #expect(weights.indices.map { target in cycle.count { $0 == target } } == weights, "weights \(weights), round \(round), \(seed)")
                }
            }
        }
    }

    @Test("With some suspended, the others follow each other as if the suspended were not there")
    func suspended() throws {
        let seed = Seed(of: "suspended subsets")
        for round in 0..<200 {
            var random = seed.generator(round: round)
            let weights = weights(2...7, upTo: 9, &random)
            let suspended = Set(weights.indices.filter { _ in Bool.random(using: &random) })
            try withRotation(weights) { rotation in
                let whole = (0..<rotation.cycleLength).map { rotation.target(at: $0) }
                let left = whole.filter { !suspended.contains($0) }
                let cursor = Cursor()
                let got = cursor.picks(left.count * 2, of: rotation, without: suspended)
                #expect(got == left + left, "weights \(weights) without \(suspended.sorted()), round \(round), \(seed)")
                // From any position, it is the same sequence from there.
                let start = Int.random(in: 0..<whole.count, using: &random)
                let ahead = (whole[start...] + whole[..<start]).filter { !suspended.contains($0) }
                #expect(Cursor(UInt64(start)).picks(left.count, of: rotation, without: suspended) == ahead, "from \(start), round \(round), \(seed)")
            }
        }
    }

    @Test("Who returns gets its own turns and none for the time it was away")
    func returns() throws {
        let seed = Seed(of: "returning targets")
        for round in 0..<100 {
            var random = seed.generator(round: round)
            let weights = weights(2...6, upTo: 9, &random)
            let away = Int.random(in: 0..<weights.count, using: &random)
            try withRotation(weights) { rotation in
                guard weights.count > 1 else { return }
                let cursor = Cursor()
                _ = cursor.picks(Int.random(in: 0..<200, using: &random), of: rotation, without: [away])
                let start = cursor.position
                let ahead = (0..<rotation.cycleLength).map { rotation.target(at: (start + $0) % rotation.cycleLength) }
                #expect(cursor.picks(rotation.cycleLength, of: rotation) == ahead, "weights \(weights), \(away) away, round \(round), \(seed)")
            }
        }
    }

    @Test("The next position of a target, from any position on, is the one that a walk comes to first")
    func nextPosition() throws {
        let seed = Seed(of: "next position")
        for round in 0..<40 {
            var random = seed.generator(round: round)
            let weights = weights(1...6, upTo: 9, &random)
            try withRotation(weights) { rotation in
                let length = rotation.cycleLength
                for target in weights.indices {
                    for start in 0..<length {
                        let walk = (start..<start + length).first { rotation.target(at: $0 % length) == target }!
                        #expect(rotation.next(of: target, from: start) == walk % length, "weights \(weights), round \(round), \(seed)")
                    }
                }
            }
        }
    }

    @Test("Nobody is left: no target, and the cursor stays")
    func nobody() throws {
        try withRotation([2, 1]) { rotation in
            let cursor = Cursor(2)
            #expect(cursor.pick(rotation, Suspended([0, 1])) == nil)
            #expect(cursor.position == 2)
        }
    }

    @Test("A cursor of another cycle's length is taken as a position in this one")
    func foreignCursor() throws {
        try withRotation([5, 1, 1]) { rotation in
            // 2^64 - 1 is 1 more than a multiple of 7.
            for (cursor, expected) in [(7, 0), (9, 1), (11, 2), (UInt64.max, 0)] as [(UInt64, Int)] {
                #expect(Cursor(cursor).pick(rotation, Suspended([])) == expected)
            }
        }
    }

    /// Counts what a pick asks.
    private final class Asked: TargetFilter {
        let usable: (Int) -> Bool
        var count = 0
        init(_ usable: @escaping (Int) -> Bool) { self.usable = usable }

        func isUsable(_ target: Int) -> Bool {
            count += 1
            return usable(target)
        }
    }

    @Test("A pick asks once if the target under the cursor may be used; a skip asks once per target, whatever the cycle")
    func cost() throws {
        try withRotation([65_534, 1]) { rotation in
            #expect(rotation.cycleLength == 65_535)
            let all = Asked { _ in true }
            _ = Cursor().pick(rotation, all)
            #expect(all.count == 1)

            let rare = Asked { $0 == 1 }
            let cursor = Cursor()
            for _ in 0..<1000 { #expect(cursor.pick(rotation, rare) == 1) }
            #expect(rare.count <= 2000)
        }
        try withRotation([Int](repeating: 3, count: 20) + [1]) { rotation in
            let last = Asked { $0 == 20 }
            #expect(Cursor().pick(rotation, last) == 20)
            #expect(last.count == 21)
            let nobody = Asked { _ in false }
            #expect(Cursor().pick(rotation, nobody) == nil)
            #expect(nobody.count == 21)
        }
    }

    @Test("The longest cycle is as exact as the others")
    func longest() throws {
        try withRotation([65_533, 1, 1]) { rotation in
            let cursor = Cursor()
            let cycle = cursor.picks(65_535, of: rotation)
            #expect((0..<3).map { target in cycle.count { $0 == target } } == [65_533, 1, 1])
            #expect(cursor.picks(4, of: rotation, without: [0]).sorted() == [1, 1, 2, 2])
        }
    }
}
