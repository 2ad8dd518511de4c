import Foundation
import Policies
import Testing

/// What a text is read as.
struct Reading {
    /// Each document as JSON with sorted keys, by Kubernetes' rules; null documents are left out.
    var documents: [String] = []
    var diagnostics = Diagnostics()
    var isComplete = false

    init(_ bytes: [UInt8]) {
        self.init(of: [])
        let source = SourceFile(displayName: "a.yaml", relativeName: "a.yaml", bytes: bytes)
        isComplete = read(YAMLParser(text: (try? source.text()) ?? [], file: 0)) == .complete
    }

    /// Of nothing, to be added to.
    init(of documents: [String]) { self.documents = documents }

    mutating func read(_ parser: YAMLParser) -> YAMLParser.Outcome {
        var found: [String] = []
        defer { documents += found.filter { $0 != "null" } }
        return parser.readPiece(&diagnostics) { document, _ in found.append(Self.canonical(Self.value(document.tree, 0))) }
    }

    init(_ text: String) { self.init(Array(text.utf8)) }

    var codes: [DiagnosticCode] { diagnostics.items.map(\.code) }

    /// As `code line:column`.
    var places: [String] { diagnostics.items.map { "\($0.code.name) \($0.place!.line):\($0.place!.column)" } }

    static func canonical(_ value: Any) -> String {
        guard let data = try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed]) else { return "unwritable" }
        return String(decoding: data, as: UTF8.self)
    }

    private static func value(_ tree: NodeTree, _ index: Int) -> Any {
        switch tree.nodes[tree.resolved(index)].kind {
        case .mapping:
            var object: [String: Any] = [:]
            for (key, value) in tree.entries(index) { object[canonicalKey(tree, key)] = Self.value(tree, value) }
            return object
        case .sequence: return tree.elements(index).map { value(tree, $0) }
        case .scalar, .alias: return scalar(tree, index)
        }
    }

    private static func scalar(_ tree: NodeTree, _ index: Int) -> Any {
        let bytes = tree.bytes(index)
        switch ScalarType(tree.nodes[tree.resolved(index)], text: bytes) {
        case .null: return NSNull()
        case .boolean: return ScalarType.boolean(bytes) == true
        case .integer: return ScalarType.integer(bytes) ?? 0
        case .float: return Double(String(decoding: bytes.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)) ?? 0
        case .string: return tree.string(index)
        }
    }

    private static func canonicalKey(_ tree: NodeTree, _ index: Int) -> String {
        guard tree.nodes[tree.resolved(index)].kind == .scalar else { return "complex" }
        let value = scalar(tree, index)
        return value as? String ?? canonical(value)
    }
}
