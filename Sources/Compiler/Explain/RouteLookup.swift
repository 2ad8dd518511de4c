import CTable
import Policies
import RoutingTable

/// What the dataplane's own lookup says about a request.
///
/// The one place on the compiler's side that calls it: whatever a lookup comes to need, `explain` and `simulate` get
/// from here.
enum RouteLookup {
    struct Found {
        let host: Index<rtbl_host>
        let match: RouteMatch
    }

    enum Answer {
        case found(Found)
        case unknownHost
        /// The host is known, the path has no route for the request there.
        case noRoute(host: Index<rtbl_host>)
    }

    static func answer(_ request: RequestLine, in table: RoutingTable) -> Answer {
        guard let host = request.withHost({ table.host($0) }) else { return .unknownHost }
        guard let match = self.match(request, on: host, in: table) else { return .noRoute(host: host) }
        return .found(Found(host: host, match: match))
    }

    static func match(_ request: RequestLine, on host: Index<rtbl_host>, in table: RoutingTable) -> RouteMatch? {
        let fields = request.fields
        return withExtendedLifetime(fields) { // its views are of memory of its own
            request.withPath { table.route(host: host, path: $0.bytes, method: request.methodBit, request: fields) } ?? nil
        }
    }

    /// The path that goes to a backend, without the query.
    static func upstreamPath(_ request: RequestLine, _ match: RouteMatch, _ backend: rtbl_backend, in table: RoutingTable) -> String {
        let path = request.withPath { path in
            var scratch = RegexScratch()
            let upstream = UpstreamPath(match, in: table, path: path, basePath: table.string(backend.base_path), scratch: &scratch)
            var out = [UInt8](repeating: 0, count: upstream.maxCount)
            // `out` has room for what `write` says that it needs.
            let count = unsafe out.withUnsafeMutableBufferPointer { buffer in
                unsafe buffer.baseAddress.map { unsafe upstream.write(to: $0) } ?? 0
            }
            return String(decoding: out.prefix(count), as: UTF8.self)
        }
        return path ?? ""
    }
}

/// A route beside the one that answers: what it is, and why it does not.
struct RouteCandidate {
    let number: Int
    let kind: RouteKind
    let node: rtbl_node
}

enum RouteKind: String {
    case exact, regex = "regular expression", prefix
}

extension RoutingTable {
    /// Every route of `host` whose path fits that of the request, whatever its method and conditions, in the order in
    /// which the lookup prefers them.
    func candidates(for request: RequestLine, _ path: String, on host: Index<rtbl_host>) -> [RouteCandidate] {
        var exact: [RouteCandidate] = []
        var regexes: [RouteCandidate] = []
        var prefixes: [RouteCandidate] = []
        for number in nodes.indices where Int(nodes[number].host) == host.number {
            let node = nodes[number]
            let own = text(node.path)
            guard path == own || path.hasPrefix(own + "/") else { continue }
            if path == own { exact += node.exactRoutes.map { RouteCandidate(number: $0, kind: .exact, node: node) } }
            regexes = node.regexRoutes.filter { matches($0, request) }.map { RouteCandidate(number: $0, kind: .regex, node: node) } + regexes
            prefixes = node.prefixRoutes.map { RouteCandidate(number: $0, kind: .prefix, node: node) } + prefixes // nodes ascend by path
        }
        return exact + regexes + prefixes
    }

    /// Whether the regular expression of a route matches the path.
    private func matches(_ number: Int, _ request: RequestLine) -> Bool {
        guard let regex = routes[number].regexNumber else { return false }
        var scratch = RegexScratch()
        return request.withPath { self.regex(regex).match($0.bytes.from(Int(routes[number].strip_bytes)), isPath: true, scratch: &scratch) } ?? false
    }
}
