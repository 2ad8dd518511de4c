import CJansson

/// A JSON document to be written, off the hot path.
indirect enum JSONValue {
    case null
    case bool(Bool)
    case integer(Int64)
    case string(String)
    case array([JSONValue])
    /// Members in the order in which they are written.
    case object([(String, JSONValue)])

    /// The document as text; nil if there is no memory for it.
    func encoded() -> [UInt8]? {
        guard let tree = unsafe tree() else { return nil }
        defer { unsafe json_decref(tree) }
        // JSON_COMPACT | JSON_ENCODE_ANY
        let flags = 0x20 | 0x200
        let count = unsafe json_dumpb(tree, nil, 0, flags)
        guard count > 0 else { return nil }
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            written = unsafe buffer.withMemoryRebound(to: CChar.self) { unsafe json_dumpb(tree, $0.baseAddress, count, flags) }
        }
    }

    /// A new reference. Jansson takes over the references that its `_new` functions are given.
    private func tree() -> UnsafeMutablePointer<json_t>? {
        switch self {
        case .null: return unsafe json_null()
        case .bool(let value): return unsafe value ? json_true() : json_false()
        case .integer(let value): return unsafe json_integer(value)
        case .string(let value): return unsafe value.withCString { unsafe json_stringn($0, value.utf8.count) }
        case .array(let elements):
            guard let array = unsafe json_array() else { return nil }
            for element in elements { unsafe _ = json_array_append_new(array, element.tree()) }
            return unsafe array
        case .object(let members):
            guard let object = unsafe json_object() else { return nil }
            for (name, value) in members { unsafe _ = json_object_set_new(object, name, value.tree()) }
            return unsafe object
        }
    }
}
