import Foundation
import Synchronization
import Testing

@testable import Proxy

@Suite struct SuspensionRingTests {
    private func event(_ number: Int) -> SuspensionRing.Event { .init(target: UInt64(number), isResumption: number % 3 == 0) }

    @Test("In order, round after round")
    func order() {
        let ring = SuspensionRing()
        var read = 0
        for written in 0..<10 * Limits.suspensionRing {
            #expect(ring.write(event(written)))
            if written % 7 != 0 || written % 100 == 0 { continue }
            while let next = ring.read() {
                #expect(next == event(read))
                read += 1
            }
        }
        while let next = ring.read() {
            #expect(next == event(read))
            read += 1
        }
        #expect(read == 10 * Limits.suspensionRing && !ring.takeIncompleteness())
    }

    @Test("Who finds it full leaves word, once")
    func full() {
        let ring = SuspensionRing()
        for number in 0..<Limits.suspensionRing { #expect(ring.write(event(number))) }
        #expect(!ring.takeIncompleteness())
        #expect(!ring.write(event(999)) && !ring.write(event(999)))
        #expect(ring.takeIncompleteness() && !ring.takeIncompleteness())
        for number in 0..<Limits.suspensionRing { #expect(ring.read() == event(number)) }
        #expect(ring.read() == nil && ring.write(event(1)) && ring.read() == event(1))
    }

    private final class Sum: Sendable {
        let written = Atomic<UInt64>(0), finished = Atomic<Int>(0)
    }

    @Test("Of four that write at once every event is read once, or was refused")
    func race() {
        let ring = SuspensionRing(), sum = Sum()
        for thread in 0..<4 as Range<UInt64> {
            Thread.detachNewThread {
                for step in 0..<20_000 as Range<UInt64> {
                    let target = thread << 32 | step
                    if ring.write(.init(target: target, isResumption: false)) { sum.written.add(target, ordering: .relaxed) }
                }
                sum.finished.add(1, ordering: .releasing)
            }
        }
        var read: UInt64 = 0
        var last = [Int64](repeating: -1, count: 4)
        while true {
            let areFinished = sum.finished.load(ordering: .acquiring) == 4
            while let next = ring.read() {
                read += next.target
                let (thread, step) = (Int(next.target >> 32), Int64(next.target & 0xffff_ffff))
                #expect(step > last[thread], "each writer's own order is kept")
                last[thread] = step
            }
            if areFinished { break }
        }
        #expect(read == sum.written.load(ordering: .relaxed))
    }
}
