import RoutingTable

/// Looking for one key, sixteen bytes at a time. Inside a JSON string a quote has a backslash before it, so that a key with
/// its quotes, not behind a backslash, is a whole string wherever it stands; with a colon behind it, it is a key.
extension UsageScanner {
    /// Counts stand near the end of a document: where the last object under the key names all three, nothing before it matters.
    ///
    /// - Parameter bytes: the last ones of the document.
    /// - Returns: false if nothing has been read.
    mutating func skimEnd(_ bytes: Bytes, _ fields: borrowing UsageFields) -> Bool {
        guard let key = fields.commonKey, let names = fields.names else { return false }
        let start = max(0, bytes.count - Limits.usageBytesAtEnd)
        var end = bytes.count
        while let place = Self.lastQuote(before: key[0], bytes, from: start, to: end) {
            end = place
            guard let count = Self.match(key, bytes, from: place, begun: 0).whole else { continue }
            guard place > 0, bytes[place - 1] != ASCII.backslash, let colon = Self.skipBlanks(bytes, from: place + count), bytes[colon] == ASCII.colon,
                let value = Self.skipBlanks(bytes, from: colon + 1), bytes[value] == ASCII.openBrace
            else { return false }
            var found = TokenCounts()
            guard Self.readWhole(bytes, from: value, names, &found) != nil, found.isComplete else { return false }
            counts = found
            return true
        }
        return false
    }

    /// Goes on looking from byte `start` on. Returns where reading goes on: behind the key, or at the end of the bytes.
    mutating func skim(_ bytes: Bytes, from start: Int, _ fields: borrowing UsageFields) -> Int {
        guard let key = fields.commonKey else { return bytes.count }
        var i = start
        if carried > 0 {
            let begun = Int(carried)
            let match = Self.match(key, bytes, from: start, begun: begun)
            if let count = match.whole {
                hasFoundKey()
                return start + count
            }
            if match.isOpen {
                carried += UInt32(bytes.count - start)
                return bytes.count
            }
            carried = 0
        }
        while let place = Self.nextQuote(before: key[0], bytes, from: i) {
            i = place + 1
            guard place > start ? bytes[place - 1] != ASCII.backslash : !endedInBackslash else { continue }
            let match = Self.match(key, bytes, from: place, begun: 0)
            if let count = match.whole {
                hasFoundKey()
                return place + count
            }
            if match.isOpen {
                carried = UInt32(bytes.count - place)
                break
            }
        }
        endedInBackslash = bytes[bytes.count - 1] == ASCII.backslash
        return bytes.count
    }

    /// Reads the object that begins at `start` in one go, if it is plain and whole: keys without escapes, numbers of digits.
    ///
    /// - Returns: where reading goes on behind it; nil: nothing has been read, and it is for `readValue`.
    static func readWhole(_ bytes: Bytes, from start: Int, _ names: InlineArray<3, Bytes>, _ counts: inout TokenCounts) -> Int? {
        var found = counts
        var i = start + 1
        while let quote = skipBlanks(bytes, from: i), bytes[quote] == ASCII.quote {
            let field = field(names, bytes, at: quote + 1)
            guard let end = field.map({ quote + 1 + names[$0].count }) ?? stringEnd(bytes, from: quote + 1),
                let colon = skipBlanks(bytes, from: end + 1), bytes[colon] == ASCII.colon, let value = skipBlanks(bytes, from: colon + 1),
                let behind = ASCII.isDigit(bytes[value]) ? number(bytes, from: value, field, &found) : skipValue(bytes, from: value),
                let next = skipBlanks(bytes, from: behind)
            else { return nil }
            if bytes[next] == ASCII.closeBrace {
                counts = found
                return next + 1
            }
            guard bytes[next] == ASCII.comma else { return nil }
            i = next + 1
        }
        return nil
    }

    /// Which of the names begins at `start` and ends with a quote.
    private static func field(_ names: InlineArray<3, Bytes>, _ bytes: Bytes, at start: Int) -> Int? {
        for field in 0..<3 {
            let end = start + names[field].count
            if end < bytes.count, bytes[end] == ASCII.quote, bytes[start..<end] == names[field] { return field }
        }
        return nil
    }

    /// A number of digits alone, that of a field or of none. Returns where it ends.
    private static func number(_ bytes: Bytes, from start: Int, _ field: Int?, _ counts: inout TokenCounts) -> Int? {
        var value: UInt64 = 0
        var i = start
        while i < bytes.count, case let digit = bytes[i] &- ASCII.zero, digit < 10 {
            value = value &* 10 &+ UInt64(digit)
            i += 1
        }
        guard i - start <= 18 else { return nil } // it may have wrapped around
        if let field { counts.set(field, min(value, Limits.tokensOfOneAnswer)) }
        return i
    }

    /// `null`, or an object or array without strings that have escapes.
    private static func skipValue(_ bytes: Bytes, from start: Int) -> Int? {
        if bytes[start] == UInt8(ascii: "n") { return start + 4 <= bytes.count ? start + 4 : nil }
        guard bytes[start] == ASCII.openBrace || bytes[start] == ASCII.openBracket else { return nil }
        var depth = 0
        var i = start
        while i < bytes.count {
            switch bytes[i] {
            case ASCII.openBrace, ASCII.openBracket: depth += 1
            case ASCII.closeBrace, ASCII.closeBracket:
                depth -= 1
                if depth == 0 { return i + 1 }
            case ASCII.quote:
                guard let end = stringEnd(bytes, from: i + 1) else { return nil }
                i = end
            case ASCII.lineFeed, ASCII.carriageReturn: return nil // in an event it ends a line
            default: break
            }
            i += 1
        }
        return nil
    }

    /// The quote that ends a string without escapes.
    private static func stringEnd(_ bytes: Bytes, from start: Int) -> Int? {
        var i = start
        while true {
            i = JSONString.plainEnd(bytes.span, from: i)
            guard i < bytes.count else { return nil }
            if bytes[i] == ASCII.quote { return i }
            guard bytes[i] >= 0x80 else { return nil }
            i += 1
        }
    }

    /// The next byte that is no blank.
    private static func skipBlanks(_ bytes: Bytes, from start: Int) -> Int? {
        var i = start
        while i < bytes.count, ASCII.isBlank(bytes[i]) { i += 1 }
        return i < bytes.count ? i : nil
    }

    /// Compares `bytes` with what of the quoted key follows its first `begun` bytes.
    ///
    /// - Returns: the bytes that it took, if it is there; and whether more bytes could still make it so.
    private static func match(_ key: Bytes, _ bytes: Bytes, from start: Int, begun: Int) -> (whole: Int?, isOpen: Bool) {
        let count = key.count + 2
        for n in begun..<count {
            guard start + n - begun < bytes.count else { return (nil, true) }
            let wanted = n == 0 || n == count - 1 ? ASCII.quote : key[n - 1]
            guard bytes[start + n - begun] == wanted else { return (nil, false) }
        }
        return (count - begun, false)
    }

    /// The next quote that has `first` behind it, or that is the last byte.
    private static func nextQuote(before first: UInt8, _ bytes: Bytes, from start: Int) -> Int? {
        var i = start
        let quotes = ByteBlock.each(ASCII.quote), firsts = ByteBlock.each(first)
        while bytes.count - i > 64 {
            let (here, behind) = (bytes.span.blocks(i, behind: 0), bytes.span.blocks(i + 1, behind: 0))
            let low = (here[0] .== quotes) .& (behind[0] .== firsts) .| (here[1] .== quotes) .& (behind[1] .== firsts)
            let high = (here[2] .== quotes) .& (behind[2] .== firsts) .| (here[3] .== quotes) .& (behind[3] .== firsts)
            if (low .| high).lanes != 0 { break }
            i += 64
        }
        while bytes.count - i > 16 {
            let hits = ((bytes.block(i) .== quotes) .& (bytes.block(i + 1) .== firsts)).lanes
            if hits != 0 { return i + hits.trailingZeroBitCount }
            i += 16
        }
        while i < bytes.count {
            if bytes[i] == ASCII.quote, i + 1 == bytes.count || bytes[i + 1] == first { return i }
            i += 1
        }
        return nil
    }

    /// The last quote between `start` and `end` that has `first` behind it.
    private static func lastQuote(before first: UInt8, _ bytes: Bytes, from start: Int, to end: Int) -> Int? {
        var end = end
        while end - start > 16 {
            let place = end - 17
            let hits = ((bytes.block(place) .== .each(ASCII.quote)) .& (bytes.block(place + 1) .== .each(first))).lanes
            if hits != 0 { return place + 15 - (hits.leadingZeroBitCount - (hits.bitWidth - 16)) }
            end -= 16
        }
        while end - start > 1 {
            if bytes[end - 2] == ASCII.quote, bytes[end - 1] == first { return end - 2 }
            end -= 1
        }
        return nil
    }
}
