import RoutingTable

/// Looking for one key, sixteen bytes at a time. Inside a JSON string a quote has a backslash before it, so that a key with
/// its quotes, not behind a backslash, is a whole string wherever it stands; with a colon behind it, it is a key.
extension UsageScanner {
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
        let span = bytes.span
        var i = start
        while bytes.count - i > 16 {
            let hits = ((span.block(i) .== .each(ASCII.quote)) .& (span.block(i + 1) .== .each(first))).nibbles
            if hits != 0 { return i + firstLane(hits) }
            i += 16
        }
        while i < bytes.count {
            if bytes[i] == ASCII.quote, i + 1 == bytes.count || bytes[i + 1] == first { return i }
            i += 1
        }
        return nil
    }
}
