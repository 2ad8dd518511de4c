import CJansson
import RoutingTable
import TestSupport
import Testing

@testable import Proxy

/// Lines of the access log: always one JSON object, whatever strangers send.
@Suite struct LogLineTests {
    /// `text` as the content of a JSON string.
    static func escaped(_ text: [UInt8], limit: Int = 10_000) -> [UInt8] {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 12_000) { memory in
            var buffer = unsafe Buffer(base: memory.baseAddress!, capacity: memory.count)
            unsafe text.withUnsafeBytes { unsafe buffer.append(json: Bytes($0), limit: limit) }
            return buffer.bytes.copied
        }
    }

    /// What jansson reads out of a JSON string with this content; nil: it is none.
    static func read(_ content: [UInt8]) -> [UInt8]? {
        let document = Array("[\"".utf8) + content + Array("\"]".utf8)
        let parsed = unsafe document.withUnsafeBytes { unsafe json_loadb($0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count, Int(JSON_ALLOW_NUL), nil) }
        guard let parsed = unsafe parsed else { return nil }
        defer { unsafe json_decref(parsed) }
        let string = unsafe json_array_get(parsed, 0)
        return unsafe (0..<json_string_length(string)).map { unsafe UInt8(bitPattern: json_string_value(string)![$0]) }
    }

    @Test func everyByteAtEveryPlace() {
        for byte in UInt8.min ... .max {
            for place in 0..<20 {
                var text = Array("abcdefghijklmnopqrs".utf8)
                text.insert(byte, at: place)
                let expected = Array(String(decoding: text, as: UTF8.self).utf8)
                #expect(Self.read(Self.escaped(text)) == expected, "byte \(byte) at \(place)")
            }
        }
    }

    @Test func textOfAllScripts() {
        let text = "a é € 😀 \u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff} \"\\/\u{0}\n"
        #expect(Self.read(Self.escaped(Array(text.utf8))) == Array(text.utf8))
    }

    /// Any bytes: valid UTF-8 comes back as it was, the rest replaced, and it is always one JSON string within its limit.
    @Test func anyBytes() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix64(state: seed)
        for _ in 0..<5000 {
            let text = (0..<random.below(80)).map { _ in random.chance(50) ? UInt8(random.below(256)) : UInt8(0x20 + random.below(95)) }
            let limit = 3 + random.below(120)
            let content = Self.escaped(text, limit: limit)
            #expect(content.count <= limit, "seed \(seed): \(text) in \(limit)")
            let value = Self.read(content)
            #expect(value != nil, "seed \(seed): \(text) in \(limit)")
            if String(validating: text, as: UTF8.self) != nil, let value, content.count < limit - 9 { #expect(value == text, "seed \(seed): \(text)") }
        }
    }

    @Test func isCutBetweenTwoCharacters() {
        let text = Array("aé\"😀\u{1}b".utf8)
        for limit in 3...30 {
            let content = Self.escaped(text, limit: limit)
            let whole = content == Self.escaped(text)
            #expect(content.count <= limit && (whole || String(decoding: content, as: UTF8.self).hasSuffix("…")), "\(limit)")
            #expect(Self.read(content) != nil, "\(limit)")
        }
        #expect(Self.escaped(text, limit: 3) == Array("…".utf8) && Self.escaped([], limit: 3) == [])
    }

    @Test func numbersTimesAndIdentities() {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Limits.logLineBytes) { memory in
            var line = unsafe LogLine(Buffer(base: memory.baseAddress!, capacity: memory.count))
            line.begin()
            line.quote()
            line.add(",\"a\":", 0)
            line.add(",\"b\":", .max)
            line.add(",\"c\":", nanos: 0)
            line.add(",\"d\":", nanos: 1_000_234_567)
            line.add(",\"e\":", nanos: .max)
            line.add(",\"f\":", identity: 0x0123_4567_89ab_cdef)
            line.add(",\"g\":", namespace: Bytes("n\""), name: Bytes("m"))
            line.add(",\"h\":", word: "passed" as String)
            line.end()
            let text = String(decoding: line.buffer.bytes.copied, as: UTF8.self)
            #expect(text == #"""
                {"time":"","a":0,"b":18446744073709551615,"c":0.000000,"d":1.000234,"e":18446744073.709551,"f":"0123456789abcdef","g":"n\"/m","h":"passed"}

                """#)
        }
    }

    /// A line with everything in it, and every text as long as it may be, fits.
    @Test func theLongestLineFits() {
        let texts = Limits.logPathBytes + Limits.logHostBytes * 2 + Limits.logMethodBytes * 3 + Limits.logSubjectBytes + Limits.logNameBytes * 6
        #expect(texts + 1600 <= Limits.logLineBytes, "names of fields and numbers take less than 1,600")
        let long = [UInt8](repeating: 1, count: 100_000)
        #expect(Self.escaped(long, limit: Limits.logPathBytes).count <= Limits.logPathBytes)
    }
}

@Suite struct LogClockTests {
    private func text(_ clock: inout LogClock, _ wallMillis: UInt64) -> String {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { memory in
            var buffer = unsafe Buffer(base: memory.baseAddress!, capacity: memory.count)
            clock.append(wallMillis: wallMillis, to: &buffer)
            return String(decoding: buffer.bytes.copied, as: UTF8.self)
        }
    }

    @Test func isTheTimestampOfTheStatusPage() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix64(state: seed)
        var clock = LogClock()
        var moments: [UInt64] = [0, 1, 999, 1000, 951_782_399_999, 951_782_400_000, 4_102_444_800_000, 253_402_300_799_999]
        for _ in 0..<2000 { moments.append(random.next() % 4_102_444_800_000) }
        for moment in moments { #expect(text(&clock, moment) == timestamp(moment), "seed \(seed): \(moment)") }
    }
}
