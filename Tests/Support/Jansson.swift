import CJansson

/// What jansson says of a body.
@safe
package struct Jansson {
    /// A parsed value, freed with its owner.
    @safe
    package final class Document {
        let value: UnsafeMutablePointer<json_t>
        package init(_ value: UnsafeMutablePointer<json_t>) { unsafe self.value = value }
        // Holds, here and below: the value is alive, and owned by this object alone.
        deinit { unsafe json_decref(value) }

        package var isObject: Bool { unsafe value.pointee.type == JSON_OBJECT }

        package func string(_ key: String) -> String? { unsafe json_string_value(json_object_get(value, key)).map { unsafe String(cString: $0) } }

        /// The members that are strings.
        package var strings: [String: String] {
            var result: [String: String] = [:]
            var iterator = unsafe json_object_iter(value)
            while let current = unsafe iterator {
                if let text = unsafe json_string_value(json_object_iter_value(current)) {
                    result[unsafe String(cString: json_object_iter_key(current))] = unsafe String(cString: text)
                }
                unsafe iterator = json_object_iter_next(value, current)
            }
            return result
        }

        package func set(_ key: String, to text: String) { unsafe _ = json_object_set_new(value, key, json_string(text)) }

        package func equals(_ other: Document) -> Bool { unsafe json_equal(value, other.value) == 1 }
    }

    package let document: Document?
    /// Jansson refuses it for a reason that RFC 8259 does not know.
    package let isKnownRefusal: Bool

    package init(_ bytes: [UInt8]) {
        var error = json_error_t()
        let value = unsafe bytes.withUnsafeBytes {
            unsafe json_loadb($0.baseAddress, $0.count, Int(JSON_ALLOW_NUL) | Int(JSON_DECODE_ANY), &error)
        }
        document = unsafe value.map { unsafe Document($0) }
        let message = unsafe withUnsafeBytes(of: &error.text) { text in unsafe String(decoding: text.prefix { $0 != 0 }, as: UTF8.self) }
        let code = unsafe json_error_code(&error)
        isKnownRefusal = unsafe value == nil
            && (code == json_error_numeric_overflow || code == json_error_null_byte_in_key
                || code == json_error_stack_overflow || message.hasPrefix("invalid Unicode '\\u"))
    }
}
