import CTable
import RoutingTable
import TestSupport
import Testing
@testable import Compiler

/// FORMAT.md, "Illegal values": hosts, nodes, slots, routes. The small table has the hosts `h` and `*.w`, and the
/// nodes `/a/1/x` of both.
@Suite("Illegal values of what a lookup walks over")
struct IllegalRouteTests {
    @Test("Hosts", arguments: [
        Defect("empty", "HOSTS[0] is not a host name in lower case") { $0.set(RTBL_SECTION_HOSTS, 0, \rtbl_host.name, to: 0) },
        Defect("upper case", "HOSTS[0] is not a host name in lower case") { $0.set(RTBL_SECTION_HOSTS, 0, \rtbl_host.name, toString: "hOst") },
        Defect("leading dot", "HOSTS[0] is not a host name in lower case") { $0.set(RTBL_SECTION_HOSTS, 0, \rtbl_host.name, toString: ".h") },
        Defect("trailing dot", "HOSTS[0] is not a host name in lower case") { $0.set(RTBL_SECTION_HOSTS, 0, \rtbl_host.name, toString: "h.") },
        Defect("blank", "HOSTS[0] is not a host name in lower case") { $0.set(RTBL_SECTION_HOSTS, 0, \rtbl_host.name, toString: "h h") },
        Defect("slash", "HOSTS[0] is not a host name in lower case") { $0.set(RTBL_SECTION_HOSTS, 0, \rtbl_host.name, toString: "h/h") },
        Defect("not ASCII", "HOSTS[0] is not a host name in lower case") { $0.set(RTBL_SECTION_HOSTS, 0, \rtbl_host.name, toString: "hé") },
        Defect("wildcard without a dot", "HOSTS[1] is not a host name in lower case") { $0.set(RTBL_SECTION_HOSTS, 1, \rtbl_host.name, toString: "w") },
        Defect("wildcard of all", "HOSTS[1] is not a host name in lower case") { $0.set(RTBL_SECTION_HOSTS, 1, \rtbl_host.name, toString: ".") },
        Defect("wildcard with two dots", "HOSTS[1] is not a host name in lower case") { $0.set(RTBL_SECTION_HOSTS, 1, \rtbl_host.name, toString: "..w") },
        Defect("flags", "HOSTS[0].flags has unknown bits") { $0.set(RTBL_SECTION_HOSTS, 0, \rtbl_host.flags, to: 2) },
    ])
    func hosts(defect: Defect) throws { try defect.check() }

    @Test("Nodes", arguments: [
        Defect("host", "NODES[1].host is 2, but there are only 2") { $0.set(RTBL_SECTION_NODES, 1, \rtbl_node.host, to: 2) },
        Defect("no leading slash", "NODES[0].path is not a path") { $0.set(RTBL_SECTION_NODES, 0, \rtbl_node.path, toString: "a/1/x/") },
        Defect("trailing slash", "NODES[0].path is not a path") { $0.set(RTBL_SECTION_NODES, 0, \rtbl_node.path, toString: "/a/1x/") },
        Defect("control character", "NODES[0].path is not a path") { $0.set(RTBL_SECTION_NODES, 0, \rtbl_node.path, toString: "/a/1/\n") },
        Defect("segments", "NODES[0].path is not a path of 4 segments") { $0.set(RTBL_SECTION_NODES, 0, \rtbl_node.segments, to: 4) },
        Defect("65 segments", "NODES[0].path is not a path of 65 segments, at most 64") {
            $0.set(RTBL_SECTION_NODES, 0, \rtbl_node.path, toString: String(repeating: "/a", count: 65))
            $0.set(RTBL_SECTION_NODES, 0, \rtbl_node.segments, to: 65)
        },
        Defect("routes that do not follow", "the routes of NODES[1] do not follow those of the node before") {
            $0.set(RTBL_SECTION_NODES, 1, \rtbl_node.first_route, to: 0)
        },
        Defect("routes beyond the last", "3 routes, but the nodes have 4") { $0.set(RTBL_SECTION_NODES, 1, \rtbl_node.exact_count, to: 1) },
        Defect("routes of no node", "4 routes, but the nodes have 3") {
            let routes = $0.section(RTBL_SECTION_ROUTES)
            $0.replace(RTBL_SECTION_ROUTES, with: routes + routes.suffix(16))
        },
        Defect("no routes", "the routes of NODES[1] do not follow") { $0.set(RTBL_SECTION_NODES, 1, \rtbl_node.prefix_count, to: 0) },
        Defect("regular expressions", "ROUTES[1].regex is there for another type of path, or missing") {
            $0.set(RTBL_SECTION_NODES, 0, \rtbl_node.regex_count, to: 1)
            $0.set(RTBL_SECTION_NODES, 0, \rtbl_node.prefix_count, to: 0)
        },
    ])
    func nodes(defect: Defect) throws { try defect.check() }

    @Test("Slots", arguments: [(RTBL_SECTION_HOST_SLOTS, "HOST_SLOTS"), (RTBL_SECTION_NODE_SLOTS, "NODE_SLOTS")])
    func slots(kind: Int, name: String) throws {
        try Defect("not a power of two", "\(name) has 3 slots for 2 elements") { $0.replace(kind, with: Array($0.section(kind).prefix(24))) }.check()
        try Defect("none", "\(name) has 0 slots for 2 elements") { $0.replace(kind, with: []) }.check()
        try Defect("full", "\(name) has 4 elements, not 2") { for i in 0..<4 { $0.set(kind, i, \rtbl_slot.index, to: UInt32(i % 2)) } }.check()
        try Defect("empty", "\(name) has 0 elements, not 2") { for i in 0..<4 { $0.set(kind, i, \rtbl_slot.index, to: .max) } }.check()
        try Defect("index", "\(name)[\(try Self.used(kind)[0])].index is 2, but there are only 2") { file in
            file.set(kind, Self.used(kind, in: file)[0], \rtbl_slot.index, to: 2)
        }.check()
        try Defect("tag", "\(name)[\(try Self.used(kind)[0])].tag does not fit its key") { file in
            let slot = Self.used(kind, in: file)[0]
            file.set(kind, slot, \rtbl_slot.tag, to: ~file.get(kind, slot, \rtbl_slot.tag))
        }.check()
        try Defect("one element twice", "cannot be found through \(name)") { file in
            let slots = Self.used(kind, in: file)
            file.set(kind, slots[1], \rtbl_slot.index, to: file.get(kind, slots[0], \rtbl_slot.index))
        }.check()
    }

    /// The slots of the small table that are not empty.
    private static func used(_ kind: Int) throws -> [Int] { used(kind, in: TableFileEditor(try emitTable(Fixtures.small()))) }

    private static func used(_ kind: Int, in file: TableFileEditor) -> [Int] {
        (0..<file.count(of: kind)).filter { file.get(kind, $0, \rtbl_slot.index) != RTBL_NONE }
    }

    @Test("An element behind an empty slot", arguments: [(RTBL_SECTION_HOST_SLOTS, "HOST_SLOTS"), (RTBL_SECTION_NODE_SLOTS, "NODE_SLOTS")])
    func misplaced(kind: Int, name: String) throws {
        var refused = 0
        for distance in 1..<4 {
            var file = TableFileEditor(try emitTable(Fixtures.small()))
            let from = Self.used(kind, in: file)[0], to = (from + distance) % 4
            guard file.get(kind, to, \rtbl_slot.index) == RTBL_NONE else { continue }
            let slot: (tag: UInt32, index: UInt32) = (file.get(kind, from, \rtbl_slot.tag), file.get(kind, from, \rtbl_slot.index))
            file.set(kind, to, \rtbl_slot.tag, to: slot.tag)
            file.set(kind, to, \rtbl_slot.index, to: slot.index)
            file.set(kind, from, \rtbl_slot.index, to: RTBL_NONE)
            file.repairDigest()
            // Where the element has been put may be on its way after all.
            guard let fault = file.fault else { continue }
            #expect(fault.reason.contains("cannot be found through \(name)"))
            refused += 1
        }
        #expect(refused > 0)
    }

    @Test("Two hosts of one name, two nodes of one path: the second could never be found")
    func twins() throws {
        var ir = Fixtures.small()
        ir.apis[0].rules[1].hosts = ["h", "w"]
        var file = TableFileEditor(try emitTable(ir))
        file.set(RTBL_SECTION_HOSTS, 1, \rtbl_host.name, to: file.get(RTBL_SECTION_HOSTS, 0, \rtbl_host.name))
        let home = Int(truncatingIfNeeded: TableHash.hash(seed: TableHash.exactHostSeed, "h")) & 3
        let tag = TableHash.tag(TableHash.hash(seed: TableHash.exactHostSeed, "h"))
        Self.fill(RTBL_SECTION_HOST_SLOTS, of: &file, from: home, tag: tag)
        file.repairDigest()
        #expect(file.fault?.reason == "elements 0 and 1 of HOST_SLOTS have the same key")

        file = TableFileEditor(try emitTable(Fixtures.small()))
        file.set(RTBL_SECTION_NODES, 1, \rtbl_node.host, to: 0)
        let slot = Self.used(RTBL_SECTION_NODE_SLOTS, in: file).first { file.get(RTBL_SECTION_NODE_SLOTS, $0, \rtbl_slot.index) == 0 }!
        Self.fill(RTBL_SECTION_NODE_SLOTS, of: &file, from: slot, tag: file.get(RTBL_SECTION_NODE_SLOTS, slot, \rtbl_slot.tag))
        file.repairDigest()
        #expect(file.fault?.reason == "elements 0 and 1 of NODE_SLOTS have the same key")
    }

    /// Elements 0 and 1 one behind the other, as keys that collide stand.
    private static func fill(_ kind: Int, of file: inout TableFileEditor, from home: Int, tag: UInt32) {
        for i in 0..<4 {
            let slot = (home + i) % 4
            file.set(kind, slot, \rtbl_slot.tag, to: i < 2 ? tag : 0)
            file.set(kind, slot, \rtbl_slot.index, to: i < 2 ? UInt32(i) : RTBL_NONE)
        }
    }

    @Test("Routes", arguments: [
        Defect("rule", "ROUTES[1].rule is 2, but there are only 2") { $0.set(RTBL_SECTION_ROUTES, 1, \rtbl_route.rule, to: 2) },
        Defect("regex", "ROUTES[1].regex is 0, but there are only 0") { $0.set(RTBL_SECTION_ROUTES, 1, \rtbl_route.regex, to: 0) },
        Defect("conditions", "ROUTES[1].conditions is 0, but there are only 0") { $0.set(RTBL_SECTION_ROUTES, 1, \rtbl_route.conditions, to: 0) },
        Defect("no method", "ROUTES[0].methods is empty") { $0.set(RTBL_SECTION_ROUTES, 0, \rtbl_route.methods, to: 0) },
        Defect("unknown method", "ROUTES[0].methods is empty or has unknown bits") { $0.set(RTBL_SECTION_ROUTES, 0, \rtbl_route.methods, to: 0x204) },
        Defect("more to strip than there is", "ROUTES[2].strip_bytes exceeds its path") { $0.set(RTBL_SECTION_ROUTES, 2, \rtbl_route.strip_bytes, to: 7) },
    ])
    func routes(defect: Defect) throws { try defect.check() }

    @Test("Rules and APIs", arguments: [
        Defect("API", "RULES[1].api is 1, but there are only 1") { $0.set(RTBL_SECTION_RULES, 1, \rtbl_rule.api, to: 1) },
        Defect("extras", "RULES[1].extras is 0, but there are only 0") { $0.set(RTBL_SECTION_RULES, 1, \rtbl_rule.extras, to: 0) },
        Defect("rewrite", "RULES[1].rewrite is unknown") { $0.set(RTBL_SECTION_RULES, 1, \rtbl_rule.rewrite, to: 4) },
        Defect("no environment", "RULES[1].environment is unknown") { $0.set(RTBL_SECTION_RULES, 1, \rtbl_rule.environment, to: 0) },
        Defect("environment", "RULES[1].environment is unknown") { $0.set(RTBL_SECTION_RULES, 1, \rtbl_rule.environment, to: 3) },
        Defect("reserved", "a reserved field of RULES[1] is not 0") { $0.set(RTBL_SECTION_RULES, 1, \rtbl_rule.reserved, to: 1) },
        Defect("new path", "RULES[0].rewrite_value has bytes that no path may have") {
            $0.set(RTBL_SECTION_RULES, 0, \rtbl_rule.rewrite_value, toString: "/y HTTP/1.1\r\nx:")
        },
        Defect("query in the new path", "RULES[0].rewrite_value has bytes") { $0.set(RTBL_SECTION_RULES, 0, \rtbl_rule.rewrite_value, toString: "/y?z") },
        Defect("model pool", "RULES[0].model_pool is 2, but there are only 2") { $0.set(RTBL_SECTION_RULES, 0, \rtbl_rule.model_pool, to: 2) },
        Defect("backend pool", "RULES[0].backend_pool is 2, but there are only 2") { $0.set(RTBL_SECTION_RULES, 0, \rtbl_rule.backend_pool, to: 2) },
        Defect("pool of another kind", "RULES[0].model_pool is a pool of another kind") { $0.set(RTBL_SECTION_RULES, 0, \rtbl_rule.model_pool, to: 1) },
        Defect("backends of another kind", "RULES[0].backend_pool is a pool of another kind") { $0.set(RTBL_SECTION_RULES, 0, \rtbl_rule.backend_pool, to: 0) },
        Defect("pool of another environment", "RULES[1].model_pool is a pool of another kind, API or environment") {
            $0.set(RTBL_SECTION_RULES, 1, \rtbl_rule.environment, to: 2)
        },
        Defect("pool of another API", "RULES[0].model_pool is a pool of another kind, API or environment") {
            $0.replace(RTBL_SECTION_APIS, with: $0.section(RTBL_SECTION_APIS) + $0.section(RTBL_SECTION_APIS))
            $0.set(RTBL_SECTION_POOLS, 0, \rtbl_pool.api, to: 1)
        },
        Defect("API flags", "APIS[0].flags has unknown bits") { $0.set(RTBL_SECTION_APIS, 0, \rtbl_api.flags, to: 16) },
        Defect("authentication", "APIS[0].authentication is used") { $0.set(RTBL_SECTION_APIS, 0, \rtbl_api.authentication, to: 0) },
    ])
    func rules(defect: Defect) throws { try defect.check() }
}
