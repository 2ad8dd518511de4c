import Policies

/// Where a route stands in document order.
struct RouteOrder {
    let api: Int
    let environment: IntermediateRepresentation.Environment
    let route: Int
}

/// Finds matches that no request can reach, and production and sandbox on one host and path.
///
/// Matches of one host, type and path are tried with a method first, then with more conditions on headers, then with
/// more on query parameters, then in document order (SEMANTICS: matching). So a match is never reached if those before
/// it whose conditions are among its own have all its methods. Of regular expressions only equal ones are compared:
/// a warning must be certain.
struct Reachability {
    private struct Key: Hashable {
        let host: String
        let type: IntermediateRepresentation.Match.PathType
        let path: String
        let pattern: String?
    }

    private struct Entry {
        let match: Int
        let methods: UInt16
        let headers: [IntermediateRepresentation.Condition]
        let parameters: [IntermediateRepresentation.Condition]

        /// Whether every request that meets the other's conditions meets these.
        func isImplied(by other: Entry) -> Bool {
            headers.allSatisfy(other.headers.contains) && parameters.allSatisfy(other.parameters.contains)
        }

        /// Smaller comes first.
        var rank: (Int, Int, Int, Int) { (methods == Reachability.all ? 1 : 0, -headers.count, -parameters.count, match) }
    }

    struct Match {
        let environment: IntermediateRepresentation.Environment
        let place: Place
        var hosts = 0
        var covered = 0
        /// One that is reached instead.
        var coveredBy: Int?
    }

    private var entries: [Key: [Entry]] = [:]
    private(set) var matches: [Match] = []

    fileprivate static let all = UInt16(1 << HTTPMethods.names.count) - 1

    /// - Parameter hosts: without repeats.
    mutating func add(_ match: IntermediateRepresentation.Match, hosts: [String], environment: IntermediateRepresentation.Environment, place: Place) {
        let methods = match.method.flatMap { HTTPMethods.names.firstIndex(of: $0) }.map { UInt16(1) << $0 } ?? Self.all
        matches.append(Match(environment: environment, place: place, hosts: hosts.count))
        for host in hosts {
            entries[Key(host: host, type: match.type, path: match.path, pattern: match.pattern), default: []]
                .append(Entry(match: matches.count - 1, methods: methods, headers: match.headers, parameters: match.queryParameters))
        }
    }

    struct Conflict { let host: String; let path: String; let first: Int; let second: Int }

    /// Fills in `covered`; returns the places where the environments meet.
    mutating func solve() -> [Conflict] {
        var conflicts: [Conflict] = []
        for (key, list) in entries {
            let first = list[0].match
            if let other = list.first(where: { matches[$0.match].environment != matches[first].environment }) {
                conflicts.append(Conflict(host: key.host, path: key.path, first: first, second: other.match))
                continue
            }
            guard list.count > 1 else { continue }
            let order = list.sorted { $0.rank < $1.rank }
            for (position, entry) in order.enumerated() {
                let before = order[..<position].filter { $0.isImplied(by: entry) }
                guard entry.methods & ~before.reduce(0, { $0 | $1.methods }) == 0 else { continue }
                matches[entry.match].covered += 1
                let first = before.first { $0.methods & entry.methods != 0 }?.match
                matches[entry.match].coveredBy = first.map { min(matches[entry.match].coveredBy ?? .max, $0) }
            }
        }
        return conflicts.sorted { (matches[$0.second].place, $0.host) < (matches[$1.second].place, $1.host) }
    }
}

/// The methods that a route can name.
enum HTTPMethods {
    static let names = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]
}

extension Resolver {
    mutating func reportReachability(_ found: consuming Reachability) {
        var reachability = found
        for conflict in reachability.solve() {
            let first = reachability.matches[conflict.first]
            report(.bothEnvironments, "\(Text.quoted(conflict.host + (conflict.path.isEmpty ? "/" : conflict.path))) is served in \(first.environment.rawValue) already (\(resources.describe(first.place)))",
                   at: reachability.matches[conflict.second].place, help: "production and sandbox are told apart by host: give them different hostnames")
        }
        guard !diagnostics.hasErrors else { return }
        for match in reachability.matches where match.hosts > 0 && match.covered == match.hosts {
            let by = match.coveredBy.map { " (\(resources.describe(reachability.matches[$0].place)))" } ?? ""
            report(.neverMatches, "this match is never reached: another with the same hosts, path, method and conditions comes first\(by)", at: match.place)
        }
    }
}
