import CJansson

/// A JSON value; an object keeps the order of its members.
enum JSON: Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case real(Double)
    case string(String)
    case array([JSON])
    case object([(key: String, value: JSON)])

    /// The member of an object; of several with one name the last, as OpenAI's own parser takes it.
    subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key == key }?.value
    }

    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    var elements: [JSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    var number: Int? {
        if case .integer(let number) = self { number } else { nil }
    }

    var isTrue: Bool {
        if case .bool(true) = self { true } else { false }
    }
}

// What makes a literal in the source read like the answer on the wire.
extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringInterpolation,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(nilLiteral: ()) { self = .null }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(integerLiteral value: Int) { self = .integer(value) }
    init(stringLiteral value: String) { self = .string(value) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements.map { (key: $0.0, value: $0.1) }) }
}

// Every call of jansson is here. Safe: each `json_t` is released exactly once, by the `defer` beside what made it
// or by the container that stole it, and no pointer leaves the function that got it.
extension JSON {
    /// Nil: not one JSON value. Jansson bounds the depth (2,048).
    init?(parsing bytes: some Collection<UInt8>) {
        var failure = json_error_t()
        let loaded = unsafe Array(bytes).withUnsafeBytes { raw in
            unsafe json_loadb(raw.baseAddress, raw.count, Int(JSON_DECODE_ANY | JSON_ALLOW_NUL), &failure)
        }
        guard let root = unsafe loaded else { return nil }
        defer { unsafe json_decref(root) }
        unsafe self.init(reading: root)
    }

    private init(reading value: UnsafeMutablePointer<json_t>) {
        switch unsafe value.pointee.type {
        case JSON_STRING:
            let length = unsafe json_string_length(value)
            self = unsafe .string(Self.string(json_string_value(value), length))
        case JSON_INTEGER: self = unsafe .integer(Int(json_integer_value(value)))
        case JSON_REAL: self = unsafe .real(json_real_value(value))
        case JSON_TRUE: self = .bool(true)
        case JSON_FALSE: self = .bool(false)
        case JSON_ARRAY:
            self = unsafe .array((0..<json_array_size(value)).map { unsafe JSON(reading: json_array_get(value, $0)) })
        case JSON_OBJECT:
            var members: [(key: String, value: JSON)] = []
            var iterator = unsafe json_object_iter(value)
            while let here = unsafe iterator {
                let key = unsafe String(cString: json_object_iter_key(here))
                members.append((key: key, value: unsafe JSON(reading: json_object_iter_value(here))))
                unsafe iterator = json_object_iter_next(value, here)
            }
            self = .object(members)
        default: self = .null
        }
    }

    private static func string(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
        unsafe UnsafeRawBufferPointer(start: start, count: length).withMemoryRebound(to: UInt8.self) { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// The value on one line, members in their order.
    var serialized: [UInt8] {
        let root = unsafe made()
        defer { unsafe json_decref(root) }
        // 17 digits bring every double back as it was
        let flags = Int(JSON_COMPACT | JSON_ENCODE_ANY) | (17 & 0x1F) << 11
        let size = unsafe json_dumpb(root, nil, 0, flags)
        return unsafe Array(unsafeUninitializedCapacity: size) { buffer, count in
            count = unsafe buffer.withMemoryRebound(to: CChar.self) { unsafe json_dumpb(root, $0.baseAddress, size, flags) }
        }
    }

    private func made() -> UnsafeMutablePointer<json_t>? {
        switch self {
        case .null: return unsafe json_null()
        case .bool(let value): return unsafe value ? json_true() : json_false()
        case .integer(let value): return unsafe json_integer(json_int_t(value))
        case .real(let value): return unsafe json_real(value)
        case .string(let value):
            var value = value
            return value.withUTF8 { bytes in
                unsafe bytes.withMemoryRebound(to: CChar.self) { unsafe json_stringn($0.baseAddress ?? UnsafePointer(bitPattern: 1), $0.count) }
            }
        case .array(let elements):
            let array = unsafe json_array()
            for element in elements { unsafe json_array_append_new(array, element.made()) }
            return unsafe array
        case .object(let members):
            let object = unsafe json_object()
            for member in members { unsafe json_object_set_new(object, member.key, member.value.made()) }
            return unsafe object
        }
    }
}
