import Foundation
import Policies
import Testing

@Suite struct DiagnosticCodeTests {
    /// Codes that no file under Bad can draw, and why.
    private static let unreachable: [DiagnosticCode: String] = [
        .tooLarge: "takes a document of more than 2 GiB",
        .apkConf: "is about a file whose name ends with .apk-conf",
    ]

    @Test func everyCodeIsDrawnByAMistake() throws {
        var drawn: Set<String> = []
        for name in ResolveBadTests.names {
            let text = try String(contentsOfFile: "\(ResolveBadTests.folder)/\(name).txt", encoding: .utf8)
            for match in text.matches(of: /(error|warning)\[(RT\d{4})\]/) { drawn.insert(String(match.output.2)) }
        }
        for code in DiagnosticCode.allCases {
            let reason = Self.unreachable[code]
            #expect(drawn.contains(code.name) == (reason == nil), "\(code.name) (\(code.title)) \(reason ?? "has no file")")
        }
    }

    @Test(arguments: DiagnosticCode.allCases) func everyCodeIsDocumented(_ code: DiagnosticCode) {
        #expect(!code.title.isEmpty && !code.remedy.isEmpty)
        #expect(!code.example.mistake.isEmpty && !code.example.mend.isEmpty && code.example.mistake != code.example.mend)
        #expect(DiagnosticCode(name: code.name) == code && DiagnosticCode(name: String(code.rawValue)) == code)
        for text in [code.title, code.remedy] { #expect(!text.contains("yet") && !text.hasSuffix(".")) }
    }

    @Test func everyFieldIsListed() {
        #expect(FieldList.all.map(\.schema.kind) == Kind.allCases)
        let paths = Dictionary(grouping: FieldList.all.flatMap { list in list.entries.map { "\(list.schema.kind.rawValue) \($0.path)" } }, by: \.self)
        #expect(paths["APIPolicy spec.default.modelBasedRoundRobin.productionModels[].weight"] != nil)
        #expect(FieldList.markdown().contains("| `spec.rules[].filters[].requestMirror` | anything | error RT0508: mirroring is not served |"))
        #expect(!FieldList.markdown().contains("not served yet"))
    }
}
