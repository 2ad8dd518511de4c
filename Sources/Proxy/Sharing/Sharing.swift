import CLinux
import CTable
import RoutingTable
import Synchronization

/// `--redis`: suspensions, and counts of limits, that instances share through Redis or Valkey.
///
/// Workers and the control thread only leave word here, without waiting, and only when a suspension begins, is prolonged,
/// or is ended by hand; a thread of its own does the rest. Nothing that a request does depends on Redis.
@safe
final class Sharing: @unchecked Sendable {
    /// Where the state of a table's targets and limits stands.
    struct Rows: Sendable {
        let live: LiveState
        let targets: [UInt64: UInt32]
        let counters: [LimitExchange.Counter]

        init(_ snapshot: borrowing Snapshot) {
            live = snapshot.live
            var targets: [UInt64: UInt32] = [:]
            targets.reserveCapacity(snapshot.table.targets.count)
            for number in snapshot.table.targets.indices {
                targets[snapshot.table.targets[number].identity] = snapshot.state.row(Index<rtbl_target>(unchecked: UInt32(number)))
            }
            self.targets = targets
            counters = LimitExchange.Counter.all(of: snapshot.table, snapshot.state)
        }
    }

    /// What `/status` and metrics say.
    struct Report: Sendable {
        /// Without a password.
        var address = ""
        var isConnected = false
        /// Since when it is, or is not; 0: it never was.
        var sinceWallMillis: UInt64 = 0
        var lastError: String?
        var lastErrorWallMillis: UInt64 = 0
        /// From the latest command to its reply.
        var roundTripNanos: UInt64 = 0
        /// When the oldest command without a reply was sent; 0: there is none.
        var awaitedSince: UInt64 = 0
        /// Suspensions and resumptions that were told, and heard of.
        var sent: UInt64 = 0
        var received: UInt64 = 0
        var errors: UInt64 = 0

        var lagNanos: UInt64 {
            let now = cl_boot_nanos()
            return max(roundTripNanos, awaitedSince == 0 ? 0 : now - min(now, awaitedSince))
        }
    }

    let source: RedisSource
    private let ring = SuspensionRing()
    /// Signalled when there is something for the thread to look at.
    let wake: Int32
    private let isSignalled = Atomic<Bool>(false)
    private let board: Mutex<(rows: Rows?, report: Report)>

    /// - Returns: nil if there is no descriptor.
    init?(_ source: RedisSource, address: String) {
        self.source = source
        board = Mutex((nil, Report(address: address)))
        wake = cl_eventfd()
        guard wake >= 0 else { return nil }
    }

    // MARK: - For all threads

    /// A target's suspension has begun or been prolonged here.
    func noteSuspension(_ target: UInt64) { note(SuspensionRing.Event(target: target, isResumption: false)) }

    /// It was ended by hand.
    func noteResumption(_ target: UInt64) { note(SuspensionRing.Event(target: target, isResumption: true)) }

    private func note(_ event: SuspensionRing.Event) {
        ring.write(event)
        signal()
    }

    private func signal() {
        if !isSignalled.exchange(true, ordering: .acquiringAndReleasing) { _ = cl_eventfd_signal(wake) }
    }

    // MARK: - For the control thread

    /// This table serves from now on.
    func serve(_ rows: Rows) {
        board.withLock { $0.rows = rows }
        signal()
    }

    func report() -> Report { board.withLock { $0.report } }

    // MARK: - For the thread that shares

    /// What is signalled from now on raises another event.
    func clearSignal() {
        cl_eventfd_clear(wake)
        _ = isSignalled.exchange(false, ordering: .acquiringAndReleasing)
    }

    /// A table that has come since this was last asked.
    func takeRows() -> Rows? {
        board.withLock { board in
            defer { board.rows = nil }
            return board.rows
        }
    }

    func nextEvent() -> SuspensionRing.Event? { ring.read() }
    func hasLostEvents() -> Bool { ring.takeIncompleteness() }

    func update(_ change: (inout Report) -> Void) { board.withLock { change(&$0.report) } }
}

extension Server {
    /// - Throws: exit code 64 or 66 where the URL cannot be read.
    static func makeSharing(_ options: Options) throws(Exit) -> Sharing? {
        guard let source = options.redis else { return nil }
        let url: RedisURL
        do throws(RedisURL.Fault) {
            url = try source.read()
        } catch {
            throw Exit(code: 66, message: "--redis: \(error)")
        }
        guard let sharing = Sharing(source, address: url.description) else { throw Exit(code: 70, message: "no descriptor for --redis") }
        return sharing
    }

    static func sharingWarnings(_ options: Options) -> [String] {
        guard let source = options.redis, source.showsPassword else { return [] }
        return ["--redis holds a password, which every user of this machine can see: put the URL into a file, --redis file:PATH"]
    }

    func startSharing() throws(Exit) {
        guard let sharing = shared.sharing else { return }
        unsafe sharing.serve(Sharing.Rows(shared.published.pointee.snapshot.pointee))
        let reference = unsafe Unmanaged.passRetained(sharing).toOpaque()
        guard unsafe cl_thread(runSharing, reference, Limits.workerStackBytes) == 0 else { throw Exit(code: 70, message: "no thread for --redis") }
    }
}

private func runSharing(_ sharing: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let sharing = unsafe Unmanaged<Sharing>.fromOpaque(sharing!).takeUnretainedValue()
    guard let rows = sharing.takeRows() else { return nil }
    var loop = SharingLoop(sharing, rows)
    loop.run()
    return nil
}
