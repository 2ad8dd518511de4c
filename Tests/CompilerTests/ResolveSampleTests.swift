import Compiler
import Foundation
import Policies
import Testing

@Suite struct ResolveSampleTests {
    @Test(.enabled(if: Corpora.sample != nil)) func compilesWithItsWarningsOnly() throws {
        let path = try #require(Corpora.sample)
        let compilation = Compilation(try Inputs.collect([path]))
        #expect(compilation.representation != nil)
        let found = compilation.report.diagnostics.map { "\($0.code.name) \($0.severity.rawValue) \($0.place?.line ?? 0):\($0.place?.column ?? 0)" }
        print(compilation.text)
        let e = JSONEncoder(); e.outputFormatting = [.prettyPrinted, .sortedKeys]
        print(String(decoding: try e.encode(compilation.representation), as: UTF8.self))
        #expect(found == [])
    }
}
