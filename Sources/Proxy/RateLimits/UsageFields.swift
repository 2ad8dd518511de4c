import CTable
import RoutingTable

/// Where an AIProvider has the token counts in an answer (rateLimitFields): prompt, completion and total, in this order.
@safe
package struct UsageFields: ~Copyable {
    // Safe: allocated and initialized in init, freed in deinit. Behind a pointer, since Swift 6.3 lends a record of many words
    // by copying it, for every answer, and of this an address.
    private let storage: UnsafeMutablePointer<Content>

    private var content: Content {
        unsafeAddress { unsafe UnsafePointer(storage) }
    }

    private struct Content: ~Copyable {
        let prompt: Place
        let completion: Place
        let total: Place
        let commonKey: Bytes?
        let names: InlineArray<3, Bytes>?

        init(prompt: consuming Place, completion: consuming Place, total: consuming Place) {
            (commonKey, names) = UsageFields.shortcuts(prompt, completion, total)
            self.prompt = prompt
            self.completion = completion
            self.total = total
        }
    }

    /// The key of the root in which all counts stand, as it is written in JSON; nil: there is no one such key, or it may be
    /// written in more than one way.
    var commonKey: Bytes? { content.commonKey }
    /// The keys in its object under which the counts stand; nil: some count stands deeper, two under
    /// one key, or a key may be written in more than one way.
    var names: InlineArray<3, Bytes>? { content.names }
    var hasHeaders: Bool { !(header(0).isEmpty && header(1).isEmpty && header(2).isEmpty) }

    /// A path in the body, or a header.
    private struct Place: ~Copyable {
        let path: MemberPath
        /// In lower case; empty where the body has the count.
        let header: Bytes

        /// An object under this key of the root has the count.
        func begins(with key: RawSpan) -> Bool {
            guard header.isEmpty, path.count > 1, path.name(0).byteCount == key.byteCount else { return false }
            for i in 0..<key.byteCount where path.name(0)[i] != key[i] { return false }
            return true
        }

        init(_ components: [Bytes], isHeader: Bool = false) {
            // a validated table has one to eight components of at most 65,535 bytes of UTF-8
            path = try! MemberPath(components.map(\.copied))
            header = isHeader ? components[0] : .empty
        }

        init(_ field: rtbl_field, in table: RoutingTable, otherwise usual: StaticString) {
            let given = (0..<Int(field.component_count)).map { table.string(table.stringLists[Int(field.first_component) + $0]) }
            if given.isEmpty { self.init([Bytes("usage"), Bytes(usual)]) } else { self.init(given, isHeader: Int(field.location) == RTBL_FIELD_HEADER) }
        }
    }

    package init(_ provider: rtbl_provider, in table: RoutingTable) {
        self.init(Content(
            prompt: Place(provider.prompt_tokens, in: table, otherwise: "prompt_tokens"),
            completion: Place(provider.completion_tokens, in: table, otherwise: "completion_tokens"),
            total: Place(provider.total_tokens, in: table, otherwise: "total_tokens")))
    }

    /// Paths in the body; those of OpenAI's API, unless others are given.
    package init(
        prompt: [StaticString] = ["usage", "prompt_tokens"], completion: [StaticString] = ["usage", "completion_tokens"],
        total: [StaticString] = ["usage", "total_tokens"]
    ) {
        self.init(Content(
            prompt: Place(prompt.map { Bytes($0) }), completion: Place(completion.map { Bytes($0) }), total: Place(total.map { Bytes($0) })))
    }

    private init(_ content: consuming Content) {
        unsafe storage = .allocate(capacity: 1)
        unsafe storage.initialize(to: content)
    }

    deinit {
        unsafe storage.deinitialize(count: 1)
        unsafe storage.deallocate()
    }

    /// The components of a field's path in the body; 0: a header has it.
    func componentCount(_ field: Int) -> Int {
        switch field {
        case 0: content.prompt.header.isEmpty ? content.prompt.path.count : 0
        case 1: content.completion.header.isEmpty ? content.completion.path.count : 0
        default: content.total.header.isEmpty ? content.total.path.count : 0
        }
    }

    /// The header that has a field; empty: the body does.
    func header(_ field: Int) -> Bytes {
        switch field {
        case 0: content.prompt.header
        case 1: content.completion.header
        default: content.total.header
        }
    }

    /// They stand in the paths' own memory, which lives as long as this value.
    private static func shortcuts(_ prompt: borrowing Place, _ completion: borrowing Place, _ total: borrowing Place) -> (Bytes?, InlineArray<3, Bytes>?) {
        guard canSkim(prompt, completion, total) else { return (nil, nil) }
        let key = name(0, of: prompt)
        guard prompt.path.count == 2, completion.path.count == 2, total.path.count == 2 else { return (key, nil) }
        let names: InlineArray<3, Bytes> = [name(1, of: prompt), name(1, of: completion), name(1, of: total)]
        let areDistinct = !(names[0] == names[1] || names[0] == names[2] || names[1] == names[2])
        return (key, areDistinct && (0..<3).allSatisfy { isWrittenAsItIs(names[$0].span) } ? names : nil)
    }

    private static func name(_ component: Int, of place: borrowing Place) -> Bytes {
        unsafe place.path.name(component).withUnsafeBytes { unsafe Bytes($0) }
    }

    /// Whether a key has nothing that JSON must escape.
    private static func isWrittenAsItIs(_ key: RawSpan) -> Bool {
        for i in 0..<key.byteCount where key[i] < 0x20 || key[i] == ASCII.quote || key[i] == ASCII.backslash { return false }
        return true
    }

    private static func canSkim(_ places: borrowing Place, _ second: borrowing Place, _ third: borrowing Place) -> Bool {
        let key = places.path.name(0)
        return key.byteCount > 0 && isWrittenAsItIs(key) && places.begins(with: key) && second.begins(with: key) && third.begins(with: key)
    }

    /// Whether byte `position` of a component is `byte`.
    func agrees(_ field: Int, component: Int, at position: Int, _ byte: UInt8) -> Bool {
        switch field {
        case 0: Self.agrees(content.prompt.path, component, position, byte)
        case 1: Self.agrees(content.completion.path, component, position, byte)
        default: Self.agrees(content.total.path, component, position, byte)
        }
    }

    /// Whether a component has `count` bytes.
    func isComplete(_ field: Int, component: Int, count: Int) -> Bool {
        switch field {
        case 0: Self.hasLength(content.prompt.path, component, count)
        case 1: Self.hasLength(content.completion.path, component, count)
        default: Self.hasLength(content.total.path, component, count)
        }
    }

    private static func agrees(_ path: borrowing MemberPath, _ component: Int, _ position: Int, _ byte: UInt8) -> Bool {
        guard component < path.count else { return false }
        let name = path.name(component)
        return position < name.byteCount && name[position] == byte
    }

    private static func hasLength(_ path: borrowing MemberPath, _ component: Int, _ count: Int) -> Bool {
        component < path.count && path.name(component).byteCount == count
    }
}
