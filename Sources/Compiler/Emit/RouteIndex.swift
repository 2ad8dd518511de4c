import CTable
import RoutingTable

/// HOSTS, NODES, ROUTES and the slots over them: from the matches of all rules, in the order of precedence of
/// SEMANTICS.md section 3.
struct RouteIndex {
    private(set) var hosts: [rtbl_host] = []
    private(set) var hostSlots = SlotTable(count: 0)
    private(set) var nodes: [rtbl_node] = []
    private(set) var nodeSlots = SlotTable(count: 0)
    private(set) var routes: [rtbl_route] = []

    init(_ matches: MatchList, strings: StringPool) throws(EmitError) {
        let order = orderHosts(of: matches, strings)
        let sorted = Self.sort(matches, hostOrder: order, strings)
        try hang(matches, in: sorted, strings)
        fillSlots(strings)
    }

    /// Fills `hosts`, exact ones before wildcards, each bytewise; returns the new number of each host of the list.
    private mutating func orderHosts(of matches: MatchList, _ strings: StringPool) -> [UInt32] {
        let order = matches.hosts.indices.sorted {
            let (a, b) = (matches.hosts[$0], matches.hosts[$1])
            return a.flags != b.flags ? a.flags < b.flags : strings.isLess(a.name, b.name)
        }
        var number = [UInt32](repeating: 0, count: order.count)
        for (new, old) in order.enumerated() {
            number[old] = UInt32(new)
            hosts.append(matches.hosts[old])
        }
        return number
    }

    /// By host, then path bytewise, then precedence.
    private struct Key: Comparable {
        /// Host and rank of the path.
        var node: UInt64
        /// Type of path; a default version's path after one with a version; of regular expressions then the longer
        /// literal prefix, and the one that comes first in the document.
        var path: UInt64
        /// Any method after a named one, more headers and then more query parameters before fewer, and document order,
        /// which is the number of the match.
        var precedence: UInt64
        var match: Int { Int(precedence & 0xffff_ffff) }

        static func < (a: Self, b: Self) -> Bool {
            (a.node, a.path, a.precedence) < (b.node, b.path, b.precedence)
        }
    }

    /// One expression at one node.
    private struct RegexUse: Hashable { let node: UInt64, regex: UInt32 }

    private static func sort(_ list: MatchList, hostOrder: [UInt32], _ strings: StringPool) -> [Key] {
        let ranks = rankPaths(list, strings)
        var firstUse: [RegexUse: UInt64] = [:]
        var keys: [Key] = []
        keys.reserveCapacity(list.matches.count)
        for (number, match) in list.matches.enumerated() {
            let fewer = UInt64(UInt8.max - match.headerCount) << 8 | UInt64(UInt8.max - match.queryCount)
            let less = (match.methods == RTBL_METHOD_ALL ? 1 << 48 : 0) | fewer << 32
            let node = UInt64(hostOrder[Int(match.host)]) << 32 | UInt64(ranks[match.path]!)
            var path: UInt64 = match.type == .exact ? 0 : match.type == .regularExpression ? 1 << 49 : 2 << 49
            if match.isUnversioned { path |= 1 << 48 }
            if match.type == .regularExpression {
                let use = RegexUse(node: node, regex: match.regex)
                let first = firstUse[use] ?? UInt64(number)
                firstUse[use] = first
                path |= UInt64(UInt16.max - match.literalBytes) << 32 | first
            }
            keys.append(Key(
                node: node, path: path,
                precedence: less | UInt64(number)))
        }
        keys.sort()
        return keys
    }

    /// The place of each path, by the offset of its string, in bytewise order.
    private static func rankPaths(_ list: MatchList, _ strings: StringPool) -> [UInt32: UInt32] {
        var ranks: [UInt32: UInt32] = [:]
        ranks.reserveCapacity(list.matches.count)
        for match in list.matches { ranks[match.path] = 0 }
        let paths = ranks.keys.sorted { strings.isLess($0, $1) }
        for (rank, path) in paths.enumerated() { ranks[path] = UInt32(rank) }
        return ranks
    }

    private mutating func hang(_ list: MatchList, in keys: [Key], _ strings: StringPool) throws(EmitError) {
        routes.reserveCapacity(keys.count)
        var start = 0
        while start < keys.count {
            let match = list.matches[keys[start].match]
            var end = start
            var exact = 0, regex = 0
            while end < keys.count, keys[end].node == keys[start].node {
                let hung = list.matches[keys[end].match]
                if hung.type == .exact { exact += 1 }
                if hung.type == .regularExpression { regex += 1 }
                routes.append(rtbl_route(
                    rule: hung.rule, regex: hung.regex, conditions: hung.conditions, methods: hung.methods, strip_bytes: hung.stripBytes))
                end += 1
            }
            let path = String(decoding: strings.bytes[strings.content(at: match.path)], as: UTF8.self)
            let name = "path \"\(path)\""
            nodes.append(rtbl_node(
                host: UInt32(truncatingIfNeeded: keys[start].node >> 32), path: match.path, first_route: UInt32(start),
                exact_count: try field(exact, "the number of its exact routes", of: name),
                regex_count: try field(regex, "the number of its regular expressions", of: name),
                prefix_count: try field(end - start - exact - regex, "the number of its prefix routes", of: name),
                segments: match.segments))
            start = end
        }
    }

    private mutating func fillSlots(_ strings: StringPool) {
        hostSlots = SlotTable(count: hosts.count)
        let bytes = strings.bytes.span
        for (index, host) in hosts.enumerated() {
            let seed = host.flags == 0 ? TableHash.exactHostSeed : TableHash.wildcardHostSeed
            let name = unsafe bytes.extracting(strings.content(at: host.name)).bytes // bytes have no padding
            hostSlots.insert(hash: TableHash.hash(seed: seed, bytes: name), index: UInt32(index))
        }
        nodeSlots = SlotTable(count: nodes.count)
        for (index, node) in nodes.enumerated() {
            let path = unsafe bytes.extracting(strings.content(at: node.path)).bytes // bytes have no padding
            nodeSlots.insert(hash: Self.nodeHash(host: node.host, path: path), index: UInt32(index))
        }
    }

    /// The key of a node: the hash of its host's number, chained through the segments of its path.
    static func nodeHash(host: UInt32, path: RawSpan) -> UInt64 {
        var key = TableHash.hash(seed: UInt64(host), "")
        var start = 0
        while start < path.byteCount {
            var end = start + 1
            while end < path.byteCount, byte(of: path, at: end) != UInt8(ascii: "/") { end += 1 }
            key = TableHash.hash(seed: key, bytes: path.extracting(start..<end))
            start = end
        }
        return key
    }

    private static func byte(of path: RawSpan, at offset: Int) -> UInt8 {
        unsafe path.unsafeLoad(fromByteOffset: offset, as: UInt8.self) // any byte is a UInt8; the load checks the offset
    }
}
