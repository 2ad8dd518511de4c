/// A host with an optional port: the value of Host, or the authority of an absolute target (RFC 9110 7.2, RFC 3986 3.2).
struct Authority: BitwiseCopyable {
    /// Without the port, with the brackets of an IPv6 address.
    var host: ByteRange
    var port: UInt16?

    /// nil: not a host. Stricter than the grammar where that means nothing to HTTP: an empty host, an empty label,
    /// a port above 65535.
    init?(_ bytes: RawSpan, _ range: ByteRange) {
        guard let end = Authority.endOfHost(bytes, range), end > range.lowerBound else { return nil }
        host = ByteRange(range.lowerBound, end)
        if end == range.upperBound { return }
        guard bytes[end] == ASCII.colon else { return nil }
        // "host:" has no port (RFC 3986 3.2.3)
        if end + 1 == range.upperBound { return }
        guard let number = DecimalBytes.parse(bytes, ByteRange(end + 1, range.upperBound), maximum: 65535) else { return nil }
        port = UInt16(truncatingIfNeeded: number)
    }

    private static func endOfHost(_ bytes: RawSpan, _ range: ByteRange) -> Int? {
        guard !range.isEmpty else { return nil }
        guard bytes[range.lowerBound] == ASCII.openBracket else { return endOfName(bytes, range) }
        let isFuture = range.count > 1 && bytes[range.lowerBound + 1] | 0x20 == 0x76
        return isFuture ? endOfFutureAddress(bytes, range) : endOfAddress(bytes, range)
    }

    /// "[v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) "]": no route has such a host, but the form is valid.
    private static func endOfFutureAddress(_ bytes: RawSpan, _ range: ByteRange) -> Int? {
        var i = range.lowerBound + 2
        let version = i
        while i < range.upperBound, ASCII.hexValue(bytes[i]) != nil { i += 1 }
        guard i > version, i < range.upperBound, bytes[i] == ASCII.dot else { return nil }
        i += 1
        let address = i
        while i < range.upperBound, bytes[i] == ASCII.colon || ByteSet.registeredName.contains(bytes[i]) { i += 1 }
        guard i > address, i < range.upperBound, bytes[i] == ASCII.closeBracket else { return nil }
        return i + 1
    }

    /// reg-name, of which an IPv4 address is a case; one dot at its end is allowed.
    private static func endOfName(_ bytes: RawSpan, _ range: ByteRange) -> Int? {
        var i = range.lowerBound
        var isLabelEmpty = true
        while true {
            let run = min(bytes.skipLabel(from: i), range.upperBound)
            if run > i { isLabelEmpty = false }
            i = run
            guard i < range.upperBound, bytes[i] != ASCII.colon else { return i }
            if bytes[i] == ASCII.dot {
                if isLabelEmpty { return nil }
                isLabelEmpty = true
                i += 1
            } else {
                guard bytes[i] == ASCII.percent, i + 2 < range.upperBound, ASCII.hexValue(bytes[i + 1]) != nil,
                    ASCII.hexValue(bytes[i + 2]) != nil
                else { return nil }
                isLabelEmpty = false
                i += 3
            }
        }
    }

    /// "[" IPv6address "]": eight groups of one to four hexadecimal digits, "::" for one or more of them once, the
    /// last two perhaps as an IPv4 address. No zone: RFC 9110 4.2.1 refers to RFC 3986, which has none.
    private static func endOfAddress(_ bytes: RawSpan, _ range: ByteRange) -> Int? {
        let end = range.upperBound
        var i = range.lowerBound + 1
        var groups = 0
        var hasGap = false
        if i + 1 < end, bytes[i] == ASCII.colon, bytes[i + 1] == ASCII.colon {
            hasGap = true
            i += 2
        }
        while i < end, bytes[i] != ASCII.closeBracket {
            guard groups < 8 else { return nil }
            var digits = 0
            var next = i
            while next < end, digits < 5, ASCII.hexValue(bytes[next]) != nil {
                next += 1
                digits += 1
            }
            guard digits > 0, digits < 5, next < end else { return nil }
            if bytes[next] == ASCII.dot {
                guard let close = endOfIPv4(bytes, i, end) else { return nil }
                groups += 2
                i = close
                break
            }
            groups += 1
            i = next
            guard bytes[i] == ASCII.colon else { break }
            guard i + 1 < end else { return nil }
            if bytes[i + 1] == ASCII.colon {
                if hasGap { return nil }
                hasGap = true
                i += 2
            } else {
                // a single colon needs a group behind it
                guard ASCII.hexValue(bytes[i + 1]) != nil else { return nil }
                i += 1
            }
        }
        guard i < end, bytes[i] == ASCII.closeBracket, hasGap ? groups < 8 : groups == 8 else { return nil }
        return i + 1
    }

    /// Four numbers of 0–255 without leading zeros; the offset behind them.
    private static func endOfIPv4(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Int? {
        var i = start
        for part in 0..<4 {
            if part > 0 {
                guard i < end, bytes[i] == ASCII.dot else { return nil }
                i += 1
            }
            let first = i
            while i < end, i - first < 3, ASCII.isDigit(bytes[i]) { i += 1 }
            guard DecimalBytes.parse(bytes, ByteRange(first, i), maximum: 255) != nil else { return nil }
            if i - first > 1, bytes[first] == ASCII.zero { return nil }
        }
        return i
    }
}
