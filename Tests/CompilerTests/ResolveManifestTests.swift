import Compiler
import Foundation
import Policies
import TestSupport
import Testing

/// Manifests that other projects ship: each compiles or draws a diagnostic with a place.
@Suite struct ResolveManifestTests {
    static let files: [String] = {
        guard let root = Corpora.root, let all = FileManager.default.enumerator(atPath: root + "/manifests") else { return [] }
        return all.compactMap { $0 as? String }.filter { $0.hasSuffix(".yaml") }.sorted().map { root + "/manifests/" + $0 }
    }()

    @Test(.enabled(if: Corpora.root != nil)) func everyManifestCompilesOrIsRefusedWithAPlace() throws {
        #expect(Self.files.count > 90)
        for path in Self.files {
            let compilation = Compilation(try Inputs.collect([path]))
            let errors = compilation.report.diagnostics.filter { $0.severity == .error }
            if ProcessInfo.processInfo.environment["SHOW"] != nil { print("###", path.split(separator: "/").last!, compilation.representation != nil); print(compilation.text) }
            #expect((compilation.representation != nil) == errors.isEmpty, "\(path)")
            #expect(errors.allSatisfy { $0.place != nil || $0.code == .noAPI }, "\(path)")
        }
    }

    @Test(.enabled(if: Corpora.root != nil)) func theWholeFolderAtOnce() throws {
        let files = try Inputs.collect([try #require(Corpora.root) + "/manifests"])
        let compilation = Compilation(files)
        #expect(compilation.representation == nil)
        #expect(compilation.report.diagnostics.contains { $0.code == .duplicateObject })
    }
}
