import CLinux
import CTable
import RoutingTable
import Synchronization

/// What `GET /metrics` says, in Prometheus' text format 0.0.4.
///
/// In tables with more than `Limits.alwaysListedTargets` targets only those that have done something are listed.
struct MetricsReport {
    let server: Server
    private var text = ""

    init(_ server: Server) { self.server = server }

    mutating func render() -> String {
        let configuration = unsafe server.shared.published
        let snapshot = unsafe configuration.pointee.snapshot
        header("rtbl_table_info", "gauge", "The table that is served; always 1.")
        text += unsafe "rtbl_table_info{digest=\"\(snapshot.pointee.mapped.header.digest.hex)\"} 1\n"
        connections()
        requests()
        authentications()
        overhead()
        targets()
        generativeAI()
        backends()
        estimatedTokens()
        reloads()
        sharing()
        accessLog()
        return text
    }

    mutating func add(_ lines: String) { text += lines }

    mutating func header(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    private mutating func connections() {
        header("rtbl_connections", "gauge", "Open connections.")
        let clients = server.shared.clients.load(ordering: .relaxed)
        let upstreams = server.shared.upstreams.load(ordering: .relaxed)
        text += "rtbl_connections{side=\"client\"} \(clients)\nrtbl_connections{side=\"upstream\"} \(upstreams)\n"
        header("rtbl_buffered_body_bytes", "gauge", "Request bodies held at once, bounded by --max-buffered.")
        text += "rtbl_buffered_body_bytes \(server.shared.buffered.load(ordering: .relaxed))\n"
    }

    private mutating func estimatedTokens() {
        header("rtbl_tokens_estimated_total", "counter", "Tokens counted by the bytes of answers that did not say what they took.")
        text += "rtbl_tokens_estimated_total \(server.shared.estimatedTokens.load(ordering: .relaxed))\n"
    }

    private mutating func reloads() {
        header("rtbl_table_reloads_total", "counter", "Tables that were loaded after the first one, and those that were refused.")
        text += "rtbl_table_reloads_total{result=\"loaded\"} \(server.reloads[0])\nrtbl_table_reloads_total{result=\"refused\"} \(server.reloads[1])\n"
        header("rtbl_tables_held", "gauge", "Tables in memory: the one that serves, and those that requests under way began with.")
        text += "rtbl_tables_held \(server.shared.tables.count)\n"
    }

    private mutating func sharing() {
        guard let report = server.shared.sharing?.report() else { return }
        header("rtbl_redis_connected", "gauge", "1: suspensions and limits are shared through Redis now.")
        text += "rtbl_redis_connected \(report.isConnected ? 1 : 0)\n"
        header("rtbl_redis_lag_seconds", "gauge", "From the latest command to its reply, or since the oldest one that waits for one.")
        if report.isConnected { text += "rtbl_redis_lag_seconds \(Double(report.lagNanos) / 1e9)\n" }
        header("rtbl_redis_messages_total", "counter", "Suspensions and resumptions that other instances were told of, and that they told of.")
        text += "rtbl_redis_messages_total{direction=\"sent\"} \(report.sent)\nrtbl_redis_messages_total{direction=\"received\"} \(report.received)\n"
        header("rtbl_redis_errors_total", "counter", "Lost connections, refused commands, and content that is none of ours.")
        text += "rtbl_redis_errors_total \(report.errors)\n"
    }

    private mutating func requests() {
        header("rtbl_requests_total", "counter", "Requests answered, by API, environment and status.")
        let table = unsafe server.shared.published.pointee.snapshot.pointee.table
        requests(api: nil, environment: 0, labels: "api=\"\",environment=\"\"")
        for number in table.apis.indices {
            let api = Index<rtbl_api>(unchecked: UInt32(number))
            let name = escaped(server.name(of: api))
            requests(api: api, environment: RTBL_ENVIRONMENT_PRODUCTION, labels: "api=\"\(name)\",environment=\"production\"")
            requests(api: api, environment: RTBL_ENVIRONMENT_SANDBOX, labels: "api=\"\(name)\",environment=\"sandbox\"")
        }
    }

    private mutating func requests(api: Index<rtbl_api>?, environment: Int, labels: String) {
        let row = api.map { server.row($0) }
        for column in 0..<Counters.statusColumns {
            let count = server.sum { $0.requests(api: row, environment: environment, column: column) }
            guard count > 0 else { continue }
            let code = column < Counters.statuses.count ? String(Counters.statuses[column]) : "other"
            text += "rtbl_requests_total{\(labels),code=\"\(code)\"} \(count)\n"
        }
    }

    private mutating func authentications() {
        header("rtbl_authentication_total", "counter", "Requests whose caller was asked to authenticate, by what came of it.")
        let table = unsafe server.shared.published.pointee.snapshot.pointee.table
        guard table.features.authentications.count > 0 else { return }
        for number in table.apis.indices {
            let api = Index<rtbl_api>(unchecked: UInt32(number))
            let row = server.row(api)
            for (environment, name) in [(RTBL_ENVIRONMENT_PRODUCTION, "production"), (RTBL_ENVIRONMENT_SANDBOX, "sandbox")] {
                for result in AuthenticationResult.allCases {
                    let count = server.sum { $0.authentications(api: row, environment: environment, result) }
                    guard count > 0 else { continue }
                    text += "rtbl_authentication_total{api=\"\(escaped(server.name(of: api)))\",environment=\"\(name)\",result=\"\(result.name)\"} \(count)\n"
                }
            }
        }
    }

    private mutating func targets() {
        let configuration = unsafe server.shared.published
        let snapshot = unsafe configuration.pointee.snapshot
        let table = unsafe snapshot.pointee.table
        let listsAll = table.targets.count <= Limits.alwaysListedTargets
        var picks = "", suspended = "", left = "", suspensions = "", attempts = "", retries = ""
        for pool in table.pools.indices.map({ table.pools[$0] }) {
            for number in 0..<table.targetCount(of: pool) {
                let target = pool.target(number)
                let row = server.row(target)
                let count = server.picks(target)
                let suspension = Suspension(target, configuration: unsafe configuration.pointee)
                guard listsAll || count > 0 || suspension.isSuspended else { continue }
                let labels = labels(pool, target)
                picks += "rtbl_picks_total{\(labels)} \(count)\n"
                if Int(pool.kind) == RTBL_POOL_MODELS {
                    suspended += "rtbl_target_suspended{\(labels)} \(suspension.isSuspended ? 1 : 0)\n"
                    left += "rtbl_target_suspended_seconds{\(labels)} \(Double(suspension.nanosLeft / 1_000_000) / 1000)\n"
                }
                for reason in SuspensionReason.allCases {
                    let begun = server.sum { $0.suspensions(row, reason) }
                    if begun > 0 { suspensions += "rtbl_suspensions_total{\(labels),reason=\"\(reason.name)\"} \(begun)\n" }
                }
                let repeated = server.sum { $0.retries(row) }
                if repeated > 0 { retries += "rtbl_retries_total{\(labels)} \(repeated)\n" }
                for result in AttemptResult.allCases {
                    let made = server.sum { $0.attempts(row, result) }
                    if made > 0 { attempts += "rtbl_upstream_attempts_total{\(labels),result=\"\(result.name)\"} \(made)\n" }
                }
            }
        }
        header("rtbl_picks_total", "counter", "First picks of the rotation, by target.")
        text += picks
        header("rtbl_target_suspended", "gauge", "1: the target takes no traffic now.")
        text += suspended
        header("rtbl_target_suspended_seconds", "gauge", "Seconds until the target returns.")
        text += left
        header("rtbl_suspensions_total", "counter", "Suspensions begun, by target and reason.")
        text += suspensions
        header("rtbl_upstream_attempts_total", "counter", "Attempts at backends, by target and what became of them.")
        text += attempts
        header("rtbl_retries_total", "counter", "Attempts that repeated one at the same backend, after a status that its retry lists.")
        text += retries
    }

    private mutating func backends() {
        let snapshot = unsafe server.shared.published.pointee.snapshot
        let table = unsafe snapshot.pointee.table
        let loads = server.shared.loads
        var healthy = "", underWay = ""
        for number in table.features.backendExtras.indices {
            let index = Index<rtbl_backend>(unchecked: table.features.backendExtras[number].backend)
            let endpoint = unsafe snapshot.pointee.endpoint(index)
            guard let load = endpoint.load else { continue }
            let name = escaped(server.name(of: index))
            if endpoint.isChecked { healthy += "rtbl_backend_healthy{backend=\"\(name)\"} \(loads.isHealthy(load) ? 1 : 0)\n" }
            guard endpoint.breaker != nil else { continue }
            for count in BackendLoads.Count.allCases { underWay += "rtbl_backend_load{backend=\"\(name)\",of=\"\(count.name)\"} \(loads.value(count, load))\n" }
        }
        header("rtbl_backend_healthy", "gauge", "0: the backend's health check fails, and its targets are passed over while others are left.")
        text += healthy
        header("rtbl_backend_load", "gauge", "What is under way at a backend with a circuit breaker.")
        text += underWay
    }

    func labels(_ pool: rtbl_pool, _ target: Index<rtbl_target>, model modelLabel: String = "model") -> String {
        let table = unsafe server.shared.published.pointee.snapshot.pointee.table
        let record = table.targets[target]
        let model = escaped(table.string(record.model).text)
        return "pool=\"\(hex(pool.identity))\",\(modelLabel)=\"\(model)\",backend=\"\(escaped(server.name(of: record.backendIndex)))\""
    }

    /// A label's value: backslash, quote and newline escaped.
    private func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == ASCII.backslash || $0 == ASCII.quote || $0 == ASCII.lineFeed }) else { return value }
        return value.reduce(into: "") { out, character in
            switch character {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.append(character)
            }
        }
    }
}

extension Limits {
    /// Tables up to this size have a line for each target in `/metrics`, also for those that have done nothing.
    static let alwaysListedTargets = 10_000
    /// Connections to the admin port.
    static let adminConnections = 64
    /// The content of a request to the admin port, which is read and ignored.
    static let adminBodyBytes = 4 << 10
    /// The time for one request to the admin port and its answer.
    static let adminMillis: UInt64 = 30_000
}
