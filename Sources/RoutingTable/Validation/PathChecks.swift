import CTable

/// What a lookup walks over: hosts, nodes, routes, and the slot tables that lead to them.
extension RoutingTable {
    func validateHosts(_ known: borrowing StringStarts) throws(TableFault) {
        for i in hosts.indices {
            let host = hosts[i]
            try known.check(host.name, "HOSTS[\(i)].name")
            guard host.flags & ~UInt32(RTBL_HOST_WILDCARD) == 0 else { throw TableFault("HOSTS[\(i)].flags has unknown bits") }
            guard isHost(string(host.name), isWildcard: host.isWildcard) else {
                throw TableFault("HOSTS[\(i)] is not a host name in lower case")
            }
        }
        try validateSlots(hostSlots, elements: hosts.count, "HOST_SLOTS") { number in
            let host = hosts[number]
            return TableHash.hash(seed: host.hashSeed, bytes: string(host.name).span)
        } isSame: { a, b in
            hosts[a].flags == hosts[b].flags && string(hosts[a].name) == string(hosts[b].name)
        }
    }

    private func isHost(_ name: Bytes, isWildcard: Bool) -> Bool {
        let labels = isWildcard ? (name.isEmpty || name[0] != UInt8(ascii: ".") ? Bytes.empty : name.from(1)) : name
        guard !labels.isEmpty, labels[0] != UInt8(ascii: "."), labels[labels.count - 1] != UInt8(ascii: ".") else { return false }
        for i in 0..<labels.count {
            let byte = labels[i]
            if byte <= 0x20 || byte >= 0x7f || byte == UInt8(ascii: "/") || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) { return false }
        }
        return true
    }

    func validateNodes(_ known: borrowing StringStarts) throws(TableFault) {
        var nextRoute = 0
        for i in nodes.indices {
            let node = nodes[i]
            try checkIndex(node.host, below: hosts.count, "NODES[\(i)].host")
            try known.check(node.path, "NODES[\(i)].path")
            guard segmentCount(string(node.path)) == Int(node.segments), node.segments <= RTBL_MAX_PATH_SEGMENTS else {
                throw TableFault("NODES[\(i)].path is not a path of \(node.segments) segments, at most \(RTBL_MAX_PATH_SEGMENTS)")
            }
            guard Int(node.first_route) == nextRoute, node.routeCount > 0 else {
                throw TableFault("the routes of NODES[\(i)] do not follow those of the node before")
            }
            nextRoute += node.routeCount
        }
        guard nextRoute == routes.count else { throw TableFault("\(routes.count) routes, but the nodes have \(nextRoute)") }
        try validateSlots(nodeSlots, elements: nodes.count, "NODE_SLOTS") { number in
            let node = nodes[number]
            return pathHash(string(node.path), host: node.host)
        } isSame: { a, b in
            nodes[a].host == nodes[b].host && string(nodes[a].path) == string(nodes[b].path)
        }
    }

    /// nil where the bytes are not a normalised path.
    private func segmentCount(_ path: Bytes) -> Int? {
        if path.isEmpty { return 0 }
        guard path[0] == UInt8(ascii: "/"), path[path.count - 1] != UInt8(ascii: "/"), path.isPrintable else { return nil }
        var count = 0
        for i in 0..<path.count where path[i] == UInt8(ascii: "/") { count += 1 }
        return count
    }

    /// Every element can be found by its key, which is no other's, and every probe ends.
    private func validateSlots(
        _ slots: Records<rtbl_slot>, elements: Int, _ name: String, hash: (Int) -> UInt64, isSame: (Int, Int) -> Bool
    ) throws(TableFault) {
        guard slots.count >= 4, slots.count & (slots.count - 1) == 0, slots.count > elements else {
            throw TableFault("\(name) has \(slots.count) slots for \(elements) elements; it must be a power of two with an empty slot")
        }
        var used = 0
        for i in slots.indices where slots[i].index != RTBL_NONE {
            try checkIndex(slots[i].index, below: elements, "\(name)[\(i)].index")
            used += 1
        }
        guard used == elements else { throw TableFault("\(name) has \(used) elements, not \(elements)") }
        for number in 0..<elements {
            let key = hash(number), tag = TableHash.tag(key)
            var slot = TableHash.homeSlot(key, slotCount: slots.count)
            while slots[slot].index != UInt32(number) {
                let other = slots[slot]
                guard other.index != RTBL_NONE else { throw TableFault("element \(number) cannot be found through \(name)") }
                // It stands before this one on the way that a lookup takes, which would stop there.
                guard other.tag != tag || !isSame(number, Int(other.index)) else {
                    throw TableFault("elements \(other.index) and \(number) of \(name) have the same key")
                }
                slot = (slot + 1) & (slots.count - 1)
            }
            guard slots[slot].tag == tag else { throw TableFault("\(name)[\(slot)].tag does not fit its key") }
        }
    }

    func validateRoutes() throws(TableFault) {
        for i in routes.indices {
            let route = routes[i]
            try checkIndex(route.rule, below: rules.count, "ROUTES[\(i)].rule")
            guard route.methods != 0, route.methods & ~UInt16(RTBL_METHOD_ALL) == 0 else {
                throw TableFault("ROUTES[\(i)].methods is empty or has unknown bits")
            }
        }
        for i in nodes.indices {
            let node = nodes[i]
            let length = string(node.path).count
            for route in node.routeRange where Int(routes[route].strip_bytes) > length {
                throw TableFault("ROUTES[\(route)].strip_bytes exceeds its path")
            }
        }
    }
}

extension rtbl_host {
    @inlinable package var isWildcard: Bool { flags & UInt32(RTBL_HOST_WILDCARD) != 0 }
    var hashSeed: UInt64 { isWildcard ? TableHash.wildcardHostSeed : TableHash.exactHostSeed }
}

extension rtbl_node {
    @inlinable package var routeCount: Int { Int(exact_count) + Int(regex_count) + Int(prefix_count) }
    @inlinable package var routeRange: Range<Int> { Int(first_route)..<(Int(first_route) + routeCount) }
    @inlinable package var exactRoutes: Range<Int> { Int(first_route)..<(Int(first_route) + Int(exact_count)) }
    @inlinable package var prefixRoutes: Range<Int> {
        let start = Int(first_route) + Int(exact_count) + Int(regex_count)
        return start..<(start + Int(prefix_count))
    }
}
