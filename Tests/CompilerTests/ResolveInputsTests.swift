import Compiler
import Foundation
import Policies
import Testing

@Suite struct ResolveInputsTests {
    private func folder(_ body: (String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("inputs-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: root + "/b/c", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        try body(root)
    }

    @Test func readsFoldersInTheOrderOfNames() throws {
        try folder { root in
            for name in ["z.yaml", "a.yml", "b/c/x.json", "b/k.apk-conf", "readme.md", ".hidden.yaml"] {
                try "x: 1".write(toFile: "\(root)/\(name)", atomically: true, encoding: .utf8)
            }
            let files = try Inputs.collect([root + "/"])
            #expect(files.map(\.relativeName) == ["a.yml", "b/c/x.json", "b/k.apk-conf", "z.yaml"])
            #expect(files.map(\.displayName) == files.map { root + "/" + $0.relativeName })
            let one = try Inputs.collect([root + "/b/../z.yaml"])
            #expect(one.map(\.relativeName) == ["z.yaml"] && one[0].displayName == root + "/b/../z.yaml")
            #expect(try one[0].text() == Array("x: 1".utf8))
            #expect(Compilation(files).report.diagnostics.contains { $0.code == .apkConf })
        }
    }

    @Test func saysWhatIsMissing() throws {
        #expect(throws: Inputs.Failure.missing("/nowhere/at-all.yaml")) { try Inputs.collect(["/nowhere/at-all.yaml"]) }
    }

    @Test func largeFilesAreReadWhole() throws {
        try folder { root in
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try Data(bytes).write(to: URL(fileURLWithPath: root + "/big.yaml"))
            #expect(try Inputs.collect([root + "/big.yaml"]).first?.text() == bytes)
        }
    }

    @Test func listsAndSeveralDocumentsAreOneInput() {
        let items = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n"
        let compilation = Compilation(items + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: a}\n")
        #expect(compilation.report.diagnostics.map(\.code) == [.noAPI, .duplicateObject])
        #expect(compilation.secrets.map(\.header.name) == ["a", "b"])
    }

    @Test func linksThatLeadNowhere() throws {
        try folder { root in
            try FileManager.default.createSymbolicLink(atPath: root + "/README", withDestinationPath: "/nowhere/at-all")
            #expect(try Inputs.collect([root]).isEmpty)
            try FileManager.default.createSymbolicLink(atPath: root + "/a.yaml", withDestinationPath: "/nowhere/at-all")
            #expect(throws: Inputs.Failure.missing(root + "/a.yaml")) { try Inputs.collect([root]) }
        }
    }

    @Test func namespacesCannotLeaveAFolder() {
        #expect(Compilation.isNamespace("team-a"))
        for bad in ["", ".", "..", "a/b", "A", "a.b", String(repeating: "a", count: 64)] { #expect(!Compilation.isNamespace(bad)) }
    }

    @Test func theNamespaceOfDocumentsThatNameNone() {
        var options = Compilation.Options()
        options.defaultNamespace = "team"
        let secrets = Compilation("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n", options: options).secrets
        #expect(secrets.map(\.header.namespace) == ["team"])
    }
}
