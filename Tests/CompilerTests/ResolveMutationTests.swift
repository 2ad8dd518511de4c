import Compiler
import Foundation
import Policies
import Testing

/// Damaged policies: whatever the bytes, the compiler answers, and it refuses exactly what it reports an error for.
@Suite struct ResolveMutationTests {
    private struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    private static let words = [
        "true", "~", "-1", "0", "1e9", "[]", "{}", "[[", "*a", "&a x", "<<: *a", "!!int x", "\"\"", "'", "\t", "---\n", "\u{2028}", "ü", "%2F", "..", "$.a", "99999999999999999999",
        "kind: API", "namespace: other", "weight: 65536", "|", "? a", "*", "\\1", "\r\n", "\0",
    ].map { Array($0.utf8) }

    @Test func answersWhateverTheBytes() throws {
        let sources = try ResolveBadTests.names.map { Array(try #require(FileManager.default.contents(atPath: "\(ResolveBadTests.folder)/\($0).yaml"))) }
        let rounds = ProcessInfo.processInfo.environment["ROUNDS"].flatMap { Int($0) } ?? 400
        let seed = UInt64.random(in: 1 ... .max)
        var random = Random(state: seed)
        for round in 0..<rounds {
            var bytes = try #require(sources.randomElement(using: &random))
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                let end = min(bytes.count, at + Int.random(in: 0..<12, using: &random))
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes.replaceSubrange(at..<end, with: Self.words.randomElement(using: &random) ?? [])
                case 1: bytes[at] = UInt8.random(in: 0...255, using: &random)
                case 2: bytes.removeSubrange(at..<end)
                case 3: bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: 0...bytes.count, using: &random))
                default: bytes.removeSubrange(min(at, bytes.count - 1)...)
                }
                if bytes.isEmpty { bytes = [0x0A] }
            }
            let compilation = Compilation([SourceFile(displayName: "m.yaml", relativeName: "m.yaml", bytes: bytes)])
            let hasErrors = compilation.report.diagnostics.contains { $0.severity == .error }
            #expect((compilation.representation == nil) == hasErrors, "seed \(seed), round \(round)")
            expectSameInPieces(bytes, compilation, pieceBytes: Int.random(in: 1...400, using: &random), "seed \(seed), round \(round)")
            for form in DiagnosticRenderer.Form.allCases {
                let text = DiagnosticRenderer(files: compilation.files).render(compilation.report, as: form)
                if form == .json || form == .sarif {
                    #expect(throws: Never.self, "seed \(seed), round \(round)") { _ = try JSONSerialization.jsonObject(with: Data(text.utf8)) }
                }
            }
        }
    }

    /// On several threads, and in pieces of a size that nobody would choose.
    private func expectSameInPieces(_ bytes: [UInt8], _ whole: Compilation, pieceBytes: Int, _ comment: Comment) {
        var options = Compilation.Options()
        (options.threads, options.pieceBytes) = (3, pieceBytes)
        let pieces = Compilation([SourceFile(displayName: "m.yaml", relativeName: "m.yaml", bytes: bytes)], options: options)
        #expect(pieces.representation == whole.representation, comment)
        #expect(pieces.report.diagnostics == whole.report.diagnostics, comment)
    }
}
