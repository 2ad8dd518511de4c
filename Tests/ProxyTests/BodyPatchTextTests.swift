import Proxy
import TestSupport
import Testing

/// Long strings are looked at in steps of 64 bytes, the last of which overlaps with the one before.
@Suite("Body patch: text in steps")
struct BodyPatchTextTests {
    private struct Piece {
        let bytes: [UInt8]
        /// What is wrong with it, and with which of its bytes; nil: nothing.
        let fault: (BodyFault, at: Int)?

        init(_ text: String, _ fault: (BodyFault, at: Int)? = nil) { (bytes, self.fault) = (Array(text.utf8), fault) }
        init(_ bytes: [UInt8], _ fault: (BodyFault, at: Int)? = nil) { (self.bytes, self.fault) = (bytes, fault) }
    }

    private static let pieces: [Piece] = [
        Piece("\\\""), Piece("\\\\"), Piece("\\\\\\\""), Piece("\\\\\\\\"), Piece("\\b\\f\\n\\r\\t\\/"), Piece("\\u00e9"), Piece("\\u00E9\\uD83D\\ude00"),
        Piece("é"), Piece("中"), Piece("😀"), Piece("한"), Piece("ไ"), Piece("é\\n中\\\""),
        Piece("\\x", (.invalidEscape, at: 0)), Piece("\\\\\\x", (.invalidEscape, at: 2)), Piece("\\u00g9", (.invalidEscape, at: 0)), Piece("\\U00e9", (.invalidEscape, at: 0)),
        Piece("\\é", (.invalidEscape, at: 0)), Piece("\\\n", (.invalidEscape, at: 0)), Piece("\n", (.controlCharacter, at: 0)), Piece("\u{1F}", (.controlCharacter, at: 0)),
        Piece([0], (.controlCharacter, at: 0)), Piece([0x80], (.invalidUTF8, at: 0)), Piece([0xC0, 0xAF], (.invalidUTF8, at: 0)), Piece([0xE4, 0xB8], (.invalidUTF8, at: 2)),
        Piece([0xED, 0xA0, 0x80], (.invalidUTF8, at: 1)), Piece([0xF4, 0x90, 0x80, 0x80], (.invalidUTF8, at: 1)), Piece([0xFF], (.invalidUTF8, at: 0)),
    ]

    @Test("each piece at every place, with the body's end near and far")
    func everyPlace() throws {
        let patcher = try Patcher()
        for piece in Self.pieces {
            for place in 0..<140 {
                for tail in [0, 1, 2, 30, 63, 64, 130] {
                    let head = Array("{\"a\":\"\(String(repeating: "x", count: place))".utf8)
                    let body = head + piece.bytes + Array("\(String(repeating: "y", count: tail))\",\"model\":\"old\"}".utf8)
                    let expected: Patcher.Outcome
                    if let (fault, at) = piece.fault {
                        expected = .refused(fault, at: head.count + at)
                    } else {
                        expected = .patched(body.dropLast(5) + Array("new\"}".utf8))
                    }
                    #expect(patcher.patch(body) == expected, "\(piece.bytes.shown) at \(place), \(tail) behind it")
                }
            }
        }
    }

    /// The first of two faults is told, wherever the steps' borders lie.
    @Test("of two faults the first")
    func twoFaults() throws {
        let patcher = try Patcher()
        let faulty = Self.pieces.filter { $0.fault != nil }
        for (first, second) in faulty.flatMap({ one in faulty.map { (one, $0) } }) {
            for place in [0, 50, 60, 63, 64, 100] {
                for between in [1, 20, 64] {
                    let head = Array("{\"a\":\"\(String(repeating: "x", count: place))".utf8)
                    let body = head + first.bytes + Array(String(repeating: " ", count: between).utf8) + second.bytes + Array("\",\"model\":\"old\"}".utf8)
                    guard let (fault, at) = first.fault else { continue }
                    #expect(patcher.patch(body) == .refused(fault, at: head.count + at), "\(first.bytes.shown), \(second.bytes.shown), \(place), \(between)")
                }
            }
        }
    }

    /// A name may be as long as a text.
    @Test("names of every length, with and without escape sequences")
    func names() throws {
        let patcher = try Patcher()
        for count in 0..<140 {
            for name in [String(repeating: "n", count: count), String(repeating: "n", count: count) + "\\u0041"] {
                let body = "{\"\(name)\":0,\"\\u006dodel\":\"old\",\"\(name)\":1}"
                #expect(patcher.patch(body) == .patched(Array(body.replacing("old", with: "new").utf8)))
            }
        }
    }

    @Test("a text without an end")
    func withoutEnd() throws {
        let patcher = try Patcher()
        for count in 0..<200 {
            let body = "{\"a\":\"\(String(repeating: "x", count: count))"
            #expect(patcher.patch(body) == .refused(.unexpectedEnd, at: body.utf8.count))
            #expect(patcher.patch(body + "\\") == .refused(.unexpectedEnd, at: body.utf8.count + 1))
            #expect(patcher.patch(body + "\\\"") == .refused(.unexpectedEnd, at: body.utf8.count + 2))
        }
    }
}
