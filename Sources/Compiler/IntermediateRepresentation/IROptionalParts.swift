/// A list that most objects do not have: an empty one is left out of the JSON, and an absent one is read as empty.
@propertyWrapper
package struct OmittedWhenEmpty<Element> {
    package var wrappedValue: [Element]
    package init(wrappedValue: [Element]) { self.wrappedValue = wrappedValue }
}

extension OmittedWhenEmpty: Equatable where Element: Equatable {}
extension OmittedWhenEmpty: Hashable where Element: Hashable {}
extension OmittedWhenEmpty: Sendable where Element: Sendable {}

extension OmittedWhenEmpty: Codable where Element: Codable {
    package init(from decoder: any Decoder) throws { wrappedValue = try [Element](from: decoder) }
    package func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

/// A large part that most objects do not have: one word where it is absent, and shared by copies where it is there.
@propertyWrapper
package struct Boxed<Value> {
    fileprivate indirect enum Box {
        case none
        case some(Value)
    }

    fileprivate var box: Box
    package init(wrappedValue: Value?) { box = wrappedValue.map { .some($0) } ?? .none }

    package var wrappedValue: Value? {
        get {
            switch box {
            case .none: nil
            case .some(let value): value
            }
        }
        set { box = newValue.map { .some($0) } ?? .none }
    }
}

extension Boxed.Box: Sendable where Value: Sendable {}
extension Boxed: Sendable where Value: Sendable {}
extension Boxed: Equatable where Value: Equatable {
    package static func == (a: Self, b: Self) -> Bool { a.wrappedValue == b.wrappedValue }
}
extension Boxed: Hashable where Value: Hashable {
    package func hash(into hasher: inout Hasher) { hasher.combine(wrappedValue) }
}
extension Boxed: Codable where Value: Codable {
    package init(from decoder: any Decoder) throws { self.init(wrappedValue: try Value(from: decoder)) }
    package func encode(to encoder: any Encoder) throws { try wrappedValue?.encode(to: encoder) }
}

// The synthesised coding of a struct calls these for its wrapped properties.
extension KeyedEncodingContainer {
    package mutating func encode<Element: Codable>(_ list: OmittedWhenEmpty<Element>, forKey key: Key) throws {
        guard !list.wrappedValue.isEmpty else { return }
        try encode(list.wrappedValue, forKey: key)
    }

    package mutating func encode<Value: Codable>(_ box: Boxed<Value>, forKey key: Key) throws {
        try encodeIfPresent(box.wrappedValue, forKey: key)
    }
}

extension KeyedDecodingContainer {
    package func decode<Element: Codable>(_: OmittedWhenEmpty<Element>.Type, forKey key: Key) throws -> OmittedWhenEmpty<Element> {
        OmittedWhenEmpty(wrappedValue: try decodeIfPresent([Element].self, forKey: key) ?? [])
    }

    package func decode<Value: Codable>(_: Boxed<Value>.Type, forKey key: Key) throws -> Boxed<Value> {
        Boxed(wrappedValue: try decodeIfPresent(Value.self, forKey: key))
    }
}

/// A top-level list that others refer to by index, without equal elements, in order of first use.
package struct InternedList<Element: Hashable> {
    package private(set) var elements: [Element] = []
    private var indexes: [Element: Int] = [:]
    package init() {}

    /// The index of `element`, which is added if it is new.
    package mutating func index(of element: Element) -> Int {
        if let known = indexes[element] { return known }
        elements.append(element)
        indexes[element] = elements.count - 1
        return elements.count - 1
    }
}
