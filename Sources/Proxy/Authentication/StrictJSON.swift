import CJansson

/// One JSON object as tokens and key sets are made of, read so that two readers cannot take it for different things: no
/// name twice, nothing behind it, nothing deeper than `Limits.tokenNesting`. Off the hot path.
@safe
package final class StrictJSON {
    // Safe: one reference is held from init to deinit, and no pointer leaves a method.
    private let object: UnsafeMutablePointer<json_t>

    /// A member's value, as far as anybody here has a use for it.
    enum Member: Equatable {
        case absent
        case string(String)
        case number(Double)
        /// An array of nothing but strings.
        case strings([String])
        case other
    }

    /// - Returns: nil if `bytes` are anything but one such object.
    package init?(_ bytes: [UInt8]) {
        guard Self.isShallow(bytes) else { return nil }
        let loaded = unsafe bytes.withUnsafeBytes { unsafe json_loadb($0.baseAddress, $0.count, Int(JSON_REJECT_DUPLICATES), nil) }
        guard let loaded = unsafe loaded else { return nil }
        guard unsafe loaded.pointee.type == JSON_OBJECT else {
            unsafe json_decref(loaded)
            return nil
        }
        unsafe object = loaded
    }

    private init(retaining object: UnsafeMutablePointer<json_t>) {
        unsafe json_incref(object)
        unsafe self.object = object
    }

    deinit { unsafe json_decref(object) }

    /// Whether brackets never stand too deep in one another. A bracket in a string may make it say no for want of a
    /// closing one; strings are looked at for that reason.
    private static func isShallow(_ bytes: [UInt8]) -> Bool {
        var depth = 0
        var isInString = false, isEscaped = false
        for byte in bytes {
            if isInString {
                if isEscaped { isEscaped = false } else if byte == ASCII.backslash { isEscaped = true } else if byte == ASCII.quote { isInString = false }
                continue
            }
            switch byte {
            case ASCII.quote: isInString = true
            case ASCII.openBrace, ASCII.openBracket: depth += 1
            case ASCII.closeBrace, ASCII.closeBracket: depth -= 1
            default: break
            }
            if depth > Limits.tokenNesting { return false }
        }
        return true
    }

    subscript(name: String) -> Member {
        guard let value = unsafe json_object_get(object, name) else { return .absent }
        switch unsafe value.pointee.type {
        case JSON_STRING: return unsafe .string(Self.text(value))
        case JSON_INTEGER, JSON_REAL: return unsafe .number(json_number_value(value))
        case JSON_ARRAY:
            var strings: [String] = []
            for i in 0..<(unsafe json_array_size(value)) {
                guard let element = unsafe json_array_get(value, i), unsafe element.pointee.type == JSON_STRING else { return .other }
                strings.append(unsafe Self.text(element))
            }
            return .strings(strings)
        default: return .other
        }
    }

    /// The objects of an array; nil: there is no array of that name. What is no object is left out.
    func objects(_ name: String) -> [StrictJSON]? {
        guard let value = unsafe json_object_get(object, name), unsafe value.pointee.type == JSON_ARRAY else { return nil }
        return (0..<(unsafe json_array_size(value))).compactMap { i in
            guard let element = unsafe json_array_get(value, i), unsafe element.pointee.type == JSON_OBJECT else { return nil }
            return unsafe StrictJSON(retaining: element)
        }
    }

    /// A value as bytes, the same for the same value: a string's own, anything else as compact JSON; nil: absent.
    func bytes(_ name: String) -> [UInt8]? {
        guard let value = unsafe json_object_get(object, name) else { return nil }
        if unsafe value.pointee.type == JSON_STRING { return unsafe Array(Self.text(value).utf8) }
        let flags = Int(JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS)
        let count = unsafe json_dumpb(value, nil, 0, flags)
        return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            written = unsafe buffer.withMemoryRebound(to: CChar.self) { unsafe json_dumpb(value, $0.baseAddress, count, flags) }
        }
    }

    private static func text(_ value: UnsafeMutablePointer<json_t>) -> String {
        let bytes = unsafe UnsafeRawBufferPointer(start: json_string_value(value), count: json_string_length(value))
        return unsafe String(decoding: bytes, as: UTF8.self)
    }
}
