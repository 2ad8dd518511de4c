import Policies

/// Where a route stands in document order.
struct RouteOrder {
    let api: Int
    let environment: IntermediateRepresentation.Environment
    let route: Int
}

/// Finds matches that no request can reach, and production and sandbox on one host and path.
///
/// Matches of one host, type and path are tried with a method first, then without, each in document order (SEMANTICS:
/// matching). So a match is never reached if those before it have all its methods.
struct Reachability {
    private struct Key: Hashable { let host: String; let isPrefix: Bool; let path: String }

    private struct Entry {
        let match: Int
        let methods: UInt16
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

    private static let all = UInt16(1 << HTTPMethods.names.count) - 1

    /// - Parameter hosts: without repeats.
    mutating func add(_ match: IntermediateRepresentation.Match, hosts: [String], environment: IntermediateRepresentation.Environment, place: Place) {
        let methods = match.method.flatMap { HTTPMethods.names.firstIndex(of: $0) }.map { UInt16(1) << $0 } ?? Self.all
        matches.append(Match(environment: environment, place: place, hosts: hosts.count))
        for host in hosts {
            entries[Key(host: host, isPrefix: match.type == .prefix, path: match.path), default: []].append(Entry(match: matches.count - 1, methods: methods))
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
            var covered: UInt16 = 0
            var cover: Int?
            for entry in list.filter({ $0.methods != Self.all }) + list.filter({ $0.methods == Self.all }) {
                if entry.methods & ~covered == 0 {
                    matches[entry.match].covered += 1
                    matches[entry.match].coveredBy = min(matches[entry.match].coveredBy ?? .max, list.first { $0.methods & entry.methods != 0 && $0.match != entry.match }?.match ?? cover ?? first)
                }
                covered |= entry.methods
                cover = entry.match
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
    mutating func reportReachability(_ reachability: Reachability) {
        var reachability = reachability
        for conflict in reachability.solve() {
            let first = reachability.matches[conflict.first]
            report(.bothEnvironments, "\(Text.quoted(conflict.host + (conflict.path.isEmpty ? "/" : conflict.path))) is served in \(first.environment.rawValue) already (\(resources.describe(first.place)))",
                   at: reachability.matches[conflict.second].place, help: "production and sandbox are told apart by host: give them different hostnames")
        }
        guard !diagnostics.hasErrors else { return }
        for match in reachability.matches where match.hosts > 0 && match.covered == match.hosts {
            let by = match.coveredBy.map { " (\(resources.describe(reachability.matches[$0].place)))" } ?? ""
            report(.neverMatches, "this match is never reached: another with the same hosts, path and method comes first\(by)", at: match.place)
        }
    }
}
