import TestSupport
import Testing

@testable import Proxy

/// Events as a reader by WHATWG HTML 9.2.6 gets them.
@Suite struct ServerSentEventTests {
    /// A reader of event streams that is not in a hurry. A line ends with CR LF, LF or CR.
    private static func read(_ bytes: [UInt8]) -> [(name: String, data: String)] {
        var events: [(String, String)] = []
        var name = "message", data: [String] = []
        for line in lineFeedsOnly(bytes).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map({ String(decoding: $0, as: UTF8.self) }) {
            if line.isEmpty {
                if !data.isEmpty { events.append((name, data.joined(separator: "\n"))) }
                (name, data) = ("message", [])
            } else if line.hasPrefix("event: ") {
                name = String(line.dropFirst(7))
            } else if line.hasPrefix("data: ") {
                data.append(String(line.dropFirst(6)))
            }
        }
        return events
    }

    private static func lineFeedsOnly(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        for (i, byte) in bytes.enumerated() where !(byte == UInt8(ascii: "\n") && i > 0 && bytes[i - 1] == UInt8(ascii: "\r")) {
            out.append(byte == UInt8(ascii: "\r") ? UInt8(ascii: "\n") : byte)
        }
        return out
    }

    @Test func isOneEventWithItsName() {
        let events = Self.read(ServerSentEvent(name: "tick", data: Array(#"{"a":"b"}"#.utf8)).encoded())
        #expect(events.count == 1 && events[0].name == "tick" && events[0].data == #"{"a":"b"}"#)
    }

    @Test(arguments: ["", "a\nb", "a\r\nb", "a\rb", "\n", "\n\n", "a\n", "\r\n\r\n", "data: x\n\nevent: y", ": c"])
    func noDataEndsAnEventEarly(data: String) {
        let follower = ServerSentEvent(name: "next", data: Array("2".utf8)).encoded()
        let events = Self.read(ServerSentEvent(name: "tick", data: Array(data.utf8)).encoded() + follower)
        #expect(events.map(\.name) == ["tick", "next"])
        #expect(events.first?.data == String(decoding: Self.lineFeedsOnly(Array(data.utf8)), as: UTF8.self))
    }

    @Test func theOpeningSaysWhenToComeBack() {
        #expect(String(decoding: ServerSentEvent.opening(retryMillis: 2000), as: UTF8.self) == "retry: 2000\n\n")
    }
}
