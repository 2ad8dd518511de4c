import RoutingTable
import TestSupport
import Testing

@testable import Proxy

/// `traceparent` (W3C Trace Context, 3.2).
@Suite struct TraceParentTests {
    private static let valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    /// Trace and parent; nil: not valid. The bytes end where memory ends that may be read.
    private func parse(_ text: String) -> [String]? {
        let guarded = GuardedBytes(capacity: 200)
        return unsafe guarded.ending(Array(text.utf8)).withUnsafeBytes { raw in
            unsafe TraceParent(Bytes(raw)).map { [String(decoding: $0.traceID.copied, as: UTF8.self), String(decoding: $0.parentID.copied, as: UTF8.self)] }
        }
    }

    @Test func valid() {
        #expect(parse(Self.valid) == ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"])
        for flags in ["00", "01", "ff", "a0"] { #expect(parse(Self.valid.dropLast(2) + flags) != nil, "\(flags)") }
    }

    @Test func cutAnywhere() {
        for count in 0..<Self.valid.utf8.count { #expect(parse(String(Self.valid.prefix(count))) == nil, "\(count) bytes") }
    }

    /// Each byte replaced by each other one: digits for digits only, and dashes for dashes.
    @Test func everyByteAtEveryPlace() {
        let template = Array(Self.valid.utf8)
        let guarded = GuardedBytes(capacity: 200)
        for place in template.indices {
            for byte in UInt8.min ... .max {
                var text = template
                text[place] = byte
                let isDash = template[place] == UInt8(ascii: "-")
                let isHex = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
                let isValid = unsafe guarded.ending(text).withUnsafeBytes { unsafe TraceParent(Bytes($0)) != nil }
                #expect(isValid == (isDash ? byte == template[place] : isHex), "\(byte) at \(place)")
            }
        }
    }

    @Test(arguments: [
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0100", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01extra",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "", "-", "00", "x",
    ])
    func invalid(_ text: String) { #expect(parse(text) == nil) }

    @Test(arguments: ["", "-", "-what-is-to-come"])
    func ofALaterVersion(_ more: String) {
        #expect(parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" + more) == ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"])
    }
}
