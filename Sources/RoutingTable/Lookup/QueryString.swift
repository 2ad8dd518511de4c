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
        var start = 0
        while start < query.count {
            var end = start
            while end < query.count, query[end] != UInt8(ascii: "&") { end += 1 }
            if end > start, let value = valueStart(of: name, in: query[start..<end]) {
                return unsafe decode(query[(start + value)..<end], into: scratch)
            }
            start = end + 1
        }
        return nil
    }

    /// Where the value begins in a parameter, if it is called `name`.
    private static func valueStart(of name: Bytes, in parameter: Bytes) -> Int? {
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
