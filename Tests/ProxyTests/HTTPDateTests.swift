import TestSupport
import Testing

@testable import Proxy

@Suite struct HTTPDateTests {
    static func write(_ seconds: Int64) -> String {
        var bytes = Array(repeating: UInt8(ascii: "?"), count: HTTPDate.byteCount + 2)
        let end = unsafe bytes.withUnsafeMutableBytes { unsafe HTTPDate.write(secondsSinceEpoch: seconds, to: $0, at: 1) }
        #expect(end == HTTPDate.byteCount + 1 && bytes.first == bytes.last)
        return String(decoding: bytes[1..<end], as: UTF8.self)
    }

    static func parse(_ text: String, now: Int64 = 1_700_000_000) -> Int64? {
        let bytes = Array(("##" + text + "##").utf8)
        return HTTPDate.parse(bytes.span.raw, ByteRange(2, bytes.count - 2), now: now)
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] as [(Int64, String)])
    func knownDates(_ seconds: Int64, _ text: String) {
        #expect(Self.write(seconds) == text)
        #expect(Self.parse(text) == seconds)
    }

    @Test func outOfRange() {
        #expect(Self.write(-1) == Self.write(0) && Self.write(.min) == Self.write(0))
        #expect(Self.write(.max) == Self.write(HTTPDate.latestSeconds))
    }

    /// Every day of 800 years, at a moving time of day.
    @Test func roundTrips() {
        var seconds: Int64 = 0
        while seconds < 25_246_000_000 {
            let text = Self.write(seconds)
            if Self.parse(text) != seconds { Issue.record("\(seconds) \(text)") }
            seconds += 86_400 * 7 + 3671
        }
    }

    @Test func otherForms() {
        #expect(Self.parse("Sunday, 06-Nov-94 08:49:37 GMT") == 784_111_777)
        #expect(Self.parse("Sun Nov  6 08:49:37 1994") == 784_111_777)
        #expect(Self.parse("Wed Nov 16 08:49:37 1994") == 784_975_777)
        #expect(Self.parse("Wednesday, 16-Nov-94 08:49:37 GMT") == 784_975_777)
        #expect(Self.parse("Mon, 01 Jan 0001 00:00:00 GMT") == -62_135_596_800)
        #expect(Self.parse("Sun, 06 Nov 1994 23:59:60 GMT") == 784_166_400)
    }

    @Test(arguments: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"])
    func fullWeekdays(_ name: String) {
        #expect(Self.parse("\(name), 06-Nov-94 08:49:37 GMT") == 784_111_777)
        #expect(Self.parse("\(name)x, 06-Nov-94 08:49:37 GMT") == nil)
        #expect(Self.parse("\(name.dropLast())x, 06-Nov-94 08:49:37 GMT") == nil)
    }

    /// RFC 9110 5.6.7: more than 50 years ahead means the century before.
    @Test func twoDigitYears() {
        let in2023: Int64 = 1_700_000_000
        #expect(Self.parse("Monday, 01-Jan-24 00:00:00 GMT", now: in2023) == Self.parse("Mon, 01 Jan 2024 00:00:00 GMT"))
        #expect(Self.parse("Monday, 01-Jan-73 00:00:00 GMT", now: in2023) == Self.parse("Sun, 01 Jan 2073 00:00:00 GMT"))
        #expect(Self.parse("Monday, 01-Jan-74 00:00:00 GMT", now: in2023) == Self.parse("Tue, 01 Jan 1974 00:00:00 GMT"))
        #expect(Self.parse("Monday, 29-Feb-00 00:00:00 GMT", now: 4_133_980_800) == Self.parse("Tue, 29 Feb 2000 00:00:00 GMT"))
    }

    @Test(arguments: [
        "", "Sun", "0", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 gmt", "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun,  6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 29 Feb 1900 08:49:37 GMT", "Sun, 29 Feb 2023 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Xxx, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 199x 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1994 08:49:37 GMTX", "Sun, 06-Nov-1994 08:49:37 GMT", "Sun, 06 Nov 1994 08.49.37 GMT",
        "Sunday, 06-Nov-94 08:49:37 UTC", "Sundae, 06-Nov-94 08:49:37 GMT", "Funday, 31-Nov-94 08:49:37 GMT", "Monday, 31-Nov-94 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 19994", "Sun Nov  0 08:49:37 1994", "Sun Nov 31 08:49:37 1994", "Sun Nov 06 08:49:37 199 ",
        "------------------------", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "Wednesdayyy, 16-Nov-94 08:49:37 GMT",
    ])
    func notDates(_ text: String) {
        #expect(Self.parse(text) == nil)
    }
}
