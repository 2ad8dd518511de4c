/// Parameters of a query string, read as the URL standard's form encoding has them: pairs between `&`, name and value
/// apart at the first `=`, `+` for a blank, `%xx` for a byte. A `%` without two hexadecimal digits stands for itself.
package enum QueryString {
    /// The decoded value of the first parameter that is called `name`; nil: there is none. One without `=` has the
    /// empty value.
    ///
    /// - Parameters:
    ///   - query: what follows the `?`.
    ///   - name: decoded.
    ///   - scratch: room for `query.count` bytes; the value stands there.
    @unsafe
    package static func value(of name: Bytes, in query: Bytes, scratch: UnsafeMutablePointer<UInt8>) -> Bytes? {
        var parameters = QueryParameters(query)
        while let parameter = parameters.next() {
            if let value = unsafe value(of: name, inParameter: parameter, scratch: scratch) { return value }
        }
        return nil
    }

    /// The decoded value of one parameter, if it is called `name`; else nil.
    ///
    /// - Parameter scratch: room for `parameter.count` bytes; the value stands there.
    @unsafe
    package static func value(of name: Bytes, inParameter parameter: Bytes, scratch: UnsafeMutablePointer<UInt8>) -> Bytes? {
        guard let start = valueStart(of: name, in: parameter) else { return nil }
        return unsafe decode(parameter[start..<parameter.count], into: scratch)
    }

    /// Whether a parameter is called `name`, in whichever spelling.
    package static func isCalled(_ name: Bytes, _ parameter: Bytes) -> Bool { valueStart(of: name, in: parameter) != nil }

    /// Where the value begins in a parameter, if it is called `name`.
    private static func valueStart(of name: Bytes, in parameter: Bytes) -> Int? {
        guard !parameter.isEmpty else { return nil }
        var i = 0, matched = 0
        while i < parameter.count, parameter[i] != UInt8(ascii: "=") {
            guard matched < name.count, name[matched] == decodedByte(parameter, &i) else { return nil }
            matched += 1
        }
        guard matched == name.count else { return nil }
        return min(i + 1, parameter.count)
    }

    private static func decode(_ text: Bytes, into out: UnsafeMutablePointer<UInt8>) -> Bytes {
        var i = 0, written = 0
        while i < text.count {
            unsafe out[written] = decodedByte(text, &i)
            written += 1
        }
        return unsafe Bytes(base: out, count: written)
    }

    /// The byte that begins at `i`, which moves behind it.
    private static func decodedByte(_ text: Bytes, _ i: inout Int) -> UInt8 {
        let byte = text[i]
        if byte == UInt8(ascii: "%"), i + 2 < text.count, let high = text[i + 1].hexDigitValue, let low = text[i + 2].hexDigitValue {
            i += 3
            return high << 4 | low
        }
        i += 1
        return byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte
    }
}

/// The parameters of a query, as they came, one after another; empty ones too.
package struct QueryParameters {
    private let query: Bytes
    private var start = 0

    package init(_ query: Bytes) { self.query = query }

    package mutating func next() -> Bytes? {
        guard start <= query.count, !query.isEmpty else { return nil }
        var end = start
        while end < query.count, query[end] != UInt8(ascii: "&") { end += 1 }
        defer { start = end + 1 }
        return query[start..<end]
    }
}
