import CLinux
import CTable
import RoutingTable

/// What `GET /status` says.
struct StatusReport {
    let server: Server

    func json() -> JSONValue {
        let configuration = unsafe server.shared.published
        let snapshot = unsafe configuration.pointee.snapshot
        let table = unsafe snapshot.pointee.table
        var models: [JSONValue] = [], backends: [JSONValue] = []
        for number in table.pools.indices {
            let pool = Index<rtbl_pool>(unchecked: UInt32(number))
            if Int(table.pools[pool].kind) == RTBL_POOL_MODELS { models.append(json(pool)) } else { backends.append(json(pool)) }
        }
        return .object(summary() + [("pools", .array(models)), ("backendPools", .array(backends))])
    }

    /// What concerns the whole process.
    func summary() -> [(String, JSONValue)] {
        let snapshot = unsafe server.shared.published.pointee.snapshot
        return unsafe [
            ("digest", .string(snapshot.pointee.mapped.header.digest.hex)),
            ("trafficDigest", .string(snapshot.pointee.mapped.header.trafficDigest.hex)),
            ("generation", .integer(Int64(snapshot.pointee.generation))),
            ("ready", .bool(!server.isDraining)),
            ("reload", lastReload()),
            ("workers", .integer(Int64(server.shared.workers))),
            ("warnings", .array(server.warnings.map { .string($0) })),
            ("keySets", .array(server.shared.keySets.reports().map { json($0) })),
            ("redis", server.shared.sharing.map { json($0.report()) } ?? .null),
        ]
    }

    /// What the last attempt to load another table came to.
    func lastReload() -> JSONValue {
        guard let reload = server.lastReload else { return .null }
        return .object([
            ("at", .string(timestamp(reload.wallMillis))),
            ("result", .string(reload.refusal == nil ? "loaded" : "refused")),
            ("reason", reload.refusal.map { .string($0) } ?? .null),
        ])
    }

    private func json(_ report: KeySetBook.Report) -> JSONValue {
        .object([
            ("url", .string(report.url)),
            ("keys", .integer(Int64(report.keys))),
            ("fetched", report.fetchedWallMillis.map { .string(timestamp($0)) } ?? .null),
            ("problem", report.problem.map { .string($0) } ?? .null),
        ])
    }

    private func json(_ report: Sharing.Report) -> JSONValue {
        .object([
            ("address", .string(report.address)),
            ("connected", .bool(report.isConnected)),
            ("since", report.sinceWallMillis == 0 ? .null : .string(timestamp(report.sinceWallMillis))),
            ("lagMillis", report.isConnected ? .integer(Int64(report.lagNanos / 1_000_000)) : .null),
            ("lastError", report.lastError.map { .string($0) } ?? .null),
            ("lastErrorAt", report.lastError == nil ? .null : .string(timestamp(report.lastErrorWallMillis))),
        ])
    }

    private func json(_ index: Index<rtbl_pool>) -> JSONValue {
        let table = unsafe server.shared.published.pointee.snapshot.pointee.table
        let pool = table.pools[index]
        let targets = (0..<table.targetCount(of: pool)).map { (number) -> JSONValue in
            let target = pool.target(number)
            let picks = JSONValue.integer(Int64(clamping: server.picks(target)))
            return .object(names(of: target, in: pool) + [("picks", picks)] + state(of: target))
        }
        return .object(names(of: pool) + [("targets", .array(targets))])
    }

    func names(of pool: rtbl_pool) -> [(String, JSONValue)] {
        let table = unsafe server.shared.published.pointee.snapshot.pointee.table
        let labels = server.labels(of: pool)
        return [
            ("id", .string(hex(pool.identity))),
            ("api", .string(labels.api)),
            ("environment", .string(labels.environment)),
            ("policy", .string("\(table.string(pool.owner_namespace).text)/\(table.string(pool.owner_name).text)")),
        ]
    }

    func names(of index: Index<rtbl_target>, in pool: rtbl_pool) -> [(String, JSONValue)] {
        let table = unsafe server.shared.published.pointee.snapshot.pointee.table
        let target = table.targets[index]
        return [
            ("id", .string(hex(target.identity))),
            ("model", Int(pool.kind) == RTBL_POOL_MODELS ? .string(table.string(target.model).text) : .null),
            ("backend", .string(server.name(of: target.backendIndex))),
            ("weight", .integer(Int64(target.weight))),
        ]
    }

    /// Whether the target takes traffic, and why it does not.
    func state(of index: Index<rtbl_target>) -> [(String, JSONValue)] {
        let configuration = unsafe server.shared.published
        let snapshot = unsafe configuration.pointee.snapshot
        let backend = unsafe snapshot.pointee.table.targets[index].backendIndex
        let suspension = Suspension(index, configuration: unsafe configuration.pointee)
        return [
            ("suspended", .bool(suspension.isSuspended)),
            ("since", suspension.sinceWallMillis.map { .string(timestamp($0)) } ?? .null),
            ("until", suspension.untilWallMillis.map { .string(timestamp($0)) } ?? .null),
            ("reason", suspension.reason.map { .string($0) } ?? .null),
            ("certificate", unsafe snapshot.pointee.certificateProblem(of: backend).map { .string($0) } ?? .null),
            ("healthy", unsafe snapshot.pointee.checkedLoad(of: index).map { .bool(server.shared.loads.isHealthy($0)) } ?? .null),
        ]
    }
}

/// Whether a target takes traffic now, and if not, why and for how long.
struct Suspension {
    let isSuspended: Bool
    let reason: String?
    let sinceWallMillis: UInt64?
    let untilWallMillis: UInt64?
    let nanosLeft: UInt64

    init(_ target: Index<rtbl_target>, configuration: borrowing Configuration) {
        let now = cl_boot_nanos()
        let until = unsafe configuration.snapshot.pointee.state.suspendedUntil(target)
        nanosLeft = until > now ? until - now : 0
        if nanosLeft > 0 {
            let suspension = unsafe configuration.snapshot.pointee.state.suspension(target)
            isSuspended = true
            reason = suspension.reason?.name
            sinceWallMillis = suspension.sinceWallMillis
            untilWallMillis = (cl_wall_nanos() &+ nanosLeft) / 1_000_000
        } else if case let limitedUntil = unsafe configuration.snapshot.pointee.limitedUntil(target), limitedUntil > now {
            isSuspended = true
            reason = "limit"
            sinceWallMillis = nil
            untilWallMillis = (cl_wall_nanos() &+ (limitedUntil - now)) / 1_000_000
        } else {
            isSuspended = configuration.lacksCredential(target)
            reason = isSuspended ? "credential" : nil
            sinceWallMillis = nil
            untilWallMillis = nil
        }
    }
}

/// 16 lower-case hex digits.
func hex(_ value: UInt64) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
}

/// RFC 3339, UTC, with milliseconds.
func timestamp(_ wallMillis: UInt64) -> String {
    let seconds = Int64(clamping: wallMillis / 1000)
    let date = CivilDate(daysSinceEpoch: seconds / 86_400)
    func two(_ n: Int64) -> String { n < 10 ? "0\(n)" : "\(n)" }
    let millis = String(wallMillis % 1000)
    let padded = String(repeating: "0", count: 3 - millis.count) + millis
    let day = seconds % 86_400
    return "\(date.year)-\(two(Int64(date.month)))-\(two(Int64(date.day)))T\(two(day / 3600)):\(two(day / 60 % 60)):\(two(day % 60)).\(padded)Z"
}
