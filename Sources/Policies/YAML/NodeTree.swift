/// A document that has been read whole.
///
/// A class with a constant, so that the views that decode a document share it for the price of one reference, and
/// reading it needs no check for exclusive access.
package final class Document {
    package let tree: NodeTree
    let strings: StringCache
    init(_ tree: NodeTree, strings: StringCache) { (self.tree, self.strings) = (tree, strings) }

    /// A scalar's text, in shared storage.
    func string(_ index: Int) -> String { strings.string(tree.bytes(index), hash: tree.nodes[tree.resolved(index)].hash) }
}

/// The nodes of one document; index 0 is the root.
package struct NodeTree {
    package internal(set) var nodes: [Node] = []
    /// The text of all scalars, one behind the other, UTF-8.
    package internal(set) var text: [UInt8] = []

    init() {}

    /// Keeps the storage for the next document.
    mutating func removeAll() {
        nodes.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
    }

    package var isEmpty: Bool { nodes.isEmpty }

    /// Each node where it was written first.
    mutating func relocate(to origins: Origins) {
        for index in nodes.indices {
            guard let place = origins.place(line: nodes[index].line, column: nodes[index].column) else { continue }
            (nodes[index].line, nodes[index].column, nodes[index].extent) = (place.line, place.column, place.length)
        }
    }

    /// FNV-1a: compares keys with the names in a schema without making strings of them.
    package static func hash(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var h: UInt32 = 0x811c_9dc5
        for byte in bytes { h = (h ^ UInt32(byte)) &* 0x0100_0193 }
        return h
    }

    /// The node itself, or what the alias stands for.
    package func resolved(_ index: Int) -> Int {
        nodes[index].kind == .alias ? Int(nodes[index].textStart) : index
    }

    /// A scalar's text.
    package func bytes(_ index: Int) -> ArraySlice<UInt8> {
        let node = nodes[resolved(index)]
        return text[Int(node.textStart)..<Int(node.textStart + node.textCount)]
    }

    package func string(_ index: Int) -> String { String(decoding: bytes(index), as: UTF8.self) }

    /// Whether a scalar's text is this. A loop of its own, because it runs for every key that is read.
    func text(_ index: Int, equals other: ArraySlice<UInt8>, hash: UInt32) -> Bool {
        guard nodes[index].hash == hash, Int(nodes[index].textCount) == other.count else { return false }
        var at = Int(nodes[index].textStart)
        for byte in other {
            if text[at] != byte { return false }
            at += 1
        }
        return true
    }

    /// The entry of a mapping whose key is this.
    func entry(_ mapping: Int, key name: ArraySlice<UInt8>, hash: UInt32) -> (key: Int, value: Int)? {
        let end = Int(nodes[mapping].end)
        var key = mapping + 1
        while key < end {
            let value = Int(nodes[key].end)
            if !nodes[key].isMerged, text(resolved(key), equals: name, hash: hash) { return (key, value) }
            key = Int(nodes[value].end)
        }
        return nil
    }

    package func place(_ index: Int, file: UInt32) -> Place {
        let node = nodes[index]
        return Place(file: file, line: node.line, column: node.column, length: node.extent)
    }

    /// The indices of a sequence's elements.
    package func elements(_ index: Int) -> ElementIndices {
        let parent = resolved(index)
        return ElementIndices(tree: self, position: parent + 1, end: Int(nodes[parent].end))
    }

    /// The indices of keys and values of a mapping, merged ones last.
    package func entries(_ index: Int) -> EntryIndices {
        let parent = resolved(index)
        return EntryIndices(tree: self, position: parent + 1, end: Int(nodes[parent].end))
    }

    package struct ElementIndices: Sequence, IteratorProtocol {
        let tree: NodeTree
        var position: Int
        let end: Int

        package mutating func next() -> Int? {
            guard position < end else { return nil }
            defer { position = Int(tree.nodes[position].end) }
            return position
        }
    }

    package struct EntryIndices: Sequence, IteratorProtocol {
        let tree: NodeTree
        var position: Int
        let end: Int

        package mutating func next() -> (key: Int, value: Int)? {
            while position < end {
                let key = position
                let value = Int(tree.nodes[key].end)
                position = Int(tree.nodes[value].end)
                if !tree.nodes[key].isMerged { return (key, value) }
            }
            return nil
        }
    }
}
