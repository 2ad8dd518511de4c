import TestSupport
import Testing

@testable import Proxy

@Suite struct HTTPDecimalBytesTests {
    @Test(arguments: [0, 1, 9, 10, 99, 100, 65_535, 4_294_967_296, UInt64(Int64.max), .max - 1, .max])
    func writes(_ value: UInt64) {
        var bytes = Array(repeating: UInt8(ascii: "?"), count: DecimalBytes.maximumBytes + 2)
        let end = unsafe bytes.withUnsafeMutableBytes { unsafe DecimalBytes.write(value, to: $0, at: 1) }
        #expect(String(decoding: bytes[1..<end], as: UTF8.self) == "\(value)")
        #expect(bytes[0] == UInt8(ascii: "?") && bytes[end] == UInt8(ascii: "?"))
        #expect(DecimalBytes.count(value) == end - 1)
        #expect(DecimalBytes.parse(bytes.span.raw, ByteRange(1, end)) == value)
    }

    @Test(arguments: [
        ("0", 0), ("007", 7), ("18446744073709551615", .max), ("18446744073709551616", nil), ("99999999999999999999999999", nil),
        ("", nil), ("-1", nil), ("+1", nil), (" 1", nil), ("1 ", nil), ("1.", nil), ("a", nil), ("١", nil),
    ] as [(String, UInt64?)])
    func parses(_ text: String, _ value: UInt64?) {
        let bytes = Array(text.utf8)
        #expect(DecimalBytes.parse(bytes.span.raw, ByteRange(0, bytes.count)) == value)
    }

    @Test func maximum() {
        let bytes = Array("256".utf8)
        #expect(DecimalBytes.parse(bytes.span.raw, ByteRange(0, 3), maximum: 255) == nil)
        #expect(DecimalBytes.parse(bytes.span.raw, ByteRange(0, 3), maximum: 256) == 256)
    }

    @Test(arguments: [
        ("0", 0), ("-1", -1), ("+2", 2), (" \t3 ", 3), ("0.5", 0.5), ("-0.25", -0.25), (".5", 0.5), ("5.", 5), ("123456789012345", 123_456_789_012_345),
        ("-0", 0), ("", nil), (" ", nil), (".", nil), ("-", nil), ("+-1", nil), ("1.2.3", nil), ("1,5", nil), ("1e3", nil), ("0x1", nil), ("1s", nil),
        ("nan", nil), ("inf", nil), ("unlimited", nil), ("1 2", nil), (String(repeating: "9", count: 400), nil),
        ("-0." + String(repeating: "0", count: 400), 0), ("0.000000000000000000009", 0), ("2." + String(repeating: "9", count: 400), 3),
    ] as [(String, Double?)])
    func numbers(_ text: String, _ value: Double?) {
        let bytes = Array(text.utf8)
        #expect(DecimalBytes.parseNumber(bytes.span.raw, ByteRange(0, bytes.count)) == value)
    }
}
