import Policies
import TestSupport
import Testing

/// A file that is read in pieces says the same as one that is read at once.
@Suite struct PieceTests {
    /// nil: a piece cannot be read by itself, so that the file is read as a whole.
    private static func inPieces(_ bytes: [UInt8], pieceBytes: Int) throws -> Reading? {
        let source = SourceFile(displayName: "a.yaml", relativeName: "a.yaml", bytes: bytes)
        var cutter = try PieceCutter(source, file: 0, pieceBytes: pieceBytes)
        var reading = Reading(of: [])
        reading.isComplete = true
        while let piece = try cutter.next() {
            switch reading.read(YAMLParser(piece, strings: StringCache())) {
            case .complete: break
            case .faulty: reading.isComplete = false
            case .dependent: return nil
            }
        }
        return reading
    }

    private static func expectSame(_ bytes: [UInt8], _ comment: String) throws {
        let whole = Reading(bytes)
        for pieceBytes in [1, 20, 300] {
            guard let pieces = try inPieces(bytes, pieceBytes: pieceBytes) else { continue }
            #expect(pieces.documents == whole.documents, "\(comment), pieces of \(pieceBytes)")
            #expect(pieces.diagnostics.items == whole.diagnostics.items, "\(comment), pieces of \(pieceBytes)")
            #expect(pieces.isComplete == whole.isComplete, "\(comment), pieces of \(pieceBytes)")
        }
    }

    @Test(arguments: [
        "a: 1\n---\nb: 2\n---\nc: 3\n", "---\n---\n\n---\na\n...\n---\nb\n...\n# end\n", "a: |\n  ---\n  b\n---\nc: |+\n\n---\nd\n",
        "a: [1,\n---\nb]\n---\nc: 1\n", "a: \"x\n---\ny\"\n---\nc: 1\n", "a: 'x\n--- y'\n---\nc: 1\n", "a: x\n---y\n---\nb: z\n ---\n",
        "%TAG ! tag:x,2000:\n---\na: !b c\n---\nd: !b e\n...\n%TAG ! tag:y,2000:\n---\nf: !b g\n", "%YAML 1.1\n---\na\n%b\n---\nc\n",
        "\u{FEFF}a: 1\n---\nb: \u{85}\n--- c: d: e\n---\nf\u{2028}---\ng", "a\r---\rb\r\n---\r\nc: [\r\n---\r\nd\n", "a: b\n--- }\n---\nx: y\n--- {\n",
        "&a x: *a\n---\n*a : b\n---\n&a c: d\n", "a: 1\na: 2\n---\na: 3\na: 4\n", "\t\n---\n\ta\n---\nb\n", "--- |\n---\n--- >\n a\n---\n", "? \n---\n: a\n---\n- -\n",
    ])
    func readAlikeAtOnceAndInPieces(_ text: String) throws { try Self.expectSame(Array(text.utf8), text) }

    @Test func whatCannotBeReadByItselfIsSaid() throws {
        let bytes = Array("a: 1\n---\nb: ".utf8) + [0xFF] + Array("\n---\nc: 2\n".utf8)
        #expect(try Self.inPieces(bytes, pieceBytes: 1) == nil)
        let faulty = Array("a: [\n---\nb: ] \u{7}\n---\nc: 2\n".utf8)
        #expect(try Self.inPieces(faulty, pieceBytes: 1) == nil)
    }

    @Test func piecesAreAsLargeAsTheyShallBe() throws {
        let document = "---\na: " + String(repeating: "x", count: 90) + "\n"
        let bytes = Array(String(repeating: document, count: 1_000).utf8)
        var cutter = try PieceCutter(SourceFile(displayName: "a", relativeName: "a", bytes: bytes), file: 0, pieceBytes: 10_000)
        var sizes: [Int] = []
        while let piece = try cutter.next() { sizes.append(piece.size) }
        #expect(sizes.reduce(0, +) == bytes.count)
        #expect(sizes.count == 10 && sizes.dropLast().allSatisfy { (9_000...10_000).contains($0) }, "\(sizes)")
    }

    @Test(.enabled(if: Corpora.root != nil)) func theSuiteReadsAlike() throws {
        for item in YAMLSuiteTests.cases { try Self.expectSame(item.bytes, item.id) }
        let seed = UInt64.random(in: 1 ... .max)
        var random = SeededRandom(seed)
        for round in 0..<2_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 2...5, using: &random) {
                guard let item = YAMLSuiteTests.cases.randomElement(using: &random) else { continue }
                bytes += item.bytes + Array(["\n---\n", "\n--- ", "\n...\n", "\r---\r", ""].randomElement(using: &random)!.utf8)
            }
            for _ in 0..<Int.random(in: 0...2, using: &random) where !bytes.isEmpty {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                let words = ["---\n", "\n---\n", "[", "\"", "%", "\u{85}", "\n%TAG ! a:\n", "\t", "*a", "}"]
                bytes.replaceSubrange(at..<min(bytes.count, at + Int.random(in: 0...3, using: &random)), with: Array(words.randomElement(using: &random)!.utf8))
            }
            try Self.expectSame(bytes, "seed \(seed), round \(round): \(String(decoding: bytes, as: UTF8.self))")
        }
    }
}

/// Xorshift: the same numbers for the same seed.
private struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
