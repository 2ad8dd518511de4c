import TestSupport
import Testing

@testable import Proxy

/// What is kept of the last seconds, beside a plain list of all that ever happened.
@Suite struct RateHistoryTests {
    @Test func showsTheLatestSecondsWithoutTheSilenceBefore() {
        var history = RateHistory()
        #expect(history.seconds(of: 7) == [])
        history.advance()
        history.add(.init(requests: 3, errors: 1), to: 7)
        history.advance()
        history.advance()
        history.add(.init(requests: 2, errors: 0), to: 7)
        #expect(history.seconds(of: 7) == [.init(requests: 3, errors: 1), .init(), .init(requests: 2, errors: 0)])
        #expect(history.seconds(of: 8) == [])
    }

    @Test func addsUpWithinASecond() {
        var history = RateHistory()
        history.add(.init(requests: 3, errors: 1), to: 7)
        history.add(.init(requests: 4, errors: 2), to: 7)
        #expect(history.seconds(of: 7) == [.init(requests: 7, errors: 3)])
    }

    @Test func aSecondIsForgottenWhenItsPlaceComesRoundAgain() {
        var history = RateHistory()
        history.add(.init(requests: 1, errors: 1), to: 7)
        for _ in 0..<Limits.historySeconds - 1 { history.advance() }
        #expect(history.seconds(of: 7).count == Limits.historySeconds)
        history.advance()
        #expect(history.seconds(of: 7) == [])
        history.add(.init(requests: 5, errors: 0), to: 7)
        #expect(history.seconds(of: 7) == [.init(requests: 5, errors: 0)])
    }

    @Test func isBoundedAndMakesRoomWhenTargetsFallSilent() {
        var history = RateHistory()
        for identity in 0..<UInt64(Limits.historyTargets + 10) { history.add(.init(requests: 1, errors: 0), to: identity) }
        #expect(history.count == Limits.historyTargets)
        #expect(history.seconds(of: UInt64(Limits.historyTargets)) == [])
        for _ in 0..<Limits.historySeconds + 60 { history.advance() }
        #expect(history.count == 0)
    }

    @Test func agreesWithAListOfAllSeconds() {
        let seed = Seed(of: "RateHistoryTests.agreesWithAListOfAllSeconds")
        for round in 0..<8 {
            var random = seed.generator(round: round)
            var history = RateHistory()
            var all: [RateHistory.Second] = []
            for _ in 0..<1500 {
                all.append(.init())
                history.advance()
                // silences too that are longer than what is kept
                guard all.count % 700 < 300, random.chance(20) else { continue }
                let second = RateHistory.Second(requests: UInt32(random.below(5)), errors: UInt32(random.below(2)))
                all[all.count - 1] = second
                history.add(second, to: 7)
                #expect(history.seconds(of: 7) == Array(all.suffix(Limits.historySeconds).drop { $0 == .init() }), "\(seed), round \(round)")
            }
        }
    }
}
