import Compiler
import Foundation
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

            Look twice
              ! removed: 404, unless another route takes its requests
                  production: GET chat.example.com, exact /chat/1.0/models

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

    // MARK: - Risks

    /// One API whose callers need tokens, with a second route, a limit and a credential over TLS.
    private static let guarded = """
        apiVersion: dp.wso2.com/v1alpha3
        kind: API
        metadata: {name: a}
        spec: {apiName: A, apiType: REST, apiVersion: "1", basePath: /a/1, organization: o, production: [{routeRefs: [r]}]}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: r}
        spec:
          hostnames: [h.example.com]
          rules:
          - {matches: [{path: {type: Exact, value: /x}}], backendRefs: [{group: dp.wso2.com, kind: Backend, name: b}]}
          - {matches: [{path: {type: Exact, value: /y}}], backendRefs: [{group: dp.wso2.com, kind: Backend, name: b}]}
        ---
        apiVersion: dp.wso2.com/v1alpha2
        kind: Backend
        metadata: {name: b}
        spec: {services: [{host: b.example.com, port: 443}], protocol: https, security: {apiKey: {in: Header, name: x-key, valueFrom: {name: s, valueKey: k}}}}
        ---
        apiVersion: dp.wso2.com/v1alpha2
        kind: TokenIssuer
        metadata: {name: i}
        spec: {name: i, organization: o, issuer: https://i, consumerKeyClaim: azp, scopesClaim: scope, signatureValidation: {jwks: {url: https://i/keys}}}
        ---
        apiVersion: dp.wso2.com/v1alpha3
        kind: RateLimitPolicy
        metadata: {name: l}
        spec: {default: {api: {requestsPerUnit: 5, unit: Minute}}, targetRef: {group: dp.wso2.com, kind: API, name: a}}
        ---
        apiVersion: dp.wso2.com/v1alpha4
        kind: APIPolicy
        metadata: {name: p}
        spec: {default: {cORSPolicy: {accessControlAllowOrigins: ["https://app.example.com"]}}, targetRef: {group: dp.wso2.com, kind: API, name: a}}

        """
    private static let open = "---\napiVersion: dp.wso2.com/v1alpha2\nkind: Authentication\nmetadata: {name: open}\nspec: {default: {disabled: true}, targetRef: {group: dp.wso2.com, kind: KIND, name: a}}\n"
    private static let y = "production: any method h.example.com, exact /a/1/y"

    struct Mistake: CustomTestStringConvertible, Sendable {
        var edits: [[String]]
        var more = ""
        var what: String
        var subjects: [String]
        var testDescription: String { what }
    }

    @Test("What opens, vanishes or goes elsewhere stands first", arguments: [
        Mistake(edits: [], more: open.replacing("KIND", with: "API"), what: "open to everybody: no authentication is asked for any more", subjects: ["API default/a"]),
        Mistake(
            edits: [["value: /y}}], ", "value: /y}}], filters: [{type: ExtensionRef, extensionRef: {group: dp.wso2.com, kind: Authentication, name: open}}], "]],
            more: open.replacing("KIND", with: "Resource"), what: "no authentication is asked for any more", subjects: [y]),
        Mistake(edits: [["[\"https://app.example.com\"]", "[\"*\"]"]], what: "pages of every origin may read answers in a browser", subjects: [y.replacing("/y", with: "/x"), y]),
        Mistake(
            edits: [["[\"https://app.example.com\"]", "[\"https://app.example.com\", \"https://b.example.com\"], accessControlAllowCredentials: true"]],
            what: "pages of https://app.example.com, https://b.example.com, with the user's credentials, may read answers in a browser", subjects: [y.replacing("/y", with: "/x"), y]),
        Mistake(edits: [["  - {matches: [{path: {type: Exact, value: /y}}], backendRefs: [{group: dp.wso2.com, kind: Backend, name: b}]}\n", ""]],
                what: "removed: 404, unless another route takes its requests", subjects: [y]),
        Mistake(edits: [["requestsPerUnit: 5, unit: Minute}}, targetRef: {group: dp.wso2.com, kind: API", "requestsPerUnit: 5, unit: Minute}}, targetRef: {group: dp.wso2.com, kind: Resource"]],
                what: "no longer limited in the number of requests", subjects: [y.replacing("/y", with: "/x"), y]),
        Mistake(edits: [["b.example.com, port: 443}], protocol: https", "b.example.com, port: 443}], protocol: http"]], what: "called without TLS", subjects: ["Backend default/b"]),
        Mistake(edits: [["host: b.example.com", "host: evil.example.com"]], what: "its credential is sent to another host", subjects: ["Backend default/b"]),
        Mistake(edits: [[", security: {apiKey: {in: Header, name: x-key, valueFrom: {name: s, valueKey: k}}}", ""]], what: "called without a credential", subjects: ["Backend default/b"]),
    ])
    func risks(_ mistake: Mistake) throws {
        let old = try report(Self.guarded)
        let text = mistake.edits.reduce(Self.guarded) { $0.replacing($1[0], with: $1[1]) } + mistake.more
        let diff = try TableDiff(old, report(text))
        let risk = try #require(diff.risks.first { $0.what == mistake.what }, "\(diff.risks)")
        #expect(risk.subjects == mistake.subjects)
        #expect(diff.risks.count <= 2, "\(diff.risks)")
        let lines = ExampleTables.lines(diff.text), markdown = ExampleTables.lines(diff.markdown)
        #expect(lines.contains("Look twice\n") && lines.contains("  ! \(mistake.what)\n"))
        #expect(markdown.contains("> [!CAUTION]\n") && markdown.contains("> **\(mistake.what)**: `\(mistake.subjects[0])`"))
        // The other way round it is no risk, but for a credential that goes elsewhere.
        #expect(try mistake.what.hasPrefix("its credential") || !TableDiff(report(text), old).risks.contains { $0.what == mistake.what })
    }

    @Test("A change of all routes of an API is said once; keys are told apart and not shown")
    func grouped() throws {
        let old = try report(Self.guarded)
        let cors = try TableDiff(old, report(Self.guarded.replacing("[\"https://app.example.com\"]", with: "[\"*\"]")))
        #expect(ExampleTables.lines(cors.text).components(separatedBy: "CORS: ").count == 2)
        #expect(ExampleTables.lines(cors.markdown).contains("CORS: `origins https://app.example.com` → `origins *`"))
        func keys(_ letter: String) -> String {
            Self.guarded.replacing("jwks: {url: https://i/keys}", with: "certificate: {certificateInline: \"\(RandomPolicies.pem(letter).replacing("\n", with: "\\n"))\"}")
        }
        let text = try ExampleTables.lines(TableDiff(report(keys("A")), report(keys("B"))).text)
        #expect(text.contains("authentication: ") && text.contains("SHA-256 ") && !text.contains("BEGIN CERTIFICATE"))
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
