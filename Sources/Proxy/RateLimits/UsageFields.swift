import CTable
import RoutingTable

/// Where an AIProvider has the token counts in an answer (rateLimitFields): prompt, completion and total, in this order.
package struct UsageFields: ~Copyable {
    private let prompt: Place
    private let completion: Place
    private let total: Place
    /// The key of the root in which all counts stand, as it is written in JSON; nil: there is no one such key, or it may be
    /// written in more than one way.
    let commonKey: Bytes?
    /// The keys in its object under which the counts stand; nil: some count stands deeper.
    let names: InlineArray<3, Bytes>?
    let hasHeaders: Bool

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
        prompt = Place(provider.prompt_tokens, in: table, otherwise: "prompt_tokens")
        completion = Place(provider.completion_tokens, in: table, otherwise: "completion_tokens")
        total = Place(provider.total_tokens, in: table, otherwise: "total_tokens")
        (commonKey, names) = Self.shortcuts(prompt, completion, total)
        hasHeaders = !(prompt.header.isEmpty && completion.header.isEmpty && total.header.isEmpty)
    }

    /// Paths in the body; those of OpenAI's API, unless others are given.
    package init(
        prompt: [StaticString] = ["usage", "prompt_tokens"], completion: [StaticString] = ["usage", "completion_tokens"],
        total: [StaticString] = ["usage", "total_tokens"]
    ) {
        self.prompt = Place(prompt.map { Bytes($0) })
        self.completion = Place(completion.map { Bytes($0) })
        self.total = Place(total.map { Bytes($0) })
        (commonKey, names) = Self.shortcuts(self.prompt, self.completion, self.total)
        hasHeaders = false
    }

    /// The components of a field's path in the body; 0: a header has it.
    func componentCount(_ field: Int) -> Int {
        switch field {
        case 0: prompt.header.isEmpty ? prompt.path.count : 0
        case 1: completion.header.isEmpty ? completion.path.count : 0
        default: total.header.isEmpty ? total.path.count : 0
        }
    }

    /// The header that has a field; empty: the body does.
    func header(_ field: Int) -> Bytes {
        switch field {
        case 0: prompt.header
        case 1: completion.header
        default: total.header
        }
    }

    /// They stand in the paths' own memory, which lives as long as this value.
    private static func shortcuts(_ prompt: borrowing Place, _ completion: borrowing Place, _ total: borrowing Place) -> (Bytes?, InlineArray<3, Bytes>?) {
        guard canSkim(prompt, completion, total) else { return (nil, nil) }
        let key = name(0, of: prompt)
        guard prompt.path.count == 2, completion.path.count == 2, total.path.count == 2 else { return (key, nil) }
        return (key, [name(1, of: prompt), name(1, of: completion), name(1, of: total)])
    }

    private static func name(_ component: Int, of place: borrowing Place) -> Bytes {
        unsafe place.path.name(component).withUnsafeBytes { unsafe Bytes($0) }
    }

    private static func canSkim(_ places: borrowing Place, _ second: borrowing Place, _ third: borrowing Place) -> Bool {
        let key = places.path.name(0)
        guard key.byteCount > 0 else { return false }
        for i in 0..<key.byteCount where key[i] < 0x20 || key[i] == ASCII.quote || key[i] == ASCII.backslash { return false }
        return places.begins(with: key) && second.begins(with: key) && third.begins(with: key)
    }

    /// Whether byte `position` of a component is `byte`.
    func agrees(_ field: Int, component: Int, at position: Int, _ byte: UInt8) -> Bool {
        switch field {
        case 0: Self.agrees(prompt.path, component, position, byte)
        case 1: Self.agrees(completion.path, component, position, byte)
        default: Self.agrees(total.path, component, position, byte)
        }
    }

    /// Whether a component has `count` bytes.
    func isComplete(_ field: Int, component: Int, count: Int) -> Bool {
        switch field {
        case 0: Self.hasLength(prompt.path, component, count)
        case 1: Self.hasLength(completion.path, component, count)
        default: Self.hasLength(total.path, component, count)
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
