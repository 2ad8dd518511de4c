/// What holds for every mapping once it is complete: scalar keys, no key twice, `<<` merged in.
enum MappingRules {
    /// Above this many keys they are sorted instead of compared in pairs.
    private static let pairwiseKeys = 16

    /// - Parameter keys: room for the mapping's keys, so that not every mapping asks for its own.
    static func apply(to mapping: Int, in tree: inout NodeTree, keys: inout [Int], file: UInt32, _ diagnostics: inout Diagnostics) {
        keys.removeAll(keepingCapacity: true)
        var merges: [(key: Int, value: Int)] = []
        var key = mapping + 1
        while key < tree.nodes.count {
            let value = Int(tree.nodes[key].end)
            defer { key = Int(tree.nodes[value].end) }
            guard tree.nodes[tree.resolved(key)].kind == .scalar else {
                diagnostics.report(.keyNotString, "a key must be a string, not a \(tree.nodes[tree.resolved(key)].kind)", at: tree.place(key, file: file))
                continue
            }
            if isMerge(key, tree) { merges.append((key, value)) } else { keys.append(key) }
        }
        refuseDuplicates(keys, in: tree, file: file, &diagnostics)
        for (key, value) in merges {
            merge(value, into: &keys, in: &tree, file: file, &diagnostics)
            tree.nodes[key].isMerged = true
        }
    }

    private static func isMerge(_ key: Int, _ tree: NodeTree) -> Bool {
        let node = tree.nodes[key]
        return node.kind == .scalar && node.textCount == 2 && node.style == .plain && node.tag == .none
            && tree.bytes(key).allSatisfy { $0 == UInt8(ascii: "<") }
    }

    // MARK: duplicates

    /// The key as the JSON that Kubernetes makes of it: `1` and `"1"` are one key, so are `yes` and `on`.
    private static func identity(_ key: Int, _ tree: NodeTree) -> String {
        let node = tree.nodes[tree.resolved(key)]
        let bytes = tree.bytes(key)
        switch ScalarType(node, text: bytes) {
        case .boolean: return ScalarType.boolean(bytes) == true ? "true" : "false"
        case .integer: return ScalarType.integer(bytes).map(String.init) ?? tree.string(key)
        case .null: return "null"
        case .string, .float: return tree.string(key)
        }
    }

    private static func mayBeTyped(_ key: Int, _ tree: NodeTree) -> Bool {
        ScalarType(tree.nodes[tree.resolved(key)], text: tree.bytes(key)) != .string
    }

    private static func refuseDuplicates(_ keys: [Int], in tree: NodeTree, file: UInt32, _ diagnostics: inout Diagnostics) {
        if keys.count <= pairwiseKeys, !keys.contains(where: { mayBeTyped($0, tree) }) {
            for (i, key) in keys.enumerated() {
                let hash = tree.nodes[tree.resolved(key)].hash
                if let first = keys[..<i].first(where: { tree.text(tree.resolved($0), equals: tree.bytes(key), hash: hash) }) {
                    refuse(key, first, in: tree, file: file, &diagnostics)
                }
            }
            return
        }
        var seen: [String: Int] = [:]
        for key in keys {
            let identity = identity(key, tree)
            if let first = seen[identity] { refuse(key, first, in: tree, file: file, &diagnostics) } else { seen[identity] = key }
        }
    }

    private static func refuse(_ key: Int, _ first: Int, in tree: NodeTree, file: UInt32, _ diagnostics: inout Diagnostics) {
        let earlier = tree.place(first, file: file)
        diagnostics.report(.duplicateKey, "key \(Text.quoted(tree.string(key))) is already set at line \(earlier.line), column \(earlier.column)",
                           at: tree.place(key, file: file), help: "remove one of the two")
    }

    // MARK: merge

    /// Adds the entries of a mapping, or of each mapping in a list, whose keys are not there yet.
    private static func merge(_ value: Int, into keys: inout [Int], in tree: inout NodeTree, file: UInt32, _ diagnostics: inout Diagnostics) {
        let target = tree.resolved(value)
        switch tree.nodes[target].kind {
        case .mapping: mergeMapping(target, into: &keys, in: &tree)
        case .sequence:
            for element in Array(tree.elements(target)) {
                if tree.nodes[tree.resolved(element)].kind == .mapping {
                    mergeMapping(tree.resolved(element), into: &keys, in: &tree)
                } else {
                    diagnostics.report(.mergeKey, "<< takes a mapping or a list of mappings", at: tree.place(element, file: file))
                }
            }
        case .scalar, .alias:
            diagnostics.report(.mergeKey, "<< takes a mapping or a list of mappings", at: tree.place(value, file: file))
        }
    }

    private static func mergeMapping(_ source: Int, into keys: inout [Int], in tree: inout NodeTree) {
        var present = Set(keys.map { identity($0, tree) })
        let entries = Array(tree.entries(source))
        for (key, value) in entries where tree.nodes[tree.resolved(key)].kind == .scalar {
            guard present.insert(identity(key, tree)).inserted else { continue }
            var copy = tree.nodes[tree.resolved(key)]
            copy.end = UInt32(tree.nodes.count + 1)
            keys.append(tree.nodes.count)
            tree.nodes.append(copy)
            var alias = tree.nodes[value]
            (alias.kind, alias.textStart) = (.alias, UInt32(tree.resolved(value)))
            alias.end = UInt32(tree.nodes.count + 1)
            tree.nodes.append(alias)
        }
    }
}
