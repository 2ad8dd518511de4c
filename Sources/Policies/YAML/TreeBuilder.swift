/// Puts parser events into a `NodeTree`, counting depth and what aliases stand for as they come.
struct TreeBuilder {
    /// A fault that leaves the rest of the document unread.
    struct Refusal: Error {
        let code: DiagnosticCode
        let message: String
        let place: Place
        let help: String?
    }

    private struct Open {
        let index: Int
        let anchor: Int?
        let aliasedNodesBefore: Int
        let aliasedTextBefore: Int
        let textBefore: Int
    }

    private struct Anchor {
        let index: Int
        /// nil: still open, an alias to it would contain itself.
        var size: (nodes: Int, text: Int)?
    }

    private(set) var tree = NodeTree()
    let file: UInt32
    private var stack: [Open] = []
    private var anchors: [Anchor] = []
    private var anchorNames: [String: Int] = [:]
    private var aliasedNodes = 0
    private var aliasedText = 0
    /// Of the mapping that was closed last.
    private var keys: [Int] = []

    init(file: UInt32) { self.file = file }

    mutating func startDocument() {
        tree.removeAll()
        stack.removeAll(keepingCapacity: true)
        anchors.removeAll(keepingCapacity: true)
        anchorNames.removeAll(keepingCapacity: true)
        (aliasedNodes, aliasedText) = (0, 0)
    }

    mutating func scalar(_ node: Node, text: UnsafeRawBufferPointer, anchor: String?) throws(Refusal) {
        var node = node
        let place = Place(file: file, line: node.line, column: node.column, length: node.extent)
        guard tree.text.count + text.count < Limits.textPerDocument else { throw tooLarge(place) }
        node.textStart = UInt32(tree.text.count)
        node.textCount = UInt32(text.count)
        // Keys are compared by hash first; a long text is never a key that anybody asks for.
        unsafe tree.text.append(contentsOf: text)
        node.hash = unsafe NodeTree.hash(text.prefix(Limits.objectName))
        node.end = UInt32(tree.nodes.count + 1)
        try append(node, at: place)
        if let anchor { define(anchor, index: tree.nodes.count - 1, size: (1, text.count)) }
    }

    mutating func start(_ node: Node, anchor: String?) throws(Refusal) {
        let place = Place(file: file, line: node.line, column: node.column, length: node.extent)
        guard stack.count < Limits.depth else {
            throw Refusal(code: .depth, message: "nested deeper than \(Limits.depth) levels", place: place, help: nil)
        }
        try append(node, at: place)
        let index = tree.nodes.count - 1
        var id: Int?
        if let anchor { id = define(anchor, index: index, size: nil) }
        stack.append(Open(index: index, anchor: id, aliasedNodesBefore: aliasedNodes, aliasedTextBefore: aliasedText, textBefore: tree.text.count))
    }

    mutating func alias(_ node: Node, to name: String) throws(Refusal) {
        var node = node
        let place = Place(file: file, line: node.line, column: node.column, length: node.extent)
        guard let id = anchorNames[name] else {
            throw Refusal(code: .unknownAlias, message: "alias *\(Text.quotable(name)) has no anchor before it in this document", place: place, help: nil)
        }
        guard let size = anchors[id].size else {
            throw Refusal(code: .recursiveAlias, message: "alias *\(Text.quotable(name)) stands inside what it stands for", place: place, help: nil)
        }
        let target = tree.nodes[anchors[id].index]
        guard stack.count + Int(target.height) <= Limits.depth else {
            throw Refusal(code: .depth, message: "nested deeper than \(Limits.depth) levels, aliases followed", place: place, help: nil)
        }
        aliasedNodes += size.nodes
        aliasedText += size.text
        guard aliasedNodes <= Limits.aliasedNodes, aliasedText <= Limits.aliasedText else {
            throw Refusal(code: .aliasExpansion, message: "the aliases of this document stand for more than \(Limits.aliasedNodes) nodes or \(Limits.aliasedText >> 20) MiB of text",
                          place: place, help: nil)
        }
        node.textStart = UInt32(anchors[id].index)
        node.height = target.height
        node.end = UInt32(tree.nodes.count + 1)
        try append(node, at: place)
    }

    /// Closes the innermost mapping or sequence.
    mutating func end(_ diagnostics: inout Diagnostics) {
        let open = stack.removeLast()
        if tree.nodes[open.index].kind == .mapping { MappingRules.apply(to: open.index, in: &tree, keys: &keys, file: file, &diagnostics) }
        tree.nodes[open.index].end = UInt32(tree.nodes.count)
        if let anchor = open.anchor {
            anchors[anchor].size = (
                tree.nodes.count - open.index + aliasedNodes - open.aliasedNodesBefore,
                tree.text.count - open.textBefore + aliasedText - open.aliasedTextBefore
            )
        }
        raiseParent(above: open.index)
    }

    private mutating func append(_ node: Node, at place: Place) throws(Refusal) {
        guard tree.nodes.count < Limits.nodesPerDocument else { throw tooLarge(place) }
        tree.nodes.append(node)
        if node.kind == .scalar || node.kind == .alias { raiseParent(above: tree.nodes.count - 1) }
    }

    private mutating func raiseParent(above index: Int) {
        guard let parent = stack.last?.index else { return }
        tree.nodes[parent].height = max(tree.nodes[parent].height, tree.nodes[index].height + 1)
    }

    @discardableResult
    private mutating func define(_ name: String, index: Int, size: (Int, Int)?) -> Int {
        anchors.append(Anchor(index: index, size: size.map { (nodes: $0.0, text: $0.1) }))
        anchorNames[name] = anchors.count - 1
        return anchors.count - 1
    }

    private func tooLarge(_ place: Place) -> Refusal {
        Refusal(code: .tooLarge, message: "one document holds at most \(Limits.nodesPerDocument) nodes and \(Limits.textPerDocument >> 20) MiB of text", place: place, help: nil)
    }
}
