import Compiler
import Glibc
import Policies
import Synchronization
import Threading

/// What long work has come to, on one line of a terminal that is written anew and is gone at the end. Nothing is shown
/// of work that takes less than a second, nor in a pipe or a log.
final class ProgressDisplay: Sendable {
    private static let (delay, interval): (Swift.Duration, UInt32) = (.seconds(1), 100_000) // microseconds

    private enum State { case idle, working(Int), shown(Int) }
    private let start = ContinuousClock.now
    private let progress = Progress()
    /// Held while the line is written: whoever has ended the work finds it cleared.
    private let state = Mutex((state: State.idle, works: 0))

    /// Shows how `body` gets on, if there is a terminal.
    func show<Result, Failure: Error>(_ body: (Progress?) throws(Failure) -> Result) throws(Failure) -> Result {
        guard Console.isTerminal else { return try body(nil) }
        let work = state.withLock { now in
            now.works += 1
            now.state = .working(now.works)
            return now.works
        }
        Parallel.detach { while self.refresh(work) { usleep(Self.interval) } }
        defer { end() }
        return try body(progress)
    }

    /// - Returns: false: that work is over.
    private func refresh(_ work: Int) -> Bool {
        state.withLock { now in
            switch now.state {
            case .working(work), .shown(work):
                guard ContinuousClock.now - start > Self.delay else { return true }
                Console.message(raw: "\r\(line)\u{1B}[K")
                now.state = .shown(work)
                return true
            default: return false
            }
        }
    }

    private func end() {
        state.withLock { now in
            if case .shown = now.state { Console.message(raw: "\r\u{1B}[K") }
            now.state = .idle
        }
    }

    private var line: String {
        let done = grouped(progress.done.value)
        switch progress.phase {
        case .reading:
            let bytes = progress.bytes.value
            let share = bytes > 0 ? ", \(progress.bytesRead.value * 100 / bytes) %" : ""
            return "rtblc: reading: \(done) documents\(share)"
        case .resolving: return "rtblc: resolving: \(done) of \(grouped(progress.total.value)) APIs"
        case .writing: return "rtblc: writing: \(done) of \(grouped(progress.total.value)) APIs"
        }
    }
}
