import CTable
import RoutingTable

/// One target as it was at a tick.
struct TargetSample {
    /// What the page says of a target beside its counts. Two that are equal look the same there.
    struct State: Equatable {
        /// Nanoseconds of the boot clock; 0: it is not suspended.
        var until: UInt64 = 0
        var lacksCredential = false
        var isHealthy = true
        var certificateProblem: String?

        var takesTraffic: Bool { until == 0 && !lacksCredential }
        var needsAttention: Bool { !takesTraffic || !isHealthy || certificateProblem != nil }
    }

    var picks: UInt64 = 0
    var attempts: UInt64 = 0
    /// Attempts that a target is to blame for: not those whose client went away.
    var errors: UInt64 = 0
    var state = State()

    private static let blamed: [AttemptResult] = AttemptResult.allCases.filter { $0 != .answered && $0 != .abandoned }

    init() {}

    init(_ target: Index<rtbl_target>, _ server: Server, now: UInt64) {
        let row = server.row(target)
        picks = server.sum { $0.picks(row) }
        errors = server.sum { counters in Self.blamed.reduce(0) { $0 &+ counters.attempts(row, $1) } }
        attempts = server.sum { $0.attempts(row, .answered) &+ $0.attempts(row, .abandoned) } &+ errors
        let configuration = unsafe server.shared.published
        let snapshot = unsafe configuration.pointee.snapshot
        let until = unsafe max(snapshot.pointee.state.suspendedUntil(target), snapshot.pointee.limitedUntil(target))
        state.until = until > now ? until : 0
        state.lacksCredential = unsafe configuration.pointee.lacksCredential(target)
        state.isHealthy = unsafe snapshot.pointee.checkedLoad(of: target).map { server.shared.loads.isHealthy($0) } ?? true
        state.certificateProblem = unsafe snapshot.pointee.certificateProblem(of: snapshot.pointee.table.targets[target].backendIndex)
    }

    /// What was added since an earlier sample; counts that were begun anew count from 0.
    func since(_ earlier: TargetSample) -> RateHistory.Second {
        func added(_ now: UInt64, _ before: UInt64) -> UInt32 { UInt32(clamping: now >= before ? now - before : now) }
        return RateHistory.Second(requests: added(attempts, earlier.attempts), errors: added(errors, earlier.errors))
    }
}
