/// Reads members of an object by their schema. A member that is absent, null, or of another type (the check has
/// reported that) reads as nil.
struct ObjectReader {
    let document: Document
    let file: UInt32
    let index: Int

    var tree: NodeTree { document.tree }

    private func entry(_ field: Field) -> (key: Int, value: Int)? {
        guard let entry = tree.entry(index, key: field.nameBytes, hash: field.hash) else { return nil }
        let node = tree.nodes[tree.resolved(entry.value)]
        let isNull = node.kind == .scalar && ScalarType.isNull(node, text: tree.bytes(entry.value))
        return isNull ? nil : entry
    }

    /// Of the object itself.
    var place: Place { tree.place(index, file: file) }

    /// The node of the member's key.
    func key(_ field: Field) -> Int? { entry(field)?.key }

    /// Of the member's key.
    func keyPlace(_ field: Field) -> Place? { entry(field).map { tree.place($0.key, file: file) } }

    func string(_ field: Field) -> Located<String>? { entry(field).flatMap { string(at: $0.value) } }

    func integer(_ field: Field) -> Located<Int>? {
        guard let value = entry(field)?.value, scalarType(value) == .integer, let number = ScalarType.integer(tree.bytes(value)) else { return nil }
        return Located(number, tree.place(value, file: file))
    }

    func boolean(_ field: Field) -> Located<Bool>? {
        guard let value = entry(field)?.value, scalarType(value) == .boolean, let flag = ScalarType.boolean(tree.bytes(value)) else { return nil }
        return Located(flag, tree.place(value, file: file))
    }

    func object(_ field: Field) -> ObjectReader? {
        entry(field).flatMap { object(at: $0.value) }
    }

    /// The elements that are objects.
    func objects(_ field: Field) -> [ObjectReader]? {
        list(field)?.compactMap { object(at: $0) }
    }

    /// The elements that are strings.
    func strings(_ field: Field) -> [Located<String>]? {
        list(field)?.compactMap { string(at: $0) }
    }

    /// The elements that are whole numbers.
    func integers(_ field: Field) -> [Int]? {
        list(field)?.compactMap { scalarType($0) == .integer ? ScalarType.integer(tree.bytes($0)) : nil }
    }

    /// Keys and scalar values of a map of strings.
    func pairs(_ field: Field) -> [(key: Located<String>, value: Located<String>)] {
        guard let map = object(field) else { return [] }
        return tree.entries(map.index).compactMap { key, value in
            guard tree.nodes[tree.resolved(value)].kind == .scalar else { return nil }
            return (Located(tree.string(key), tree.place(key, file: file)), Located(tree.string(value), tree.place(value, file: file)))
        }
    }

    /// The member is there and, if it is a list or an object, not empty.
    func has(_ field: Field) -> Bool {
        guard let value = entry(field)?.value else { return false }
        let node = tree.nodes[tree.resolved(value)]
        return node.kind == .scalar || Int(node.end) > tree.resolved(value) + 1
    }

    private func list(_ field: Field) -> [Int]? {
        guard let value = entry(field)?.value, tree.nodes[tree.resolved(value)].kind == .sequence else { return nil }
        return Array(tree.elements(value))
    }

    private func scalarType(_ value: Int) -> ScalarType? {
        let node = tree.nodes[tree.resolved(value)]
        return node.kind == .scalar ? ScalarType(node, text: tree.bytes(value)) : nil
    }

    private func string(at value: Int) -> Located<String>? {
        guard scalarType(value) == .string else { return nil }
        return Located(document.string(value), tree.place(value, file: file))
    }

    private func object(at value: Int) -> ObjectReader? {
        let index = tree.resolved(value)
        return tree.nodes[index].kind == .mapping ? ObjectReader(document: document, file: file, index: index) : nil
    }
}
