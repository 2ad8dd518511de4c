/// HTTP's dates (RFC 9110 5.6.7): always written in the first form, read in all three.
///
///     Sun, 06 Nov 1994 08:49:37 GMT     IMF-fixdate
///     Sunday, 06-Nov-94 08:49:37 GMT    RFC 850
///     Sun Nov  6 08:49:37 1994          asctime
package enum HTTPDate {
    /// Bytes of an IMF-fixdate.
    package static var byteCount: Int { 29 }

    /// The last second of the year 9999: four digits hold no later year.
    package static var latestSeconds: Int64 { 253_402_300_799 }

    /// Writes the IMF-fixdate of a time, in seconds since 1970, at `offset` of `buffer`, and returns the offset behind
    /// it. A time before 1970 or after `latestSeconds` is written as the nearest of the two.
    @discardableResult
    package static func write(secondsSinceEpoch: Int64, to buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        precondition(offset >= 0 && offset + byteCount <= buffer.count, "no room for a date")
        let seconds = min(max(secondsSinceEpoch, 0), latestSeconds)
        let days = seconds / 86_400
        let second = Int(seconds % 86_400)
        let date = CivilDate(daysSinceEpoch: days)
        // 1970-01-01 was a Thursday
        let weekday = Int((days + 4) % 7)

        // every offset is below byteCount, for which there is room
        unsafe writeName(weekdays, weekday, buffer, offset)
        unsafe buffer[offset + 3] = ASCII.comma
        unsafe buffer[offset + 4] = ASCII.space
        unsafe writeTwo(date.day, buffer, offset + 5)
        unsafe buffer[offset + 7] = ASCII.space
        unsafe writeName(months, date.month - 1, buffer, offset + 8)
        unsafe buffer[offset + 11] = ASCII.space
        unsafe writeTwo(date.year / 100, buffer, offset + 12)
        unsafe writeTwo(date.year % 100, buffer, offset + 14)
        unsafe buffer[offset + 16] = ASCII.space
        unsafe writeTwo(second / 3600, buffer, offset + 17)
        unsafe buffer[offset + 19] = ASCII.colon
        unsafe writeTwo(second / 60 % 60, buffer, offset + 20)
        unsafe buffer[offset + 22] = ASCII.colon
        unsafe writeTwo(second % 60, buffer, offset + 23)
        unsafe buffer.storeBytes(of: UInt32(littleEndian: 0x544D_4720), toByteOffset: offset + 25, as: UInt32.self)  // " GMT"
        return offset + byteCount
    }

    /// Reads a date in any of the three forms, as seconds since 1970, which may be negative; nil: not a date.
    /// A weekday must be one, but is not compared with the date.
    ///
    /// - Parameter now: seconds since 1970. A year of two digits that seems more than 50 years ahead is the one a
    ///   century before.
    package static func parse(_ bytes: RawSpan, _ range: ByteRange, now: Int64) -> Int64? {
        let start = range.lowerBound
        guard range.count >= 24 else { return nil }
        if bytes[start + 3] == ASCII.comma { return parseFixdate(bytes, start, range.count) }
        if bytes[start + 3] == ASCII.space { return parseAsctime(bytes, start, range.count) }
        return parseRFC850(bytes, range, now)
    }

    private static func parseFixdate(_ bytes: RawSpan, _ start: Int, _ count: Int) -> Int64? {
        guard count == byteCount, index(of: bytes, start, in: weekdays) != nil,
            bytes.equals(", ", at: start + 3), bytes[start + 7] == ASCII.space, bytes[start + 11] == ASCII.space,
            bytes[start + 16] == ASCII.space, bytes.equals(" GMT", at: start + 25),
            let day = two(bytes, start + 5), let month = index(of: bytes, start + 8, in: months),
            let century = two(bytes, start + 12), let year = two(bytes, start + 14), let time = time(bytes, start + 17)
        else { return nil }
        return seconds(century * 100 + year, month + 1, day, time)
    }

    private static func parseAsctime(_ bytes: RawSpan, _ start: Int, _ count: Int) -> Int64? {
        // a day below ten has a blank before it
        let dayStart = bytes[start + 8] == ASCII.space ? start + 9 : start + 8
        guard count == 24, index(of: bytes, start, in: weekdays) != nil,
            bytes[start + 7] == ASCII.space, bytes[start + 10] == ASCII.space, bytes[start + 19] == ASCII.space,
            let month = index(of: bytes, start + 4, in: months),
            let day = dayStart == start + 9 ? digit(bytes, dayStart) : two(bytes, dayStart),
            let time = time(bytes, start + 11), let century = two(bytes, start + 20), let year = two(bytes, start + 22)
        else { return nil }
        return seconds(century * 100 + year, month + 1, day, time)
    }

    private static func parseRFC850(_ bytes: RawSpan, _ range: ByteRange, _ now: Int64) -> Int64? {
        // ", 06-Nov-94 08:49:37 GMT" behind the weekday
        let start = range.upperBound - 24
        guard isFullWeekday(bytes, range.lowerBound, start), bytes.equals(", ", at: start),
            bytes[start + 4] == 0x2D, bytes[start + 8] == 0x2D, bytes[start + 11] == ASCII.space,
            bytes.equals(" GMT", at: start + 20),
            let day = two(bytes, start + 2), let month = index(of: bytes, start + 5, in: months),
            let year = two(bytes, start + 9), let time = time(bytes, start + 12)
        else { return nil }
        let current = CivilDate(daysSinceEpoch: min(max(now, 0), latestSeconds) / 86_400).year
        guard let candidate = seconds(current / 100 * 100 + year, month + 1, day, time) else {
            // 29 February of a year that is none in this century
            return seconds(current / 100 * 100 - 100 + year, month + 1, day, time)
        }
        guard candidate > now + fiftyYears else { return candidate }
        return seconds(current / 100 * 100 - 100 + year, month + 1, day, time)
    }

    private static var fiftyYears: Int64 { 50 * 31_556_952 }
}

/// The pieces of a date.
extension HTTPDate {
    private static var weekdays: StaticString { "SunMonTueWedThuFriSat" }
    private static var months: StaticString { "JanFebMarAprMayJunJulAugSepOctNovDec" }

    /// The index of the three letters at `start` in a table of such.
    private static func index(of bytes: RawSpan, _ start: Int, in table: StaticString) -> Int? {
        for i in 0..<table.utf8CodeUnitCount / 3 {
            // three bytes from 3 * i on are within the table
            let name = unsafe table.utf8Start + 3 * i
            if unsafe bytes[start] == name[0], unsafe bytes[start + 1] == name[1], unsafe bytes[start + 2] == name[2] { return i }
        }
        return nil
    }

    private static func isFullWeekday(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Bool {
        switch end - start {
        case 6: bytes.equals("Sunday", at: start) || bytes.equals("Monday", at: start) || bytes.equals("Friday", at: start)
        case 7: bytes.equals("Tuesday", at: start)
        case 8: bytes.equals("Thursday", at: start) || bytes.equals("Saturday", at: start)
        case 9: bytes.equals("Wednesday", at: start)
        default: false
        }
    }

    private static func digit(_ bytes: RawSpan, _ offset: Int) -> Int? {
        ASCII.isDigit(bytes[offset]) ? Int(bytes[offset] - ASCII.zero) : nil
    }

    private static func two(_ bytes: RawSpan, _ offset: Int) -> Int? {
        guard let tens = digit(bytes, offset), let ones = digit(bytes, offset + 1) else { return nil }
        return tens * 10 + ones
    }

    /// hh:mm:ss as seconds of a day; 60 seconds is a leap second, which counts as the next minute's first.
    private static func time(_ bytes: RawSpan, _ start: Int) -> Int? {
        guard let hour = two(bytes, start), let minute = two(bytes, start + 3), let second = two(bytes, start + 6),
            bytes[start + 2] == ASCII.colon, bytes[start + 5] == ASCII.colon, hour < 24, minute < 60, second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    private static func seconds(_ year: Int, _ month: Int, _ day: Int, _ time: Int) -> Int64? {
        guard let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch else { return nil }
        return days * 86_400 + Int64(time)
    }

    /// Callers have checked that three bytes from `offset` on are in the buffer, and `index` in the table.
    @unsafe
    private static func writeName(_ table: StaticString, _ index: Int, _ buffer: UnsafeMutableRawBufferPointer, _ offset: Int) {
        for i in 0..<3 { unsafe buffer[offset + i] = table.utf8Start[3 * index + i] }
    }

    /// Callers have checked that two bytes from `offset` on are in the buffer.
    @unsafe
    private static func writeTwo(_ value: Int, _ buffer: UnsafeMutableRawBufferPointer, _ offset: Int) {
        unsafe buffer[offset] = ASCII.zero + UInt8(truncatingIfNeeded: value / 10)
        unsafe buffer[offset + 1] = ASCII.zero + UInt8(truncatingIfNeeded: value % 10)
    }
}
