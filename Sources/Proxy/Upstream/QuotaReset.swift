import RoutingTable

/// When a provider says that a quota is full again, for `rtbl/suspend-for: reset`.
enum QuotaReset {
    /// Milliseconds from now; nil: the value says nothing that can be read, or a moment that has passed.
    ///
    /// Forms: a duration as OpenAI writes it (`6m0s`, `1s`, `20ms`, `1h2m3.5s`); seconds; seconds since 1970; a
    /// moment as Anthropic writes it (RFC 3339).
    static func millis(_ value: Bytes, wallMillis: UInt64) -> UInt64? {
        if let number = DecimalBytes.parseNumber(value.span, ByteRange(0, value.count)) {
            let isMoment = number > Double(firstMoment)
            return bounded(isMoment ? number * 1000 - Double(wallMillis) : number * 1000)
        }
        if let moment = moment(value) { return bounded(Double(moment) - Double(wallMillis)) }
        return duration(value)
    }

    /// Numbers above this are seconds since 1970, not a duration: as one it would last for 30 years.
    private static let firstMoment = 1_000_000_000

    private static func bounded(_ millis: Double) -> UInt64? {
        millis > 0 ? UInt64(min(millis, Double(Limits.retryAfterMillis)).rounded(.up)) : nil
    }

    /// Numbers with units, the larger unit first.
    private static func duration(_ value: Bytes) -> UInt64? {
        var total = 0.0
        var i = 0
        while i < value.count {
            let start = i
            while i < value.count, ASCII.isDigit(value[i]) || value[i] == ASCII.dot { i += 1 }
            guard let number = DecimalBytes.parseNumber(value.span, ByteRange(start, i)) else { return nil }
            let unitStart = i
            while i < value.count, !ASCII.isDigit(value[i]), value[i] != ASCII.dot { i += 1 }
            let unit = value[unitStart..<i]
            if unit == Bytes("h") {
                total += number * 3_600_000
            } else if unit == Bytes("m") {
                total += number * 60_000
            } else if unit == Bytes("s") {
                total += number * 1000
            } else if unit == Bytes("ms") {
                total += number
            } else {
                return nil
            }
        }
        return bounded(total)
    }

    /// `2026-01-27T12:34:56Z`, with a fraction or an offset, as milliseconds since 1970.
    private static func moment(_ value: Bytes) -> Int64? {
        func number(_ start: Int, _ count: Int) -> Int? {
            guard start + count <= value.count else { return nil }
            return DecimalBytes.parse(value.span, ByteRange(start, start + count)).map { Int($0) }
        }
        guard value.count >= 20, value[4] == ASCII.dash, value[7] == ASCII.dash, ASCII.lowercased(value[10]) == UInt8(ascii: "t"),
            value[13] == ASCII.colon, value[16] == ASCII.colon,
            let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
            let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2), hour < 24, minute < 60, second <= 60,
            let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
        else { return nil }
        var zone = 19
        if value[zone] == ASCII.dot {
            zone += 1
            while zone < value.count, ASCII.isDigit(value[zone]) { zone += 1 }
        }
        guard zone < value.count else { return nil }
        var offsetMinutes = 0
        if ASCII.lowercased(value[zone]) == UInt8(ascii: "z") {
            guard zone + 1 == value.count else { return nil }
        } else {
            guard zone + 6 == value.count, value[zone + 3] == ASCII.colon, let hours = number(zone + 1, 2), let minutes = number(zone + 4, 2),
                value[zone] == UInt8(ascii: "+") || value[zone] == ASCII.dash
            else { return nil }
            offsetMinutes = (hours * 60 + minutes) * (value[zone] == ASCII.dash ? -1 : 1)
        }
        let seconds = days * 86_400 + Int64(hour * 3600 + minute * 60 + second) - Int64(offsetMinutes) * 60
        return seconds * 1000
    }
}
