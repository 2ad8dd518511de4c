import RoutingTable
import Synchronization

/// Targets whose suspension began, was prolonged, or was ended by hand, on their way from any thread to the one that
/// shares them. Bounded; whoever finds it full leaves word that something is missing. Nobody waits.
///
/// A cell's turn says who may use it (after Dmitry Vyukov's bounded queue): at `n` a writer that was given place `n`, at
/// `n + 1` the reader, and then, a round later, the next writer.
@safe
package final class SuspensionRing: @unchecked Sendable {
    package struct Event: Equatable, BitwiseCopyable {
        /// The identity of a target.
        package let target: UInt64
        /// It was ended by hand, as opposed to one that began or was prolonged.
        package let isResumption: Bool

        package init(target: UInt64, isResumption: Bool) { (self.target, self.isResumption) = (target, isResumption) }
    }

    private struct Cell: ~Copyable {
        let turn: Atomic<UInt64>
        let target = Atomic<UInt64>(0)
        let isResumption = Atomic<Bool>(false)
    }

    // Safe: as many as the limit says, a power of two; they live as long as this object.
    private let cells: UnsafeMutablePointer<Cell>
    private let nextWrite = Atomic<UInt64>(0)
    /// The reader's own.
    private var nextRead: UInt64 = 0
    private let isIncomplete = Atomic<Bool>(false)
    private static let count = UInt64(Limits.suspensionRing)

    package init() {
        unsafe cells = .allocate(capacity: Int(Self.count))
        for place in 0..<Self.count { unsafe (cells + Int(place)).initialize(to: Cell(turn: Atomic(place))) }
    }

    deinit {
        unsafe cells.deinitialize(count: Int(Self.count))
        unsafe cells.deallocate()
    }

    /// - Returns: false: it is full; the reader will hear of that.
    @discardableResult
    package func write(_ event: Event) -> Bool {
        var place = nextWrite.load(ordering: .relaxed)
        while true {
            let cell = unsafe cells + Int(place % Self.count)
            let turn = unsafe cell.pointee.turn.load(ordering: .acquiring)
            if turn == place {
                let (exchanged, original) = nextWrite.weakCompareExchange(expected: place, desired: place + 1, ordering: .relaxed)
                guard exchanged else {
                    place = original
                    continue
                }
                unsafe cell.pointee.target.store(event.target, ordering: .relaxed)
                unsafe cell.pointee.isResumption.store(event.isResumption, ordering: .relaxed)
                unsafe cell.pointee.turn.store(place + 1, ordering: .releasing)
                return true
            } else if turn < place {
                isIncomplete.store(true, ordering: .releasing)
                return false
            }
            place = nextWrite.load(ordering: .relaxed)
        }
    }

    /// The oldest event; nil: there is none. For one thread.
    package func read() -> Event? {
        let cell = unsafe cells + Int(nextRead % Self.count)
        guard unsafe cell.pointee.turn.load(ordering: .acquiring) == nextRead + 1 else { return nil }
        let event = unsafe Event(target: cell.pointee.target.load(ordering: .relaxed), isResumption: cell.pointee.isResumption.load(ordering: .relaxed))
        unsafe cell.pointee.turn.store(nextRead + Self.count, ordering: .releasing)
        nextRead += 1
        return event
    }

    /// Whether events were lost since this was last asked.
    package func takeIncompleteness() -> Bool { isIncomplete.exchange(false, ordering: .acquiringAndReleasing) }
}
