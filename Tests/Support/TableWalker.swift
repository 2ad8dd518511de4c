import CTable
import Compiler
import RoutingTable

/// Touches everything in a table that `inspect` and the dataplane touch. That it returns is the test: what the
/// validator let through and an accessor does not hold ends the process.
package struct TableWalker {
    private let table: RoutingTable
    /// Bytes and records seen, so that nothing is read in vain.
    package private(set) var seen = 0

    @discardableResult
    package static func walk(_ mapped: borrowing MappedTable) -> Int {
        var walker = TableWalker(table: mapped.table)
        walker.report(mapped)
        walker.records()
        walker.lookups()
        walker.rotations()
        return walker.seen
    }

    private init(table: RoutingTable) { self.table = table }

    private mutating func report(_ mapped: borrowing MappedTable) {
        var lines = 0
        TableReport(mapped).text { line in lines += line.utf8.count }
        seen += lines
    }

    // MARK: - Records

    private mutating func read(_ strings: UInt32...) {
        for offset in strings {
            let bytes = table.string(offset)
            for i in 0..<bytes.count { seen &+= Int(bytes[i]) }
        }
    }

    private mutating func records() {
        for i in table.apis.indices {
            let api = table.apis[i]
            read(api.object_namespace, api.object_name, api.api_name, api.api_version, api.base_path, api.organization)
        }
        for i in table.providers.indices { fields(of: table.providers[i]) }
        for i in table.credentials.indices {
            let credential = table.credentials[i]
            read(credential.secret_namespace, credential.secret_name, credential.name, credential.key, credential.password_key)
        }
        for i in table.backends.indices {
            let backend = table.backends[i]
            read(backend.object_namespace, backend.object_name, backend.host, backend.host_header, backend.base_path)
            seen &+= Int(table.backendSettings[backend.settingsIndex].connect_timeout_millis)
            if let credential = backend.credentialIndex { read(table.credentials[credential].name) }
        }
        for i in table.stringLists.indices { read(table.stringLists[i]) }
        if let positions = table.positions { debug(positions) }
    }

    private mutating func fields(of provider: rtbl_provider) {
        read(provider.object_namespace, provider.object_name)
        for field in [
            provider.request_model, provider.response_model, provider.prompt_tokens, provider.completion_tokens, provider.total_tokens,
        ] {
            for number in 0..<Int(field.component_count) { read(table.stringLists[Int(field.first_component) + number]) }
            // As the dataplane does for the request's model.
            if Int(field.location) == RTBL_FIELD_HEADER { read(table.stringLists[Int(field.first_component)]) }
        }
    }

    private mutating func debug(_ positions: RoutingTable.Positions) {
        for i in table.apis.indices { seen += positions.file(positions.apis[i]).count }
        for i in table.rules.indices { seen += positions.file(positions.rules[i]).count }
        for i in table.pools.indices { seen += positions.file(positions.pools[i]).count }
        for i in table.targets.indices { seen += positions.file(positions.targets[i]).count }
        for i in table.backends.indices { seen += positions.file(positions.backends[i]).count }
    }

    // MARK: - Lookups

    private mutating func lookups() {
        for i in table.nodes.indices {
            let node = table.nodes[i]
            let host = table.hosts[Int(node.host)]
            let name = (host.isWildcard ? "x" : "") + table.string(host.name).text
            let path = table.string(node.path).text
            for suffix in ["", "/", "/more/and%2fmore", "x"] {
                look(up: name, path + suffix, UInt16(RTBL_METHOD_POST))
            }
            look(up: "no." + name, path, 0)
        }
        for host in ["", ".", "nowhere", "a.b.c.d"] { look(up: host, "/", UInt16(RTBL_METHOD_GET)) }
    }

    private mutating func look(up host: String, _ path: String, _ method: UInt16) {
        let raw = Array((path.isEmpty ? "/" : path).utf8), hostBytes = Array(host.utf8)
        // Both arrays and the scratch room outlive the closures, and nothing of them leaves.
        unsafe hostBytes.withUnsafeBytes { hostBuffer in
            unsafe raw.withUnsafeBytes { pathBuffer in
                unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: raw.count) { scratch in
                    guard let path = unsafe RequestPath(Bytes(pathBuffer), scratch: scratch.baseAddress!),
                        let index = unsafe table.host(Bytes(hostBuffer)),
                        let match = table.route(host: index, path: path.bytes, method: method)
                    else { return }
                    follow(match, path)
                }
            }
        }
    }

    /// From a match to what a request needs of it.
    private mutating func follow(_ match: RouteMatch, _ path: RequestPath) {
        let rule = table.rules[table.routes[match.route].ruleIndex]
        seen &+= Int(table.apis[rule.apiIndex].flags)
        var scratch = RegexScratch()
        for index in [rule.modelPoolIndex, rule.backendPoolIndex] {
            guard let index else { continue }
            let pool = table.pools[index]
            seen &+= Int(table.poolOptions[pool.optionsIndex].suspend_seconds)
            for number in 0..<table.targetCount(of: pool) {
                let target = table.targets[pool.target(number)]
                let backend = table.backends[target.backendIndex]
                read(target.model, target.model_literal)
                let upstream = UpstreamPath(match, in: table, path: path, basePath: table.string(backend.base_path), scratch: &scratch)
                // The room is as large as `write` asks for.
                unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: upstream.maxCount) { room in
                    seen &+= unsafe upstream.write(to: room.baseAddress!)
                }
            }
        }
    }

    // MARK: - Rotation

    private mutating func rotations() {
        guard let state = SharedState(pools: table.pools.count, targets: table.targets.count) else { return }
        for number in table.pools.indices {
            let index = Index<rtbl_pool>(unchecked: UInt32(number))
            let rotation = table.rotation(of: table.pools[number])
            for _ in 0...min(rotation.cycleLength, 64) { take(index, rotation, Suspended([]), state) }
            for target in 0..<min(rotation.targetCount, 8) {
                state.setCursor(index, to: UInt64(rotation.cycleLength - 1))
                for _ in 0..<4 { take(index, rotation, Suspended([target]), state) }
            }
            take(index, rotation, Suspended(Set(0..<rotation.targetCount)), state)
        }
    }

    private mutating func take(_ pool: Index<rtbl_pool>, _ rotation: RotationView, _ filter: Suspended, _ state: borrowing SharedState) {
        for number in [state.pick(pool, rotation, filter), state.pickAgain(pool, rotation, filter)] {
            guard let number else { continue }
            seen &+= Int(table.targets[table.pools[pool].target(number)].weight)
        }
    }
}

/// A filter that lets all targets through but these.
package struct Suspended: TargetFilter {
    package let targets: Set<Int>
    package init(_ targets: Set<Int>) { self.targets = targets }
    package func isUsable(_ target: Int) -> Bool { !targets.contains(target) }
}
