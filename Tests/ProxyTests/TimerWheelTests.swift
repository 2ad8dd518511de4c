import TestSupport
import Testing

@testable import Proxy

/// The wheel against a dictionary of deadlines.
@Suite struct TimerWheelTests {
    private static let tick = Limits.timerTickMillis

    /// The time at which a deadline must have fired: the end of its tick.
    private static func due(_ deadline: UInt64) -> UInt64 { (deadline / tick + 1) * tick }

    @Test func firesWithinOneTickAndNeverEarly() {
        var wheel = TimerWheel(capacity: 4, now: 1000)!
        wheel.set(2, deadline: 1500)
        #expect(wheel.nextExpired(now: 1499) == nil)
        #expect(wheel.nextExpired(now: Self.due(1500)) == 2)
        #expect(wheel.nextExpired(now: 1_000_000) == nil)
        #expect(wheel.millisUntilNext(now: 1_000_000) == -1)
    }

    @Test func aLaterDeadlineReplacesAnEarlierOne() {
        var wheel = TimerWheel(capacity: 1, now: 0)!
        wheel.set(0, deadline: 1000)
        wheel.set(0, deadline: 5000)
        #expect(wheel.nextExpired(now: 4999) == nil)
        #expect(wheel.nextExpired(now: Self.due(5000)) == 0)
    }

    @Test func anEarlierDeadlineReplacesALaterOne() {
        var wheel = TimerWheel(capacity: 1, now: 0)!
        wheel.set(0, deadline: 500_000)
        wheel.set(0, deadline: 1000)
        #expect(wheel.nextExpired(now: Self.due(1000)) == 0)
        #expect(wheel.nextExpired(now: 1_000_000) == nil)
    }

    @Test func aCancelledOneNeverFires() {
        var wheel = TimerWheel(capacity: 2, now: 0)!
        wheel.set(0, deadline: 1000)
        wheel.set(1, deadline: 1000)
        wheel.cancel(0)
        wheel.cancel(0)
        #expect(wheel.nextExpired(now: 2000) == 1)
        #expect(wheel.nextExpired(now: 2000) == nil)
    }

    /// Beyond the wheel's reach, and the machine asleep for longer than that.
    @Test func deadlinesBeyondTheReach() {
        let reach = UInt64(Limits.timerSlots) * Self.tick
        var wheel = TimerWheel(capacity: 3, now: 0)!
        wheel.set(0, deadline: 3 * reach + 7)
        wheel.set(1, deadline: 86_400_000)
        var now: UInt64 = 0
        while now < 3 * reach + 7 {
            #expect(wheel.nextExpired(now: now) == nil)
            now += UInt64(wheel.millisUntilNext(now: now))
        }
        #expect(wheel.nextExpired(now: now) == 0)
        #expect(wheel.nextExpired(now: 86_400_000 + Self.tick) == 1)
    }

    @Test(arguments: 0..<8)
    func againstAModel(_ round: UInt64) {
        var random = SplitMix64(state: bodyPatchSeed &+ round)
        let capacity = 48
        var now = UInt64(random.below(1 << 40))
        var wheel = TimerWheel(capacity: capacity, now: now)!
        var model: [UInt32: UInt64] = [:]
        for step in 0..<4000 {
            let context = "seed \(bodyPatchSeed) round \(round) step \(step)"
            for _ in 0..<random.below(5) {
                let identifier = UInt32(random.below(capacity))
                if random.chance(20) {
                    wheel.cancel(identifier)
                    model[identifier] = nil
                } else {
                    let spans = [1, 100, 5000, 60_000, 140_000, 700_000]
                    model[identifier] = now + UInt64(random.below(spans[random.below(spans.count)]))
                    wheel.set(identifier, deadline: model[identifier]!)
                }
            }
            let sleep = wheel.millisUntilNext(now: now)
            let earliest = model.values.min()
            // with nothing to wait for, it may wake up once for each that was cancelled
            #expect(sleep >= 0 || earliest == nil, "\(context)")
            if let earliest { #expect(now + UInt64(sleep) <= max(now, Self.due(earliest)), "\(context): sleeps too long") }
            now += random.chance(2) ? UInt64(random.below(400_000)) : UInt64(random.below(200))
            while let identifier = wheel.nextExpired(now: now) {
                guard let deadline = model.removeValue(forKey: identifier) else {
                    Issue.record("\(context): \(identifier) fired, but was not set")
                    return
                }
                #expect(deadline <= now, "\(context): early")
                if random.chance(20) { // set again by whoever handles it, perhaps for this very moment
                    model[identifier] = now + UInt64(random.below(3) * random.below(300))
                    wheel.set(identifier, deadline: model[identifier]!)
                }
            }
            let overdue = model.filter { Self.due($0.value) <= now }
            #expect(overdue.isEmpty, "\(context): \(overdue) at \(now)")
        }
        for identifier in 0..<UInt32(capacity) { wheel.cancel(identifier) }
        now += UInt64(Limits.timerSlots) * Self.tick
        #expect(wheel.nextExpired(now: now) == nil)
        #expect(wheel.millisUntilNext(now: now) == -1, "what was cancelled is forgotten")
    }
}
