import CTable
import Policies
import RoutingTable

extension Explanation {
    /// Routes beside the answer that are listed.
    static let shownOthers = 20

    /// Asks `mapped` as the dataplane does.
    package init(_ request: RequestLine, in mapped: borrowing MappedTable) {
        let table = mapped.table
        let path = request.withPath { $0.bytes.text } ?? ""
        self.init(request: Request(method: request.method, host: request.host, path: path.isEmpty ? "/" : path, query: request.query))
        switch RouteLookup.answer(request, in: table) {
        case .found(let found): explain(found, request, path, table)
        case .noRoute(let host):
            self.host = Host(table.hosts[host], table)
            failure = Failure(noRouteFor: request, path, on: host, table)
        case .unknownHost: failure = Failure(unknownHostOf: request, table)
        }
    }

    private mutating func explain(_ found: RouteLookup.Found, _ request: RequestLine, _ path: String, _ table: RoutingTable) {
        host = Host(table.hosts[found.host], table)
        let route = table.routes[found.match.route]
        let rule = table.rules[route.ruleIndex]
        let candidates = table.candidates(for: request, path, on: found.host)
        guard let winner = candidates.firstIndex(where: { $0.number == found.match.route.number }) else {
            preconditionFailure("the route that answers fits the path")
        }
        self.route = candidates[winner].report(table)
        why = Self.why(candidates[winner], in: host)
        others = candidates.enumerated().filter { $0.offset != winner }.prefix(Self.shownOthers).map { offset, candidate in
            Other(route: candidate.report(table), why: Self.why(candidate, isBefore: offset < winner, candidates[winner], request, table))
        }
        api = API(TableReport.API(table.apis[rule.apiIndex], number: rule.apiIndex.number, table))
        let pools = PoolChoice.all(of: rule, for: request)
        self.pools = pools.map { Pool($0, request, found.match, table) }
    }

    private static func why(_ winner: RouteCandidate, in host: Host?) -> String {
        let place = host.map { $0.kind == "wildcard" ? "no exact host fits; of the wildcards the longest suffix is taken" : "the host is named" } ?? ""
        switch winner.kind {
        case .exact: return "\(place); the whole path is named"
        case .regex: return "\(place); the expression matches the whole path, and no exact path fits"
        case .prefix: return "\(place); the longest prefix that fits, and no exact path does"
        }
    }

    private static func why(_ other: RouteCandidate, isBefore: Bool, _ winner: RouteCandidate, _ request: RequestLine, _ table: RoutingTable) -> String {
        if table.routes[other.number].methods & request.methodBit == 0 { return "is not for \(request.method)" }
        if isBefore { return "asks for other headers or query parameters" }
        if other.kind != winner.kind { return "\(winner.kind == .exact ? "an exact path" : "a \(winner.kind.rawValue)") goes before a \(other.kind.rawValue)" }
        if other.node.path != winner.node.path { return other.kind == .prefix ? "is the shorter prefix" : "begins with less literal text" }
        return "comes later: a method goes before none, more conditions before fewer, then document order decides"
    }
}

/// The pools of a rule, and which requests each is for.
enum PoolChoice {
    struct Choice {
        let index: Index<rtbl_pool>
        let serves: String
    }

    /// The first is the one that takes the request as it was given.
    static func all(of rule: rtbl_rule, for request: RequestLine) -> [Choice] {
        let backends = rule.backendPoolIndex
        guard let models = rule.modelPoolIndex else { return backends.map { [Choice(index: $0, serves: "all requests")] } ?? [] }
        guard request.mayLackContent else { return [Choice(index: models, serves: "all requests")] }
        let plain = backends.map { [Choice(index: $0, serves: "\(request.method) without a body: no model to write")] } ?? []
        return plain + [Choice(index: models, serves: "\(request.method) with a body")]
    }
}

extension RouteCandidate {
    func report(_ table: RoutingTable) -> TableReport.Route {
        TableReport.Route(table.routes[number], isPrefix: kind == .prefix, node, table)
    }
}

extension Explanation.Host {
    init(_ host: rtbl_host, _ table: RoutingTable) {
        self.init(name: (host.isWildcard ? "*" : "") + table.text(host.name), kind: host.isWildcard ? "wildcard" : "exact")
    }
}

extension Explanation.API {
    init(_ api: TableReport.API) {
        self.init(
            object: api.object, name: api.name, version: api.version, basePath: api.basePath, organization: api.organization,
            isOpen: api.isOpen, position: api.position)
    }
}

extension Explanation.Pool {
    init(_ choice: PoolChoice.Choice, _ request: RequestLine, _ match: RouteMatch, _ table: RoutingTable) {
        let raw = table.pools[choice.index]
        let report = TableReport.Pool(raw, number: choice.index.number, table)
        let targets = report.targets.enumerated().map { number, target in
            Explanation.Target(target, table.targets[raw.target(number)].backendIndex, request, match, table)
        }
        self.init(serves: choice.serves, pool: report, targets: targets)
    }
}

extension Explanation.Target {
    fileprivate init(_ target: TableReport.Target, _ backend: Index<rtbl_backend>, _ request: RequestLine, _ match: RouteMatch, _ table: RoutingTable) {
        let record = table.backends[backend]
        let scheme = Int(record.scheme) == RTBL_SCHEME_HTTPS ? "https" : "http"
        let path = RouteLookup.upstreamPath(request, match, record, in: table)
        self.init(
            id: target.id, model: target.model, weight: target.weight, share: target.share, tier: target.tier, backend: target.backend,
            url: "\(scheme)://\(table.text(record.host_header))\(path)\(request.query.map { "?" + $0 } ?? "")",
            credential: target.credential, position: target.position, backendPosition: table.position { $0.backends[backend.number] })
    }
}
