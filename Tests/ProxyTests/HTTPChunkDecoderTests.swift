import TestSupport
import Testing

@testable import Proxy

/// The chunked coding (RFC 9112 7.1).
@Suite struct HTTPChunkDecoderTests {
    struct Decoded: Equatable {
        var content = ""
        /// Bytes of the stream that belong to the body.
        var consumed = 0
        var outcome = ChunkStep.Outcome.needMore
    }

    /// Decodes a stream that arrives in pieces of at most so many bytes.
    static func decode(_ text: String, pieces size: Int = .max, firstPiece: Int? = nil) -> Decoded {
        let bytes = Array(text.utf8)
        var decoder = ChunkDecoder()
        var result = Decoded()
        var content: [UInt8] = []
        var next = firstPiece ?? min(size, bytes.count)
        while result.consumed < bytes.count, result.outcome == .needMore {
            var piece = Array(bytes[result.consumed..<next])
            let step = unsafe piece.withUnsafeMutableBytes { unsafe decoder.decode($0) }
            content += piece[..<step.produced]
            result.consumed += step.consumed
            result.outcome = step.outcome
            if step.outcome == .needMore { #expect(step.consumed == piece.count) }
            next = size == .max ? bytes.count : min(bytes.count, next + size)
        }
        result.content = String(decoding: content, as: UTF8.self)
        #expect(decoder.isDone == (result.outcome == .done))
        return result
    }

    static let good: [(String, String)] = [
        ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("a\r\n0123456789\r\n00A\r\nabcdefghij\r\n000\r\n\r\n", "0123456789abcdefghij"),
        ("1;a\r\nx\r\n0\r\n\r\n", "x"), ("1 \t;a=\"b;c\"\r\nx\r\n0;z\r\n\r\n", "x"), ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n"),
        ("0\r\nA: b\r\nContent-Length: 5\r\n\r\n", ""), ("3\r\nabc\r\n0\r\nA:\r\n\r\n", "abc"), ("1;\u{e9}\r\nx\r\n0\r\n\r\n", "x"),
    ]

    @Test(arguments: good)
    func goodBodies(_ body: String, _ content: String) {
        let next = "GET / HTTP/1.1\r\n"
        let expected = Decoded(content: content, consumed: body.utf8.count, outcome: .done)
        #expect(Self.decode(body + next) == expected)
        for size in 1...7 { #expect(Self.decode(body + next, pieces: size) == expected) }
        for cut in 1..<body.utf8.count { #expect(Self.decode(body + next, firstPiece: cut) == expected) }
        for cut in 0..<body.utf8.count { #expect(Self.decode(String(decoding: body.utf8.prefix(cut), as: UTF8.self)).outcome == .needMore) }
    }

    @Test(arguments: [
        ("\r\n", .chunkSizeMalformed), ("+5\r\n", .chunkSizeMalformed), ("-5\r\n", .chunkSizeMalformed), ("0x5\r\n", .chunkSizeMalformed),
        (" 5\r\n", .chunkSizeMalformed), ("5 \r\n", .chunkSizeMalformed), ("5\t\r\n", .chunkSizeMalformed), ("5_0\r\n", .chunkSizeMalformed),
        (";a\r\n", .chunkSizeMalformed), ("5g\r\n", .chunkSizeMalformed), ("5 5\r\n", .chunkSizeMalformed), ("\u{0}", .chunkSizeMalformed),
        ("8000000000000000\r\n", .chunkSizeTooLarge), ("10000000000000000\r\n", .chunkSizeTooLarge),
        ("000000000000000000000000000000000\r\n", .chunkSizeTooLarge),
        ("5\n", .chunkLineEnd), ("5\r5", .chunkLineEnd), ("5;a\n", .chunkLineEnd), ("5;a\rb", .chunkLineEnd), ("5;a\u{0}", .chunkExtensionMalformed),
        ("5;a\u{7f}", .chunkExtensionMalformed), ("1\r\nxy", .chunkDataEnd), ("1\r\nx\n", .chunkDataEnd), ("1\r\nx\ry", .chunkDataEnd),
        ("0\r\nA\r\n", .fieldWithoutColon), ("0\r\n: b\r\n", .fieldNameEmpty), ("0\r\nA : b\r\n", .blankInName), ("0\r\n b\r\n", .obsoleteFold),
        ("0\r\nA: b\n", .bareLF), ("0\r\nA: b\rc", .bareCR), ("0\r\n\n", .bareLF), ("0\r\n\rx", .bareCR), ("0\r\nA: \u{1}", .controlCharacter),
        ("0\r\nA(: b", .fieldNameNotToken), ("0\r\nA: b\r\n\tc", .obsoleteFold),
    ] as [(String, HTTPFault)])
    func badBodies(_ body: String, _ fault: HTTPFault) {
        let before = "3\r\nabc\r\n"
        let whole = Self.decode(before + body + "more")
        #expect(whole.outcome == .bad(fault) && whole.content.hasPrefix("abc"))
        #expect(Self.decode(before + body + "more", pieces: 1) == whole)
        for cut in 1..<(before + body).utf8.count { #expect(Self.decode(before + body + "more", firstPiece: cut) == whole) }
    }

    @Test func sizes() {
        #expect(Self.decode("7fffffffffffffff\r\nabc") == Decoded(content: "abc", consumed: 21, outcome: .needMore))
        #expect(Self.decode("00000000000000000000000000000001\r\na\r\n0\r\n\r\n").content == "a")
    }

    @Test func limits() {
        func ext(_ bytes: Int) -> String { "1;" + String(repeating: "x", count: bytes - 1) + "\r\na\r\n" }
        let limit = Limits.chunkExtensionBytes
        #expect(Self.decode(ext(limit) + "0\r\n\r\n").outcome == .done)
        #expect(Self.decode(ext(limit + 1)).outcome == .bad(.chunkExtensionsTooLarge))
        #expect(Self.decode("1" + String(repeating: " ", count: limit + 1)).outcome == .bad(.chunkExtensionsTooLarge))
        let full = String(repeating: ext(limit), count: Limits.bodyExtensionBytes / limit)
        #expect(Self.decode(full + "0\r\n\r\n").outcome == .done)
        #expect(Self.decode(full + "0;").outcome == .bad(.chunkExtensionsTooLarge))

        let lines = String(repeating: "a: b\r\n", count: Limits.trailerFields)
        #expect(Self.decode("0\r\n" + lines + "\r\n").outcome == .done)
        #expect(Self.decode("0\r\n" + lines + "a").outcome == .bad(.trailersTooLarge))
        let long = "a: " + String(repeating: "x", count: Limits.trailerBytes - 7) + "\r\n\r\n"
        #expect(Self.decode("0\r\n" + long).outcome == .done)
        #expect(Self.decode("0\r\na" + long).outcome == .bad(.trailersTooLarge))
        #expect(HTTPFault.trailersTooLarge.status == 431 && HTTPFault.chunkExtensionsTooLarge.status == 400)
    }

    @Test func emptyRegion() {
        var decoder = ChunkDecoder()
        let step = unsafe decoder.decode(UnsafeMutableRawBufferPointer(start: nil, count: 0))
        #expect(step == ChunkStep(consumed: 0, produced: 0, outcome: .needMore))
    }

    /// Content of random chunks comes out whole, however it is cut.
    @Test func randomBodies() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix64(state: seed)
        for _ in 0..<200 {
            var body = ""
            var content = ""
            for _ in 0..<Int.random(in: 0...5, using: &generator) {
                let chunk = String((0..<Int.random(in: 1...40, using: &generator)).map { _ in "abc\r\n0;".randomElement(using: &generator)! })
                body += String(chunk.utf8.count, radix: 16, uppercase: Bool.random(using: &generator)) + "\r\n" + chunk + "\r\n"
                content += chunk
            }
            body += "0\r\n\r\n"
            let result = Self.decode(body + "x", pieces: Int.random(in: 1...20, using: &generator))
            #expect(result == Decoded(content: content, consumed: body.utf8.count, outcome: .done), "seed \(seed)")
        }
    }
}
