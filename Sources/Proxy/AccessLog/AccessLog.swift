import CLinux
import RoutingTable
import Synchronization

/// `--access-log`: a ring of lines for each worker, and the thread that writes them to the file. Whatever the file does,
/// no request waits for it.
final class AccessLog: Sendable {
    /// nil: standard output.
    let path: String?
    let rings: [LineRing]
    private let wake: Int32
    private let hasEnded: Int32
    /// The writer waits to be woken.
    private let isAsleep = Atomic<Bool>(false)
    private let isEnding = Atomic<Bool>(false)
    /// A file that was opened for the writer to go on with; -1: none.
    private let nextFile: Atomic<Int32>
    private let failedWrites = Atomic<Int>(0)

    /// - Parameter path: `-` is standard output.
    /// - Throws: exit code 73 where the file cannot be opened.
    init(path: String, workers: Int) throws(Server.Exit) {
        self.path = path == "-" ? nil : path
        let file = path == "-" ? 1 : try Self.open(path)
        var rings: [LineRing] = []
        for _ in 0..<workers {
            guard let ring = LineRing() else { throw Server.Exit(code: 70, message: "no memory for the access log") }
            rings.append(ring)
        }
        self.rings = rings
        wake = cl_eventfd()
        hasEnded = cl_eventfd()
        guard wake >= 0, hasEnded >= 0 else { throw Server.Exit(code: 70, message: "no descriptors for the access log") }
        nextFile = Atomic(file)
    }

    private static func open(_ path: String) throws(Server.Exit) -> Int32 {
        let file = unsafe cl_open_append(path)
        guard file < 0 else { return file }
        let why = file == -ENXIO ? "nobody reads from this pipe" : systemMessage(file)
        throw Server.Exit(code: 73, message: "--access-log \(path) cannot be written: \(why)")
    }

    // MARK: - For the control thread

    /// Lines that found no room, or no file.
    var lost: Int { rings.reduce(0) { $0 + $1.lost } }
    var errors: Int { failedWrites.load(ordering: .relaxed) }

    /// The file may have been renamed: goes on with the one that has its name now.
    ///
    /// - Returns: why the old one stays.
    func reopen() -> String? {
        guard let path else { return nil }
        do throws(Server.Exit) {
            let earlier = nextFile.exchange(try Self.open(path), ordering: .acquiringAndReleasing)
            if earlier >= 0 { _ = cl_close(earlier) }
            _ = cl_eventfd_signal(wake)
            return nil
        } catch {
            return error.message
        }
    }

    /// The workers have made their last lines: waits until they are written, if they can be.
    func finish() {
        isEnding.store(true, ordering: .releasing)
        _ = cl_eventfd_signal(wake)
        _ = cl_wait_readable(hasEnded, Limits.logFlushMillis)
    }

    // MARK: - For workers

    /// A line is in the ring: wakes the writer where it sleeps, once.
    @inline(__always)
    func noteLine() {
        if isAsleep.load(ordering: .relaxed) { wakeWriter() }
    }

    private func wakeWriter() {
        if isAsleep.exchange(false, ordering: .relaxed) { _ = cl_eventfd_signal(wake) }
    }

    // MARK: - The writer's thread

    func writeForever() {
        var writer = LogWriter(rings: rings)
        var idleRounds = 0
        while true {
            let file = nextFile.exchange(-1, ordering: .acquiringAndReleasing)
            if file >= 0 { writer.takeFile(file) }
            let isLast = isEnding.load(ordering: .acquiring)
            let outcome = writer.writeAll()
            if case .failed(let error) = outcome { note(error, &writer) } else if outcome == .wrote { writer.hasComplained = false }
            if isLast, outcome != .full { break }
            idleRounds = outcome == .nothing ? idleRounds + 1 : 0
            sleep(after: outcome, idleRounds)
        }
        _ = cl_eventfd_signal(hasEnded)
    }

    private func note(_ error: Int32, _ writer: inout LogWriter) {
        failedWrites.add(1, ordering: .relaxed)
        guard !writer.hasComplained else { return }
        writer.hasComplained = true
        log("the access log cannot be written: \(systemMessage(error)); lines wait, and are lost when there is no room (rtbl_access_log_lost_total)")
    }

    private func sleep(after outcome: LogWriter.Outcome, _ idleRounds: Int) {
        var millis = Limits.logNapMillis
        if case .failed = outcome { millis = Limits.logRetryMillis }
        let mayDoze = idleRounds >= Limits.logIdleRounds
        if mayDoze {
            isAsleep.store(true, ordering: .relaxed)
            millis = rings.allSatisfy({ $0.pieces.0.isEmpty }) ? Limits.logSleepMillis : 0
        }
        if cl_wait_readable(wake, millis) > 0 { cl_eventfd_clear(wake) }
        if mayDoze { isAsleep.store(false, ordering: .relaxed) }
    }
}

/// The body of the writer's thread.
func runAccessLog(_ accessLog: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    unsafe Unmanaged<AccessLog>.fromOpaque(accessLog!).takeUnretainedValue().writeForever()
    return nil
}
