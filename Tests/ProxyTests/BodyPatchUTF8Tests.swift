import Proxy
import TestSupport
import Testing

@Suite("Body patch: UTF-8")
struct BodyPatchUTF8Tests {
    private static let leads = [UInt8](0x80...0xFF)
    private static let edges: [UInt8] = [0x22, 0x41, 0x5C, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xED, 0xF4, 0xFF]

    /// Sequences that end where the string does, byte by byte in a short body and in steps of 64 bytes in a long one.
    private func check(_ sequence: [UInt8], _ patcher: Patcher, places: some Sequence<Int>) {
        // A quote or a backslash among them would change the string's end; those have their own test below.
        let isValid = String(validating: sequence, as: UTF8.self) != nil
        for place in places {
            for tail in [0, 80] {
                let body = Array("{\"\(String(repeating: "x", count: place))".utf8) + sequence + Array("\":0\(String(repeating: " ", count: tail))}".utf8)
                switch patcher.patch(body) {
                case .patched: #expect(isValid, "\(sequence) at \(place)")
                case .refused(let fault, let offset):
                    #expect(!isValid, "\(sequence) at \(place)")
                    #expect(fault == .invalidUTF8 && offset == 2 + place + validPrefix(sequence), "\(sequence) at \(place): \(fault) \(offset)")
                }
            }
        }
    }

    /// Bytes until the first that cannot go on, by the standard library.
    private func validPrefix(_ sequence: [UInt8]) -> Int {
        for count in 1...sequence.count {
            let isBegun = ([[]] + [[0x80], [0x90], [0xA0], [0x80, 0x80], [0x90, 0x80], [0xA0, 0x80], [0x80, 0x80, 0x80], [0x90, 0x80, 0x80]] as [[UInt8]])
                .contains { String(validating: sequence.prefix(count) + $0, as: UTF8.self) != nil }
            if !isBegun { return count - 1 }
        }
        return sequence.count
    }

    @Test("every sequence of two bytes")
    func two() throws {
        let patcher = try Patcher()
        for lead in Self.leads {
            check([lead], patcher, places: [0, 13, 14])
            for second in 0x80...UInt8(0xFF) { check([lead, second], patcher, places: [0, 13]) }
        }
    }

    @Test("sequences of three and four bytes at the edges, at every place in a block")
    func more() throws {
        let patcher = try Patcher()
        let continuations = Self.edges.filter { $0 != 0x22 && $0 != 0x5C }
        for lead: UInt8 in [0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF] {
            for second in continuations {
                for third in continuations {
                    check([lead, second, third], patcher, places: [12])
                    check([lead, second, third, 0x80], patcher, places: [11])
                }
                for fourth in continuations { check([lead, second, 0x80, fourth], patcher, places: [0, 11, 29]) }
            }
        }
        for sequence: [UInt8] in [
            Array("é".utf8), Array("中".utf8), Array("😀".utf8), [0xED, 0xA0, 0x80], [0xE0, 0x9F, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xC0, 0xAF], [0xE4, 0xB8], [0xF0, 0x9F, 0x98], [0xC3],
        ] { check(sequence, patcher, places: 0..<80) }
    }

    @Test("a quote, an escape or the body's end inside a character")
    func cut() throws {
        let patcher = try Patcher()
        for character in ["é", "中", "😀"] {
            let bytes = Array(character.utf8)
            for place in 0..<80 {
                let head = Array("{\"中\(String(repeating: "x", count: place))".utf8)
                for kept in 1..<bytes.count {
                    let begun = head + bytes.prefix(kept)
                    #expect(patcher.patch(begun + Array("\":0}          ".utf8)) == .refused(.invalidUTF8, at: begun.count))
                    #expect(patcher.patch(begun + Array("\\n\":0}         ".utf8)) == .refused(.invalidUTF8, at: begun.count))
                    #expect(patcher.patch(begun) == .refused(.unexpectedEnd, at: begun.count))
                }
                #expect(!patcher.patch(head + bytes + Array("\\n\(character)\":0}".utf8)).isRefused)
            }
        }
    }

    @Test("long texts of mixed scripts")
    func mixed() throws {
        var random = SplitMix64(state: bodyPatchSeed)
        let patcher = try Patcher()
        let parts = ["a", " ", "the quick brown fox jumps over it ", "é", "ß", "Ж", "人工智能", "한국어", "😀", "\\n", "\\\"", "\\u00e9", "\u{10FFFF}", "\u{800}", "ไทย"]
        for round in 0..<1_500 {
            var text = ""
            for _ in 0..<random.below(60) { text += parts[random.below(parts.count)] }
            let body = Array("{\"a\":\"\(text)\",\"model\":1}".utf8)
            let expected = Array("{\"a\":\"\(text)\",\"model\":\"new\"}".utf8)
            #expect(patcher.patch(body) == .patched(expected), "seed \(bodyPatchSeed) round \(round)")
            var broken = body
            let at = 6 + random.below(max(1, text.utf8.count))
            broken[at] = random.chance(50) ? UInt8(0x80 + random.below(128)) : broken[at] & 0x7F
            let jansson = Jansson(broken)
            let accepted = !patcher.patch(broken).isRefused
            #expect(accepted == (jansson.document != nil || jansson.isKnownRefusal), "seed \(bodyPatchSeed) round \(round): \(broken.shown)")
        }
    }
}
