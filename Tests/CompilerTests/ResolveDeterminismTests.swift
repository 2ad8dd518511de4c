import Compiler
import Policies
import TestSupport
import Testing

@Suite struct ResolveDeterminismTests {
    /// The same documents in any order and any folder, in one file or in many: the same representation, but for the
    /// lines where a document has moved.
    @Test(.enabled(if: Corpora.sample != nil)) func orderDoesNotMatter() throws {
        let path = try #require(Corpora.sample)
        let sample = try #require(try Inputs.collect([path]).first)
        let text = String(decoding: try sample.text(), as: UTF8.self)
        let documents = text.components("---\n") + text.components("---\n")
            .map { $0.replacing("chat-", with: "talk-").replacing("mysecret", with: "other").replacing("my-openai", with: "a-openai").replacing("gw.wso2.com", with: "gw.example.com") }
        let files = documents.enumerated().map { ("part-\($0.offset).yaml", $0.element) }
        let compile = { (order: [(String, String)], folder: String) in
            Compilation(order.map { SourceFile(displayName: folder + $0.0, relativeName: $0.0, bytes: Array($0.1.utf8)) }).representation
        }
        let expected = try #require(compile(files, "a/"))
        #expect(expected.apis.count == 2)
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SplitMix64(state: seed)
        for _ in 0..<30 { #expect(compile(files.shuffled(using: &generator), "/elsewhere/b/") == expected, "seed \(seed)") }
    }

    @Test func diagnosticsFollowTheOrderOfTheFiles() {
        let broken = { (name: String) in SourceFile(displayName: name, relativeName: name, bytes: Array("apiVersion: dp.wso2.com/v1\nkind: API\nmetadata: {name: \(name)}\n".utf8)) }
        let names = { (files: [SourceFile]) in Compilation(files).report.diagnostics.compactMap { $0.place.map { Int($0.file) } } }
        #expect(names([broken("b"), broken("a")]) == [0, 1])
        #expect(Compilation([broken("b"), broken("a")]).text.hasPrefix("b:1:13: error[RT0122]"))
    }
}

private extension String {
    func components(_ separator: String) -> [String] { split(separator: separator).map(String.init) }
}
