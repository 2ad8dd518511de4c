import Policies

/// A value of an apk-conf with its place.
struct ConfNode {
    struct Entry {
        let key: String
        let place: Place
        let value: ConfNode
    }

    indirect enum Value {
        case scalar(String)
        case list([ConfNode])
        case map([Entry])
    }

    let place: Place
    let value: Value
    /// In quotes: neither a number nor a boolean, whatever it looks like.
    let isString: Bool

    /// The parser has bounded nesting and what aliases stand for.
    init(_ tree: NodeTree, _ index: Int, file: UInt32) {
        let resolved = tree.resolved(index)
        place = tree.place(index, file: file)
        isString = tree.nodes[resolved].kind == .scalar && tree.nodes[resolved].style != .plain
        value = switch tree.nodes[resolved].kind {
        case .mapping: .map(tree.entries(resolved).map { key, value in
            Entry(key: tree.string(key), place: tree.place(key, file: file), value: ConfNode(tree, value, file: file))
        })
        case .sequence: .list(tree.elements(resolved).map { ConfNode(tree, $0, file: file) })
        case .scalar, .alias: .scalar(tree.string(resolved))
        }
    }

    subscript(_ key: String) -> ConfNode? {
        guard case .map(let entries) = value else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// Text of a scalar; nil: it is none, or empty.
    var text: String? {
        guard case .scalar(let text) = value, !text.isEmpty, text != "~", text != "null" else { return nil }
        return text
    }

    var isMap: Bool { if case .map = value { true } else { false } }

    var items: [ConfNode] {
        guard case .list(let items) = value else { return [] }
        return items
    }

    var flag: Bool? { text.flatMap { ["true": true, "false": false][$0.lowercased()] } }

    /// The same as custom resources write it.
    var yaml: YAMLText {
        let text: YAMLText =
            switch value {
            case .scalar(let text): isString ? .string(text) : Int(text).map { YAMLText.number($0) } ?? flag.map { YAMLText.flag($0) } ?? .string(text)
            case .list(let items): .list(items.map(\.yaml))
            case .map(let entries): .map(entries.map { ($0.key, $0.value.yaml) })
            }
        return .placed(place, text)
    }

    /// A member's text; nil if it is none.
    func string(_ key: String) -> YAMLText? {
        self[key].flatMap { node in node.text.map { .placed(node.place, .string($0)) } }
    }

    /// The whole number that it is.
    var number: Int? { isString ? nil : text.flatMap { Int($0) } }
}
