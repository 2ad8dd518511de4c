import CTable
import Policies
import RoutingTable

/// Why no route answers, and what is near.
extension Explanation.Failure {
    /// Hints of one kind that are listed, and hosts that are asked for the path.
    private static let shownHints = 5
    private static let askedHosts = 10_000

    init(unknownHostOf request: RequestLine, _ table: RoutingTable) {
        let names = table.hosts.indices.map { Explanation.Host(table.hosts[$0], table).name }
        var hints: [String] = []
        if let near = NearName.of(request.host, in: names) { hints.append("did you mean the host \(Text.quoted(near))?") }
        hints += Self.elsewhere(request, but: nil, table)
        if hints.isEmpty {
            let more = names.count > Self.shownHints ? " and \(grouped(names.count - Self.shownHints)) more" : ""
            hints.append("the table's hosts are \(names.prefix(Self.shownHints).joined(separator: ", "))\(more)")
        }
        self.init(reason: "no API has the host \(Text.quoted(request.host)), exactly or by a wildcard", hints: hints)
    }

    init(noRouteFor request: RequestLine, _ path: String, on host: Index<rtbl_host>, _ table: RoutingTable) {
        let name = Explanation.Host(table.hosts[host], table).name
        let fitting = table.candidates(for: request, path, on: host).map { $0.report(table) }
        if !fitting.isEmpty {
            let methods = HTTPMethods.names.filter { method in fitting.contains { $0.methods.isEmpty || $0.methods.contains(method) } }
            let isForMethod = methods.contains(request.method)
            self.init(
                reason: isForMethod ? "routes of \(name) have this path and method, but ask for other headers or query parameters" : "\(path.isEmpty ? "/" : path) on \(name) is served for \(methods.joined(separator: ", ")), not for \(request.method)",
                hints: fitting.prefix(Self.shownHints).map { "there is \($0.oneLine)" })
            return
        }
        let hints = Self.nearest(path, on: host, table).map { "near is \($0.oneLine)" } + Self.elsewhere(request, but: host, table)
        self.init(reason: "no route of \(name) has the path \(path.isEmpty ? "/" : path)", hints: hints)
    }

    /// Routes of the host with the most segments in common, then the fewest edits.
    private static func nearest(_ path: String, on host: Index<rtbl_host>, _ table: RoutingTable) -> [TableReport.Route] {
        let wanted = path.split(separator: "/", omittingEmptySubsequences: false)
        var found: [(score: (Int, Int), node: rtbl_node)] = []
        for number in table.nodes.indices where Int(table.nodes[number].host) == host.number {
            let own = table.text(table.nodes[number].path).split(separator: "/", omittingEmptySubsequences: false)
            let common = zip(wanted, own).prefix { $0 == $1 }.count
            let rest = wanted.dropFirst(common).joined(separator: "/"), ownRest = own.dropFirst(common).joined(separator: "/")
            let bound = 64
            let edits = NearName.distance(Array(rest.utf8.prefix(bound)), Array(ownRest.utf8.prefix(bound)), atMost: bound) ?? bound
            found.append(((edits, -common), table.nodes[number]))
            if found.count > 4 * shownHints { found = best(found) }
        }
        return best(found).flatMap { candidate in
            candidate.node.routeRange.map { route in
                TableReport.Route(table.routes[route], isPrefix: candidate.node.prefixRoutes.contains(route), candidate.node, table)
            }
        }.prefix(shownHints).map { $0 }
    }

    private static func best(_ found: [(score: (Int, Int), node: rtbl_node)]) -> [(score: (Int, Int), node: rtbl_node)] {
        Array(found.sorted { $0.score < $1.score }.prefix(shownHints))
    }

    /// Other hosts that would answer the same request.
    private static func elsewhere(_ request: RequestLine, but host: Index<rtbl_host>?, _ table: RoutingTable) -> [String] {
        var names: [String] = []
        for number in table.hosts.indices.prefix(askedHosts) where number != host?.number && names.count < shownHints {
            let other = Index<rtbl_host>(unchecked: UInt32(number))
            if RouteLookup.match(request, on: other, in: table) != nil { names.append(Explanation.Host(table.hosts[number], table).name) }
        }
        return names.isEmpty ? [] : ["this request would be answered on \(names.joined(separator: ", "))"]
    }
}

extension TableReport.Route {
    /// Headers and query parameters that it asks for; empty: none.
    var conditionText: String {
        func text(_ kind: String, _ conditions: [IntermediateRepresentation.Condition]?) -> [String] {
            (conditions ?? []).map { "\(kind) \($0.name)\($0.isRegularExpression ? " ~ " : " = ")\($0.value)" }
        }
        let all = text("header", headers) + text("query", queryParameters)
        return all.isEmpty ? "" : " with " + all.joined(separator: ", ")
    }

    /// `POST, exact /a/b (api.yaml:3)`.
    var oneLine: String {
        let method = methods.isEmpty ? "any method" : methods.joined(separator: ",")
        return "\(method), \(match) \(pathText)\(conditionText)\(position.map { " (\($0))" } ?? "")"
    }
}
