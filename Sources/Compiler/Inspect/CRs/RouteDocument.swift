import CTable
import RoutingTable

/// The rules of one HTTPRoute, put together again.
///
/// A table keeps rules in document order, and an HTTPRoute's name and a rule's index only inside of the identity of
/// the pool of its backendRefs. So the index is found by trying which one makes that identity; rules without
/// backendRefs stand where they fit between those.
struct RouteDocument {
    struct Rule {
        let index: Index<rtbl_rule>
        let matches: [Match]
    }

    struct Match: Hashable {
        let kind: RouteKind
        /// Offset of the string.
        let path: UInt32
        let methods: UInt16
        /// The number of the expression behind the base path, which ends after `strip` bytes.
        let regex: UInt32?
        let conditions: UInt32
        let strip: UInt16
    }

    let object: ObjectName
    let api: Index<rtbl_api>
    let environment: UInt8
    /// As an HTTPRoute writes them.
    let hosts: [String]
    var rules: [Rule] = []

    /// In document order; two APIs that name one HTTPRoute have two copies of it in a table.
    static func all(of table: RoutingTable) throws(TableObjects.Fault) -> [RouteDocument] {
        let entries = RuleEntry.all(of: table)
        var documents: [RouteDocument] = []
        var at = 0
        while at < entries.count {
            var end = at
            while end < entries.count, entries[end].isSibling(of: entries[at]) { end += 1 }
            documents += try group(Array(entries[at..<end]), table)
            at = end
        }
        return documents
    }

    /// The HTTPRoutes of one API and environment.
    private static func group(_ entries: [RuleEntry], _ table: RoutingTable) throws(TableObjects.Fault) -> [RouteDocument] {
        var groups: [RouteDocument] = []
        var pending: [RuleEntry] = []
        func anonymous(_ entries: ArraySlice<RuleEntry>) {
            for entry in entries {
                if let last = groups.last, last.hosts == entry.hosts { groups[groups.count - 1].rules.append(entry.rule) } else {
                    let api = table.name(table.apis[entry.api])
                    let environment = Int(entry.environment) == RTBL_ENVIRONMENT_PRODUCTION ? "production" : "sandbox"
                    let name = ObjectName(namespace: api.namespace, name: "\(api.name)-\(environment)-\(groups.count + 1)")
                    groups.append(RouteDocument(object: name, api: entry.api, environment: entry.environment, hosts: entry.hosts, rules: [entry.rule]))
                }
            }
        }
        for (position, entry) in entries.enumerated() {
            guard let route = entry.route else {
                pending.append(entry)
                continue
            }
            guard let number = entry.indexInRoute(atMost: position, table) else {
                throw TableObjects.Fault(description: "rule \(entry.rule.index.number): the identity of its backendRefs fits no place in HTTPRoute \(route.namespace)/\(route.name)")
            }
            if let last = groups.last, last.object == route {
                guard pending.count == number - last.rules.count else { throw unplaced(entry, route) }
                groups[groups.count - 1].rules += pending.map(\.rule) + [entry.rule]
            } else {
                guard pending.count >= number else { throw unplaced(entry, route) }
                anonymous(pending.dropLast(number))
                groups.append(RouteDocument(
                    object: route, api: entry.api, environment: entry.environment, hosts: entry.hosts, rules: pending.suffix(number).map(\.rule) + [entry.rule]))
            }
            pending = []
        }
        anonymous(pending[...])
        return groups
    }

    private static func unplaced(_ entry: RuleEntry, _ route: ObjectName) -> TableObjects.Fault {
        TableObjects.Fault(description: "rule \(entry.rule.index.number) has no place in HTTPRoute \(route.namespace)/\(route.name)")
    }
}

/// A rule of a table with what its HTTPRoute says.
private struct RuleEntry {
    let rule: RouteDocument.Rule
    let api: Index<rtbl_api>
    let environment: UInt8
    /// In the order in which they were written.
    let hosts: [String]
    /// nil: no pool names it.
    let route: ObjectName?
    private let pool: Index<rtbl_pool>?

    func isSibling(of other: RuleEntry) -> Bool { api == other.api && environment == other.environment }

    static func all(of table: RoutingTable) -> [RuleEntry] {
        var routes: [[(host: UInt32, match: RouteDocument.Match, number: Int)]] = Array(repeating: [], count: table.rules.count)
        for number in table.nodes.indices {
            let node = table.nodes[number]
            for route in node.routeRange {
                let record = table.routes[route]
                let kind = node.exactRoutes.contains(route) ? RouteKind.exact : node.prefixRoutes.contains(route) ? .prefix : .regex
                routes[record.ruleIndex.number].append((node.host, RouteDocument.Match(
                    kind: kind, path: node.path, methods: record.methods, regex: record.regexNumber, conditions: record.conditions, strip: record.strip_bytes), route))
            }
        }
        return table.rules.indices.map { RuleEntry(Index(unchecked: UInt32($0)), routes[$0], table) }
    }

    /// Strings lie in the order of their first use, so their offsets give back the order in which they were written.
    private init(_ index: Index<rtbl_rule>, _ routes: [(host: UInt32, match: RouteDocument.Match, number: Int)], _ table: RoutingTable) {
        let record = table.rules[index]
        api = record.apiIndex
        environment = record.environment
        pool = record.backendPoolIndex
        route = pool.map { table.owner(table.pools[$0]) }
        hosts = Set(routes.map(\.host)).map { table.hosts[Int($0)] }.sorted { $0.name < $1.name }.map { ($0.isWildcard ? "*" : "") + table.text($0.name) }
        var seen: Set<RouteDocument.Match> = []
        let matches = routes.sorted { ($0.match.path, $0.match.regex ?? 0, $0.number) < ($1.match.path, $1.match.regex ?? 0, $1.number) }.map(\.match).filter { seen.insert($0).inserted }
        rule = RouteDocument.Rule(index: index, matches: matches)
    }

    /// The rule's index in its HTTPRoute, which is at most its place among the rules of the API and environment.
    func indexInRoute(atMost position: Int, _ table: RoutingTable) -> Int? {
        guard let pool, let route else { return nil }
        let wanted = table.pools[pool].identity
        let api = table.name(table.apis[api])
        let environment = Int(environment) == RTBL_ENVIRONMENT_PRODUCTION ? "production" : "sandbox"
        return (0...position).reversed().first { number in
            Identity(api: api, environment: environment, ownerKind: "HTTPRoute", owner: route, ruleIndex: number).ofPool == wanted
        }
    }
}

extension Identity {
    fileprivate init(api: ObjectName, environment: String, ownerKind: String, owner: ObjectName, ruleIndex: Int) {
        self.init(parts: [api.namespace, api.name, environment, ownerKind, owner.namespace, owner.name, String(ruleIndex)])
    }
}
