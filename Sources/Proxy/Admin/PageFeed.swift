import CLinux
import CTable
import RoutingTable
import Synchronization

/// What the page is told by `GET /events`: an event `table` with all that it shows, then each second an event `tick` with what
/// has changed. When another table is served, `table` comes again.
///
/// The control thread looks at each target once a second, for the charts' past and for what has changed since; where a table
/// has more targets than a page is told of, only while a page is open.
final class PageFeed {
    private unowned let server: Server
    private var nextTickMillis: UInt64
    /// As the latest event told them, by the number of the target and of the pool.
    private var samples: [TargetSample] = []
    private var cursors: [UInt64] = []
    private var generation = -1
    private var warnings: [String] = []
    private var reloadWallMillis: UInt64?
    private var history = RateHistory()
    /// Pools that the page is told of; nil: all.
    private var chosen: Set<Int>?
    private var chosenAtMillis: UInt64 = 0
    /// A target of another pool was suspended.
    private var missesAttention = false
    /// Other streams were told of an earlier table.
    private var isAhead = false

    /// All targets together, among the identities of `history`.
    private static let all: UInt64 = 0

    init(_ server: Server) {
        self.server = server
        nextTickMillis = Self.nowMillis + Limits.eventIntervalMillis
        if isAlwaysWatched { beginTable() }
    }

    private static var nowMillis: UInt64 { cl_boot_nanos() / 1_000_000 }

    /// For the wait of the control thread.
    var millisUntilTick: Int32 { Int32(clamping: nextTickMillis - min(nextTickMillis, Self.nowMillis)) }

    /// Looks again, once a second, and tells all streams what is new.
    func tick(_ port: AdminPort) {
        let now = Self.nowMillis
        guard now >= nextTickMillis else { return }
        nextTickMillis = max(nextTickMillis + Limits.eventIntervalMillis, now + Limits.eventIntervalMillis / 2)
        let isWatched = port.streamCount > 0
        guard isWatched || isAlwaysWatched else { return }
        history.advance()
        let isStale = isAnotherTable || isAhead || missesAttention && now >= chosenAtMillis + Limits.pageChoiceMillis
        if isStale { beginTable() }
        guard isWatched else {
            if !isStale { look() }
            return
        }
        guard let event = isStale ? tableEvent() : change() else { return }
        isAhead = false
        port.broadcast(event)
    }

    /// How a new stream beside `others` begins; nil: no memory for it.
    func opening(others: Int) -> [UInt8]? {
        if isAnotherTable || others == 0 && !isAlwaysWatched {
            beginTable()
            isAhead = others > 0
        }
        return tableEvent().map { ServerSentEvent.opening(retryMillis: 2 * Limits.eventIntervalMillis) + $0 }
    }

    // MARK: - The served table

    private var snapshot: UnsafePointer<Snapshot> { unsafe server.shared.published.pointee.snapshot }
    private var table: RoutingTable { unsafe snapshot.pointee.table }
    private var isAlwaysWatched: Bool { table.targets.count <= Limits.pageTargets }
    private var isAnotherTable: Bool { unsafe snapshot.pointee.generation != generation }

    private func pool(_ number: Int) -> Index<rtbl_pool> { Index(unchecked: UInt32(number)) }

    private func targets(of pool: rtbl_pool) -> [Index<rtbl_target>] { (0..<table.targetCount(of: pool)).map { pool.target($0) } }

    private func sample(_ number: Int, now: UInt64) -> TargetSample { TargetSample(Index(unchecked: UInt32(number)), server, now: now) }

    private func cursor(_ number: Int) -> UInt64 { unsafe snapshot.pointee.state.cursor(pool(number)) }

    /// Takes the present state of the table for what streams know.
    private func beginTable() {
        let now = cl_boot_nanos()
        generation = unsafe snapshot.pointee.generation
        samples = table.targets.indices.map { sample($0, now: now) }
        cursors = table.pools.indices.map { cursor($0) }
        choosePools()
    }

    /// Chooses the pools that the page is told of: those with a target that needs attention, then those with traffic.
    private func choosePools() {
        chosen = nil
        chosenAtMillis = Self.nowMillis
        missesAttention = false
        guard !isAlwaysWatched else { return }
        var ranks: [[Int]] = [[], [], []]
        for number in table.pools.indices {
            let samples = targets(of: table.pools[number]).map { self.samples[$0.number] }
            let rank = samples.contains { $0.state.needsAttention } ? 0 : samples.contains { $0.picks > 0 } ? 1 : 2
            ranks[rank].append(number)
        }
        var room = Limits.pageTargets
        chosen = []
        for number in ranks.joined() {
            let count = table.targetCount(of: table.pools[number])
            guard count <= room else { continue }
            room -= count
            chosen!.insert(number)
        }
    }

    // MARK: - Events

    private func encoded(_ name: String, _ members: [(String, JSONValue)]) -> [UInt8]? {
        JSONValue.object(members).encoded().map { ServerSentEvent(name: name, data: $0).encoded() }
    }

    private func gauges() -> [(String, JSONValue)] {
        [
            ("now", .integer(Int64(clamping: cl_wall_nanos() / 1_000_000))),
            ("ready", .bool(!server.isDraining)),
            ("clients", .integer(Int64(server.shared.clients.load(ordering: .relaxed)))),
            ("upstreams", .integer(Int64(server.shared.upstreams.load(ordering: .relaxed)))),
        ]
    }

    private func tableEvent() -> [UInt8]? {
        let report = StatusReport(server: server)
        warnings = server.warnings
        reloadWallMillis = server.lastReload?.wallMillis
        return encoded("table", report.summary() + gauges() + [
            ("needsToken", .bool(server.adminToken != nil)),
            ("seconds", .integer(Int64(Limits.historySeconds))),
            ("allPools", .integer(Int64(table.pools.count))),
            ("allTargets", .integer(Int64(table.targets.count))),
            ("history", past(of: Self.all)),
            ("pools", .array(table.pools.indices.filter { chosen?.contains($0) ?? true }.map { json($0, report) })),
        ])
    }

    private func json(_ number: Int, _ report: StatusReport) -> JSONValue {
        let pool = table.pools[number]
        let rotation = table.rotation(of: pool)
        let turns = (0..<min(rotation.cycleLength, Limits.pageTurns)).map { JSONValue.integer(Int64(rotation.target(at: $0))) }
        return .object([("number", .integer(Int64(number)))] + report.names(of: pool) + [
            ("isModels", .bool(Int(pool.kind) == RTBL_POOL_MODELS)),
            ("turns", .array(turns)),
            ("cycle", .integer(Int64(rotation.cycleLength))),
            ("cursor", .integer(Int64(clamping: cursor(number)))),
            ("targets", .array(targets(of: pool).map { json($0, in: pool, report) })),
        ])
    }

    private func json(_ target: Index<rtbl_target>, in pool: rtbl_pool, _ report: StatusReport) -> JSONValue {
        let record = table.targets[target]
        let present = sample(target.number, now: cl_boot_nanos()) // the one at hand may be a second old
        var members = [("number", JSONValue.integer(Int64(target.number)))] + report.names(of: target, in: pool)
        members += [("tier", .integer(Int64(record.tier))), ("picks", .integer(Int64(clamping: present.picks)))]
        if present.state != TargetSample.State() { members.append(("state", .object(report.state(of: target)))) }
        if case .array(let seconds) = past(of: record.identity), !seconds.isEmpty { members.append(("history", .array(seconds))) }
        return .object(members)
    }

    /// Requests and errors of each second in turn, the oldest first.
    private func past(of identity: UInt64) -> JSONValue {
        .array(history.seconds(of: identity).flatMap { [.integer(Int64($0.requests)), .integer(Int64($0.errors))] })
    }

    /// Looks at all targets again while no page is open: for the charts' past alone, and without memory.
    private func look() {
        let now = cl_boot_nanos()
        var total = RateHistory.Second()
        for number in table.pools.indices { cursors[number] = cursor(number) }
        for number in table.targets.indices {
            let sample = sample(number, now: now)
            let second = sample.since(samples[number])
            samples[number] = sample
            guard second != RateHistory.Second() else { continue }
            total.requests &+= second.requests
            total.errors &+= second.errors
            history.add(second, to: table.targets[number].identity)
        }
        if total != RateHistory.Second() { history.add(total, to: Self.all) }
    }

    /// Looks at all targets again, and says what is other than before.
    private func change() -> [UInt8]? {
        let report = StatusReport(server: server)
        let now = cl_boot_nanos()
        var changes: [JSONValue] = [], turned: [JSONValue] = []
        var total = RateHistory.Second()
        for poolNumber in table.pools.indices {
            let isTold = chosen?.contains(poolNumber) ?? true
            let cursor = cursor(poolNumber)
            if isTold, cursor != cursors[poolNumber] { turned.append(.array([.integer(Int64(poolNumber)), .integer(Int64(clamping: cursor))])) }
            cursors[poolNumber] = cursor
            for target in targets(of: table.pools[poolNumber]) {
                let before = samples[target.number]
                let sample = sample(target.number, now: now)
                let second = sample.since(before)
                let isOther = sample.state != before.state
                guard second != RateHistory.Second() || sample.picks != before.picks || isOther else { continue }
                samples[target.number] = sample
                total.requests &+= second.requests
                total.errors &+= second.errors
                if second != RateHistory.Second() { history.add(second, to: table.targets[target].identity) }
                if !isTold, isOther, sample.state.needsAttention { missesAttention = true }
                guard isTold else { continue }
                var change: [JSONValue] = [
                    .integer(Int64(target.number)), .integer(Int64(clamping: sample.picks)), .integer(Int64(second.requests)), .integer(Int64(second.errors)),
                ]
                if isOther { change.append(.object(report.state(of: target))) }
                changes.append(.array(change))
            }
        }
        if total != RateHistory.Second() { history.add(total, to: Self.all) }
        var members = gauges() + [
            ("requests", .integer(Int64(total.requests))), ("errors", .integer(Int64(total.errors))), ("cursors", .array(turned)),
            ("targets", .array(changes)),
        ]
        if server.warnings != warnings {
            warnings = server.warnings
            members.append(("warnings", .array(warnings.map { .string($0) })))
        }
        if server.lastReload?.wallMillis != reloadWallMillis {
            reloadWallMillis = server.lastReload?.wallMillis
            members.append(("reload", report.lastReload()))
        }
        return encoded("tick", members)
    }
}
