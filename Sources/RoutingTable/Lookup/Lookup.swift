import CTable

/// The route that answers a request.
package struct RouteMatch: BitwiseCopyable {
    package let route: Index<rtbl_route>
    /// Whether it matched a prefix, so that a trailing `/` of the request belongs to what follows it.
    package let isPrefix: Bool
}

extension RoutingTable {
    /// The host entry for `host` (lower case, without port): the exact one, else the wildcard with the longest
    /// suffix. One probe, and one more per label where there is no exact entry.
    package func host(_ host: Bytes) -> Index<rtbl_host>? {
        if let exact = findHost(host, isWildcard: false) { return exact }
        for i in 0..<host.count where host[i] == UInt8(ascii: ".") {
            if let wildcard = findHost(host.from(i), isWildcard: true) { return wildcard }
        }
        return nil
    }

    /// The most specific route for a path on a host, by FORMAT.md's "Choice": exact, regular expression, longest
    /// prefix. One pass over the path, one probe per segment that any node of the table reaches.
    ///
    /// - Parameters:
    ///   - method: one bit of `RTBL_METHOD_…`; 0 (a method without a bit) matches only routes for all.
    ///   - request: its headers and query parameters.
    ///   - scratch: for regular expressions; where there is none at hand, one is made.
    package func route(
        host: Index<rtbl_host>, path: Bytes, method: UInt16, request: some RequestConditions = NoConditions(), scratch: inout RegexScratch
    ) -> RouteMatch? {
        var best: RouteMatch?
        var bestRegex: RouteMatch?
        var hash = rootHash(host: host.raw)
        var end = 0
        var depth = 0
        while true {
            if let node = findNode(host: host.raw, path: path[0..<end], hash: hash) {
                if end == path.count, let exact = firstRoute(node.exactRoutes, method, request, &scratch) {
                    return RouteMatch(route: exact, isPrefix: false)
                }
                if node.regex_count > 0, let regex = firstRegexRoute(node.regexRoutes, path: path, method, request, &scratch) {
                    bestRegex = RouteMatch(route: regex, isPrefix: false)
                }
                if let prefix = firstRoute(node.prefixRoutes, method, request, &scratch) {
                    best = RouteMatch(route: prefix, isPrefix: true)
                }
            }
            guard end < path.count, depth < deepestPath else { return bestRegex ?? best }
            let start = end
            end = endOfSegment(path, from: start)
            hash = TableHash.hash(seed: hash, bytes: path[start..<end].span)
            depth += 1
        }
    }

    package func route(
        host: Index<rtbl_host>, path: Bytes, method: UInt16, request: some RequestConditions = NoConditions()
    ) -> RouteMatch? {
        var scratch = RegexScratch()
        return route(host: host, path: path, method: method, request: request, scratch: &scratch)
    }

    private func firstRegexRoute(
        _ range: Range<Int>, path: Bytes, _ method: UInt16, _ request: some RequestConditions, _ scratch: inout RegexScratch
    ) -> Index<rtbl_route>? {
        for i in range where fits(routes[i], method, request, &scratch) {
            guard let number = routes[i].regexNumber else { continue }
            if regex(number).match(path.from(Int(routes[i].strip_bytes)), isPath: true, scratch: &scratch) { return Index(unchecked: UInt32(i)) }
        }
        return nil
    }

    private func firstRoute(
        _ range: Range<Int>, _ method: UInt16, _ request: some RequestConditions, _ scratch: inout RegexScratch
    ) -> Index<rtbl_route>? {
        for i in range where fits(routes[i], method, request, &scratch) { return Index(unchecked: UInt32(i)) }
        return nil
    }

    /// Whether method and conditions fit.
    private func fits(_ route: rtbl_route, _ method: UInt16, _ request: some RequestConditions, _ scratch: inout RegexScratch) -> Bool {
        guard route.methods & method != 0 || route.methods == UInt16(RTBL_METHOD_ALL) else { return false }
        guard let conditions = route.conditionsIndex else { return true }
        return holds(conditions, for: request, &scratch)
    }

    /// Whether the request has every header and query parameter that the set names, with the values that it names.
    private func holds(_ conditions: Index<rtbl_condition_set>, for request: some RequestConditions, _ scratch: inout RegexScratch) -> Bool {
        let set = features.conditionSets[conditions]
        for number in set.headers where request.knowsHeaders {
            let condition = features.conditions[number]
            guard let value = request.header(string(condition.name)), matches(value, condition, &scratch) else { return false }
        }
        for number in set.queryParameters {
            let condition = features.conditions[number]
            guard let value = request.queryParameter(string(condition.name)), matches(value, condition, &scratch) else { return false }
        }
        return true
    }

    private func matches(_ value: Bytes, _ condition: rtbl_condition, _ scratch: inout RegexScratch) -> Bool {
        guard condition.regex != RTBL_NONE else { return string(condition.value) == value }
        return regex(condition.regex).match(value, isPath: false, scratch: &scratch)
    }

    /// The segment that begins with the `/` at `start`.
    private func endOfSegment(_ path: Bytes, from start: Int) -> Int {
        var end = start + 1
        while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
        return end
    }

    private func findHost(_ name: Bytes, isWildcard: Bool) -> Index<rtbl_host>? {
        let seed = isWildcard ? TableHash.wildcardHostSeed : TableHash.exactHostSeed
        let hash = TableHash.hash(seed: seed, bytes: name.span)
        let tag = TableHash.tag(hash)
        var slot = TableHash.homeSlot(hash, slotCount: hostSlots.count)
        while true { // ends: a validated table has an empty slot
            let entry = hostSlots[slot]
            guard entry.index != RTBL_NONE else { return nil }
            if entry.tag == tag {
                let host = hosts[Int(entry.index)]
                if host.isWildcard == isWildcard, string(host.name) == name { return Index(unchecked: entry.index) }
            }
            slot = (slot + 1) & (hostSlots.count - 1)
        }
    }

    private func findNode(host: UInt32, path: Bytes, hash: UInt64) -> rtbl_node? {
        let tag = TableHash.tag(hash)
        var slot = TableHash.homeSlot(hash, slotCount: nodeSlots.count)
        while true { // ends: a validated table has an empty slot
            let entry = nodeSlots[slot]
            guard entry.index != RTBL_NONE else { return nil }
            if entry.tag == tag {
                let node = nodes[Int(entry.index)]
                if node.host == host, string(node.path) == path { return node }
            }
            slot = (slot + 1) & (nodeSlots.count - 1)
        }
    }

    private func rootHash(host: UInt32) -> UInt64 { TableHash.hash(seed: UInt64(host), bytes: Bytes.empty.span) }

    /// The key of a whole path, as the lookup arrives at it segment by segment.
    func pathHash(_ path: Bytes, host: UInt32) -> UInt64 {
        var hash = rootHash(host: host)
        var start = 0
        while start < path.count {
            let end = endOfSegment(path, from: start)
            hash = TableHash.hash(seed: hash, bytes: path[start..<end].span)
            start = end
        }
        return hash
    }
}
