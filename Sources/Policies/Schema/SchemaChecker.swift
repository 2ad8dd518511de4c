/// Holds a document against its kind's schema and reports what does not fit; decoding is then a matter of reading.
struct SchemaChecker {
    let document: Document
    let file: UInt32
    let object: ObjectID
    let version: String
    /// From the document's root to the value that is looked at.
    private var path: [PathComponent] = []

    /// Nothing that must be retained: the path is kept for every value, and written out for few. A `key` is a node.
    private enum PathComponent { case key(Int), member(StaticString), element(Int) }

    init(document: Document, file: UInt32, object: ObjectID, version: String) {
        (self.document, self.file, self.object, self.version) = (document, file, object, version)
    }

    /// - Parameter alsoKnown: members that are allowed and checked elsewhere.
    mutating func check(_ mapping: Int, _ schema: ObjectSchema, owner: Place, alsoKnown: [String] = [], _ diagnostics: inout Diagnostics) {
        var seen: UInt64 = 0
        var meant: Set<String> = []
        for (key, value) in tree.entries(mapping) {
            guard let index = schema.index(ofKey: tree.resolved(key), in: tree) else {
                let name = tree.string(key)
                if !alsoKnown.contains(name), let near = unknownField(name, at: key, schema, alsoKnown, &diagnostics) { meant.insert(near) }
                continue
            }
            let field = schema.fields[index]
            guard !isNull(value) else { continue }
            seen |= 1 << index
            path.append(.key(key))
            checkVersion(field, key, schema, &diagnostics)
            if checkSupport(field, key, value, &diagnostics) { check(value, field.value, owner: tree.place(key, file: file), &diagnostics) }
            path.removeLast()
        }
        for (index, field) in schema.fields.enumerated() where field.presence == .required && seen & (1 << index) == 0 {
            // One mistake, one diagnostic: a misspelled field is not missing as well.
            guard field.versions.isEmpty || field.versions.contains(version), !meant.contains(field.name) else { continue }
            diagnostics.report(.missingField, "\(subject): \(prefix)\(Text.quoted(field.name)) is missing", at: owner, help: field.summary)
        }
    }

    private func checkVersion(_ field: Field, _ key: Int, _ schema: ObjectSchema, _ diagnostics: inout Diagnostics) {
        guard !field.versions.isEmpty, !field.versions.contains(version) else { return }
        let other = schema.fields.first { $0.summary == field.summary && $0.versions.contains(version) }
        diagnostics.report(.fieldVersion, "\(subject): \(location) is a field of \(Text.alternatives(field.versions)), not of \(version)",
                           at: tree.place(key, file: file), help: other.map { "in \(version) it is \(Text.quoted($0.name))" })
    }

    /// - Returns: whether the value is worth a look.
    private func checkSupport(_ field: Field, _ key: Int, _ value: Int, _ diagnostics: inout Diagnostics) -> Bool {
        switch field.support {
        case .served, .covered, .informative: return true
        case .notServed(let code):
            if !isEmptyCollection(value) {
                diagnostics.report(code, "\(subject): \(location): \(code.title)", at: tree.place(key, file: file), help: code.remedy)
            }
            return true
        case .ignored(let reason):
            if !isEmptyCollection(value) {
                diagnostics.report(.ignoredField, "\(subject): \(location) has no effect: \(reason)", at: tree.place(key, file: file))
            }
            return true
        }
    }

    private mutating func check(_ value: Int, _ schema: ValueSchema, owner: Place, _ diagnostics: inout Diagnostics) {
        let node = tree.nodes[tree.resolved(value)]
        switch schema {
        case .anything: break
        case .object(let schema):
            guard node.kind == .mapping else { return wrongType(value, "an object", &diagnostics) }
            check(value, schema, owner: owner, &diagnostics)
        case .list(let element, let count):
            guard node.kind == .sequence else { return wrongType(value, "a list", &diagnostics) }
            checkList(value, element, count, owner, &diagnostics)
        case .stringMap:
            guard node.kind == .mapping else { return wrongType(value, "an object of strings", &diagnostics) }
            checkStringMap(value, &diagnostics)
        case .string, .enumeration, .integer, .boolean:
            guard node.kind == .scalar else { return wrongType(value, Self.name(schema), &diagnostics) }
            checkScalar(value, node, schema, &diagnostics)
        }
    }

    private mutating func checkList(_ value: Int, _ element: ValueSchema, _ count: ClosedRange<Int>, _ owner: Place, _ diagnostics: inout Diagnostics) {
        var index = 0
        for child in tree.elements(value) {
            path.append(.element(index))
            if isNull(child) { wrongType(child, Self.name(element), &diagnostics) } else {
                check(child, element, owner: tree.place(child, file: file), &diagnostics)
            }
            path.removeLast()
            index += 1
        }
        if !count.contains(index) {
            let wanted = index < count.lowerBound ? "at least \(count.lowerBound)" : "at most \(count.upperBound)"
            diagnostics.report(index == 0 ? .emptyValue : .outOfRange, "\(subject): \(location) has \(index) elements, it takes \(wanted)", at: owner)
        }
    }

    private mutating func checkStringMap(_ value: Int, _ diagnostics: inout Diagnostics) {
        for (key, child) in tree.entries(value) {
            path.append(.key(key))
            if isTyped(key) {
                diagnostics.report(.keyNotString, "\(subject): Kubernetes reads the key \(Text.quotable(tree.string(key))) as \(Self.article(type(key))), not as a string",
                                   at: tree.place(key, file: file), help: "write \(Text.quoted(tree.string(key)))")
            }
            if !isNull(child) { check(child, .string(), owner: tree.place(key, file: file), &diagnostics) }
            path.removeLast()
        }
    }

    private func checkScalar(_ value: Int, _ node: Node, _ schema: ValueSchema, _ diagnostics: inout Diagnostics) {
        let bytes = tree.bytes(value)
        let place = tree.place(value, file: file)
        switch (schema, ScalarType(node, text: bytes)) {
        case (.string(let length, let pattern), .string):
            // Every byte that does not continue a character begins one.
            let count = bytes.count(where: { $0 & 0xC0 != 0x80 })
            if !length.contains(count) {
                diagnostics.report(bytes.isEmpty ? .emptyValue : .outOfRange, "\(subject): \(location) "
                    + (bytes.isEmpty ? "is empty" : "has \(count) characters, it takes \(length.lowerBound) to \(length.upperBound)"), at: place)
            } else if let pattern, !pattern.matches(bytes) {
                diagnostics.report(.malformed, "\(subject): \(location) \(Text.quoted(tree.string(value))) is not of the form that it takes",
                                   at: place, help: "it takes \(pattern.description)")
            }
        case (.enumeration(let allowed), .string):
            let text = tree.string(value)
            guard !allowed.contains(text) else { return }
            let near = NearName.of(text, in: allowed)
            diagnostics.report(.notInEnumeration, "\(subject): \(location) \(Text.quoted(text)) is not one of \(allowed.joined(separator: ", "))",
                               at: place, help: near.map { "did you mean \($0)?" })
        case (.integer(let range), .integer):
            guard let number = ScalarType.integer(bytes), !range.contains(number) else { return }
            diagnostics.report(.outOfRange, "\(subject): \(location) is \(number), it takes " + (range.upperBound >= Limits.weight
                ? "\(range.lowerBound) or more, up to \(range.upperBound)" : "\(range.lowerBound) to \(range.upperBound)"), at: place)
        case (.boolean, .boolean): break
        case (.string, let type), (.enumeration, let type):
            let text = tree.string(value)
            diagnostics.report(.wrongType, "\(subject): \(location) takes a string; \(Text.quotable(text)) is \(Self.article(type))",
                               at: place, help: "write \(Text.quoted(text))")
        default: wrongType(value, Self.name(schema), &diagnostics)
        }
    }

    /// Annotations and labels are strings, whatever else metadata holds.
    mutating func checkMetadata(_ metadata: ObjectReader, _ maps: [Field], _ diagnostics: inout Diagnostics) {
        for field in maps {
            guard let map = metadata.object(field) else { continue }
            guard let key = metadata.key(field) else { continue }
            path = [.member("metadata"), .key(key)]
            checkStringMap(map.index, &diagnostics)
        }
        path = []
    }

    // MARK: helpers

    private var tree: NodeTree { document.tree }

    private func isNull(_ value: Int) -> Bool {
        let node = tree.nodes[tree.resolved(value)]
        return node.kind == .scalar && ScalarType.isNull(node, text: tree.bytes(value))
    }

    private func isEmptyCollection(_ value: Int) -> Bool {
        let index = tree.resolved(value)
        return tree.nodes[index].kind != .scalar && Int(tree.nodes[index].end) == index + 1
    }

    private func type(_ value: Int) -> ScalarType { ScalarType(tree.nodes[tree.resolved(value)], text: tree.bytes(value)) }
    private func isTyped(_ key: Int) -> Bool { type(key) != .string }

    private func wrongType(_ value: Int, _ wanted: String, _ diagnostics: inout Diagnostics) {
        let node = tree.nodes[tree.resolved(value)]
        let found = switch node.kind {
        case .mapping: "an object"
        case .sequence: "a list"
        case .scalar, .alias: Self.article(type(value))
        }
        diagnostics.report(.wrongType, "\(subject): \(location) takes \(wanted), this is \(found)", at: tree.place(value, file: file))
    }

    private static func article(_ type: ScalarType) -> String {
        switch type {
        case .string: "a string"
        case .integer: "a whole number"
        case .float: "a number"
        case .boolean: "a boolean to YAML"
        case .null: "null"
        }
    }

    private static func name(_ schema: ValueSchema) -> String {
        switch schema {
        case .string, .enumeration: "a string"
        case .integer: "a whole number"
        case .boolean: "true or false"
        case .object, .stringMap, .anything: "an object"
        case .list: "a list"
        }
    }

    /// - Returns: the field that was probably meant.
    private func unknownField(_ name: String, at key: Int, _ schema: ObjectSchema, _ others: [String], _ diagnostics: inout Diagnostics) -> String? {
        let known = schema.fields.filter { $0.versions.isEmpty || $0.versions.contains(version) }.map(\.name) + others
        let near = NearName.of(name, in: known)
        diagnostics.report(.unknownField, "\(subject): \(prefix)unknown field \(Text.quoted(name))", at: tree.place(key, file: file),
                           help: near.map { "did you mean \(Text.quoted($0))?" } ?? "known fields are \(known.joined(separator: ", "))")
        return near
    }

    private var subject: String { object.description }

    private var location: String {
        var out = ""
        for component in path {
            switch component {
            case .key(let key): out += (out.isEmpty ? "" : ".") + Text.quotable(tree.string(key))
            case .member(let name): out += name.description
            case .element(let index): out += "[\(index)]"
            }
        }
        return out
    }

    private var prefix: String { path.isEmpty ? "" : location + ": " }
}
