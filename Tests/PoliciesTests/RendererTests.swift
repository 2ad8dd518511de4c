import Foundation
import Policies
import Testing

@Suite struct RendererTests {
    let files = [
        SourceFile(displayName: "policies/chat,1.yaml", relativeName: "chat,1.yaml", bytes: Array("kind: API\r\n\tname: \"ü-9\"\nlast".utf8)),
        SourceFile(displayName: "b.yaml", relativeName: "b.yaml", bytes: Array(("x: " + String(repeating: "y", count: 1_000)).utf8)),
    ]

    var report: DiagnosticReport {
        var diagnostics = Diagnostics()
        diagnostics.report(.openAPI, "open", at: Place(file: 1, line: 1, column: 900, length: 5))
        diagnostics.report(.modelBackendNotFound, "model \"a\": 100% gone", at: Place(file: 0, line: 2, column: 8, length: 5), help: "did you mean\n\"b\"?")
        diagnostics.report(.noAPI, "nothing", at: nil, help: "add one")
        diagnostics.report(.syntax, "end", at: Place(file: 0, line: 3, column: 5, length: 1))
        return diagnostics.report(strict: false)
    }

    @Test func text() {
        let lines = DiagnosticRenderer(files: files).render(report, as: .text).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(Array(lines.prefix(10)) == [
            "error[RT0126]: nothing",
            "  help: add one",
            "policies/chat,1.yaml:2:8: error[RT0203]: model \"a\": 100% gone",
            "  2 |  name: \"ü-9\"",
            "    |        ^~~~~",
            "  help: did you mean",
            "\"b\"?",
            "policies/chat,1.yaml:3:5: error[RT0101]: end",
            "  3 | last",
            "    |     ^",
        ])
        #expect(lines[10] == "b.yaml:1:900: warning[RT0415]: open")
        #expect(lines[11].hasPrefix("  1 | …yyy") && lines[11].unicodeScalars.count < 220)
        #expect(lines[12].filter { $0 == "~" }.count == 4)
    }

    @Test func color() {
        let text = DiagnosticRenderer(files: files).render(report, as: .text, color: true)
        #expect(text.contains("\u{1B}[1;31merror[RT0203]\u{1B}[0m"))
        #expect(!DiagnosticRenderer(files: files).render(report, as: .text).contains("\u{1B}"))
    }

    @Test func json() throws {
        let data = Data(DiagnosticRenderer(files: files).render(report, as: .json).utf8)
        let items = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        #expect(items.count == 4)
        #expect(items[1]["code"] as? String == "RT0203")
        #expect(items[1]["file"] as? String == "policies/chat,1.yaml")
        #expect(items[1]["column"] as? Int == 8)
        #expect(items[1]["help"] as? String == "did you mean\n\"b\"?")
        #expect(items[0]["line"] == nil)
    }

    @Test func sarif() throws {
        let data = Data(DiagnosticRenderer(files: files).render(report, as: .sarif).utf8)
        let log = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(log["version"] as? String == "2.1.0")
        let run = try #require((log["runs"] as? [[String: Any]])?.first)
        let results = try #require(run["results"] as? [[String: Any]])
        #expect(results.map { $0["ruleId"] as? String } == ["RT0126", "RT0203", "RT0101", "RT0415"])
        let rules = ((run["tool"] as? [String: Any])?["driver"] as? [String: Any])?["rules"] as? [[String: Any]]
        #expect(rules?.map { $0["id"] as? String } == ["RT0101", "RT0126", "RT0203", "RT0415"])
        #expect("\(results[1]["locations"]!)".contains("policies/chat%2C1.yaml"))
    }

    @Test func github() {
        let lines = DiagnosticRenderer(files: files).render(report, as: .github).split(separator: "\n")
        #expect(lines[1] == "::error file=policies/chat%2C1.yaml,line=2,col=8,endColumn=13,title=RT0203%3A backendRef of a model without its Backend::model \"a\": 100%25 gone%0Adid you mean%0A\"b\"?")
        #expect(lines.count == 4)
    }

    @Test(arguments: [false, true]) func warningsAreCountedBeyondTheLimit(_ all: Bool) {
        var diagnostics = Diagnostics(keepsAllWarnings: all)
        for line in 1...30 { diagnostics.report(.openAPI, "open", at: Place(file: 0, line: UInt32(line * 17 % 31), column: 1, length: 1)) }
        let report = diagnostics.report(strict: false)
        #expect(!report.failed)
        #expect(report.diagnostics.map { Int($0.place!.line) } == Array(1...(all ? 30 : 20)))
        #expect(DiagnosticRenderer(files: files).render(report, as: .text).contains("note: 10 more warnings RT0415") != all)
        let strict = diagnostics.report(strict: true)
        #expect(strict.failed && strict.diagnostics.allSatisfy { $0.severity == .error })
    }
}
