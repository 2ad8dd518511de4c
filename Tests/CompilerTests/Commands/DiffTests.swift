import Compiler
import Policies
import RoutingTable
import Testing

@Suite("Comparing tables")
struct DiffTests {
    private func report(_ text: String) throws -> TableReport {
        let compilation = Compilation(text)
        return try TableReport(MappedTable(bytes: emitTable(try #require(compilation.representation, "\(compilation.text)"))))
    }

    private func changed(_ name: String, _ edits: [(String, String)]) throws -> TableDiff {
        let old = try ExampleTables.policies(name)
        var new = old
        for (from, to) in edits {
            let range = try #require(new.firstRange(of: from), "\(from)")
            new.replaceSubrange(range, with: to)
        }
        return try TableDiff(report(old), report(new))
    }

    private func detail(what: String, before: String?, after: String?) -> String { "\(what): \(before ?? "") > \(after ?? "")" }

    private func details(_ changes: [TableDiff.Change]) -> [String] {
        changes.flatMap(\.details).map { detail(what: $0.what, before: $0.before, after: $0.after) }
    }

    @Test("A table and itself: no difference", arguments: ExampleTables.names)
    func same(_ name: String) throws {
        let diff = try TableDiff(ExampleTables.report(name), ExampleTables.report(name))
        #expect(diff.isEmpty)
        #expect(ExampleTables.lines(diff.text).hasPrefix("No difference for traffic (traffic digest "))
    }

    @Test("Other files and lines: no difference")
    func positions() throws {
        let text = try ExampleTables.policies("chat")
        #expect(try TableDiff(report(text), report("# moved\n\n" + text)).isEmpty)
    }

    @Test("A review comment: shares, suspension, a moved route, a timeout")
    func text() throws {
        let diff = try changed("chat", [
            ("onQuotaExceedSuspendDuration: 60", "onQuotaExceedSuspendDuration: 90"), ("- model: birch-medium\n", "- model: birch-medium\n          weight: 2\n"),
            ("upstreamResponseTimeout: 120", "upstreamResponseTimeout: 60"), ("value: /models", "value: /catalogue"), ("valueKey: provider-b", "valueKey: provider-a"),
        ])
        #expect(ExampleTables.lines(diff.text) == """
            1 route added, 1 route removed, 2 pools changed, 1 backend changed.

            Routes
              + production: GET chat.example.com, exact /chat/1.0/catalogue  (test.yaml:47)
                  API: default/chat
                  models: APIPolicy default/chat-models
                  backends: default/provider-a
                  upstream path: /catalogue
              - production: GET chat.example.com, exact /chat/1.0/models  (test.yaml:47)

            Shares, suspension, failover
              ~ API default/chat, production models  (test.yaml:176)
                  suspension in seconds: 60 → 90
                  model         backend             before   after
                  atlas-large   default/provider-a  33.3 %  25.0 %   −8.3
                  birch-medium  default/provider-b  33.3 %  50.0 %  +16.7
                  atlas-mini    default/provider-a  33.3 %  25.0 %   −8.3
              ~ API default/chat, sandbox models  (test.yaml:194)
                  suspension in seconds: 60 → 90
                  model       backend              before    after
                  atlas-mini  (all)               100.0 %  100.0 %
                  atlas-mini  default/provider-a   50.0 %   50.0 %
                  atlas-mini  default/provider-b   50.0 %   50.0 %

            Backends
              ~ Backend default/provider-b  (test.yaml:117)
                  credential: header x-api-key = Secret default/provider-keys [provider-b] → header x-api-key = Secret default/provider-keys [provider-a]
                  timeout to the answer in ms: 120000 → 60000
            """)
        let markdown = ExampleTables.lines(diff.markdown)
        #expect(markdown.contains("| `birch-medium` | `default/provider-b` | 33.3 % | 50.0 % | +16.7 |"))
        #expect(markdown.hasPrefix("### Routing changes\n"))
    }

    @Test("A rewrite, an owner's name, the order of turns and an annotation are seen")
    func smallChanges() throws {
        let rewrite = try changed("weights", [("replacePrefixMatch: /", "replacePrefixMatch: /x")])
        #expect(details(rewrite.routes) == [detail(what: "upstream path", before: "/…", after: "/x/…")])
        let owner = try changed("weights", [("name: support-models", "name: support-rotation")])
        #expect(details(owner.pools) == [detail(what: "owner", before: "APIPolicy default/support-models", after: "APIPolicy default/support-rotation")])
        let turns = try changed("weights", [("- model: atlas-mini\n          weight: 1", "- model: m2\n          weight: 1"), ("- model: birch-medium\n          weight: 1\n", "- model: atlas-mini\n          weight: 1\n"), ("model: m2", "model: birch-medium")])
        #expect(turns.pools.count == 1)
        let annotation = try changed("weights", [("name: support-models", "name: support-models\n  annotations: {rtbl/failover-attempts: \"2\"}")])
        #expect(details(annotation.pools).contains(detail(what: "attempts at most", before: "3", after: "2")))
    }

    @Test("What is added one way is removed the other way")
    func symmetric() throws {
        for a in ExampleTables.names {
            for b in ExampleTables.names {
                let there = try TableDiff(ExampleTables.report(a), ExampleTables.report(b)), back = try TableDiff(ExampleTables.report(b), ExampleTables.report(a))
                for (x, y) in [(there.apis, back.apis), (there.routes, back.routes), (there.pools, back.pools), (there.backends, back.backends)] {
                    #expect(x.count { $0.kind == .added } == y.count { $0.kind == .removed })
                    #expect(x.count { $0.kind == .removed } == y.count { $0.kind == .added })
                    #expect(x.count { $0.kind == .changed } == y.count { $0.kind == .changed })
                }
                #expect(there.isEmpty == (a == b))
            }
        }
    }
}
