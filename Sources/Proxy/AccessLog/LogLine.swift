import RoutingTable

/// A line of the access log in the making: one JSON object. Whoever adds a field names it with its comma and colon; texts
/// are those of strangers.
struct LogLine {
    private(set) var buffer: Buffer

    /// - Parameter buffer: has room for the longest line (`Limits.logLineBytes`).
    init(_ buffer: Buffer) { self.buffer = buffer }

    mutating func begin() {
        buffer.clear()
        buffer.append("{\"time\":\"")
    }

    /// The time behind `begin`.
    mutating func time(_ bootNanos: UInt64, now: UInt64, _ clock: inout LogClock) {
        clock.append(bootNanos, now: now, to: &buffer)
        buffer.append(ASCII.quote)
    }

    mutating func quote() { buffer.append(ASCII.quote) }

    mutating func end() { buffer.append("}\n") }

    // MARK: - Fields

    mutating func add(_ name: StaticString, _ value: UInt64) {
        buffer.append(name)
        buffer.append(decimal: value)
    }

    /// In seconds, with microseconds.
    mutating func add(_ name: StaticString, nanos: UInt64) {
        buffer.append(name)
        let micros = nanos / 1000
        buffer.append(decimal: micros / 1_000_000)
        buffer.append(ASCII.dot)
        buffer.append(decimal: micros % 1_000_000, digits: 6)
    }

    /// 16 hex digits.
    mutating func add(_ name: StaticString, identity: UInt64) {
        buffer.append(name)
        buffer.append(ASCII.quote)
        buffer.append(hexDigitsOf: identity)
        buffer.append(ASCII.quote)
    }

    /// A word that this program has itself, and that needs no escapes.
    mutating func add(_ name: StaticString, word: StaticString) {
        buffer.append(name)
        buffer.append(ASCII.quote)
        buffer.append(word)
        buffer.append(ASCII.quote)
    }

    mutating func add(_ name: StaticString, word: String) {
        buffer.append(name)
        buffer.append(ASCII.quote)
        buffer.append(word)
        buffer.append(ASCII.quote)
    }

    /// - Parameter limit: bytes that the text may take, escapes included.
    mutating func add(_ name: StaticString, _ text: Bytes, limit: Int) {
        buffer.append(name)
        buffer.append(ASCII.quote)
        buffer.append(json: text, limit: limit)
        buffer.append(ASCII.quote)
    }

    /// `namespace/name` of an object.
    mutating func add(_ name: StaticString, namespace: Bytes, name object: Bytes) {
        buffer.append(name)
        buffer.append(ASCII.quote)
        buffer.append(json: namespace, limit: Limits.logNameBytes)
        buffer.append(ASCII.slash)
        buffer.append(json: object, limit: Limits.logNameBytes)
        buffer.append(ASCII.quote)
    }
}

extension Buffer {
    /// The content of a JSON string: control characters, quote and backslash escaped, each byte that is not UTF-8 replaced by
    /// U+FFFD. What would take more than `limit` bytes is cut between two characters and ends in an ellipsis.
    mutating func append(json text: Bytes, limit: Int) {
        let last = end + limit - 3 // for the ellipsis
        var i = 0
        while i < text.count {
            let run = text.plainCount(from: i, limit: last - end)
            append(text[i..<i + run])
            i += run
            guard i < text.count else { return }
            guard let taken = appendCharacter(of: text, at: i, until: last) else {
                append("\u{2026}")
                return
            }
            i += taken
        }
    }

    /// One character, as far as it fits. Returns the bytes of the text that it was.
    private mutating func appendCharacter(of text: Bytes, at i: Int, until last: Int) -> Int? {
        let byte = text[i]
        if byte == ASCII.quote || byte == ASCII.backslash {
            guard end + 2 <= last else { return nil }
            append(ASCII.backslash)
            append(byte)
            return 1
        }
        if byte < 0x20 {
            guard end + 6 <= last else { return nil }
            append(byte < 0x10 ? "\\u000" : "\\u001")
            append(byte & 15 < 10 ? ASCII.zero + byte & 15 : UInt8(ascii: "a") + (byte & 15) - 10)
            return 1
        }
        guard byte >= 0x80 else { return nil } // plain, but there is no room
        let next = (try? UTF8Validity.characterEnd(text.span, from: i)) ?? i
        let character = next > i ? text[i..<next] : Bytes("\u{FFFD}")
        guard end + character.count <= last else { return nil }
        append(character)
        return max(1, next - i)
    }

    /// The last `digits` digits of a number, with leading zeros.
    mutating func append(decimal value: UInt64, digits: Int) {
        let place = unsafe reserve(digits)
        var rest = value
        for i in (0..<digits).reversed() {
            unsafe place[i] = ASCII.zero + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        commit(digits)
    }

    /// All 16 of them.
    mutating func append(hexDigitsOf value: UInt64) {
        let place = unsafe reserve(16)
        for i in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * i)) & 15
            unsafe place[i] = digit &+ (digit < 10 ? ASCII.zero : UInt8(ascii: "a") &- 10)
        }
        commit(16)
    }
}

extension Bytes {
    /// How many bytes from `start` on stand in a JSON string as they are, at most `limit`.
    fileprivate func plainCount(from start: Int, limit: Int) -> Int {
        let end = Swift.min(count, start + Swift.max(0, limit))
        return JSONString.plainEnd(self[0..<end].span, from: start) - start
    }
}
