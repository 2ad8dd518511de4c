import Compiler
import RoutingTable
import Testing

@Suite("Inspecting a table")
struct TableReportTests {
    private func report(_ ir: IR, debug: Bool = true) throws -> TableReport {
        try TableReport(MappedTable(bytes: emitTable(ir, debug: debug)))
    }

    private func lines(_ report: TableReport) -> [String] {
        var lines: [String] = []
        report.text { lines.append($0) }
        return lines
    }

    @Test("API, route, pool, target and backend, each with its place")
    func text() throws {
        var ir = EmitFixtures.minimal()
        ir.backends.append(EmitFixtures.backend("c", host: "fe80::1", port: 8080))
        ir.apis[0].pools[0].targets = [
            EmitFixtures.target("m", "b", weight: 5), EmitFixtures.target("n", "b"), EmitFixtures.target("m", "c"),
        ]
        let text = lines(try report(ir)).drop { !$0.hasPrefix("API") }.joined(separator: "\n")
        #expect(text == """
            API n/a  (f.yaml:1)
              A 1, base path /a/1, organization o, production
              open: asks for no authentication

              environment  host  method  match  path    upstream path  models  written at
              production   h     POST    exact  /a/1/x  /x             pool 0  f.yaml:3

              pool 0: production models of APIPolicy n/p
                rotation    A A B A C A A
                suspension  60 s on 429, remaining, longer if Retry-After says so
                failover    on 429, 503, 529, connect; 3 attempts at most
                provider    none named: the defaults
                model       in the request's body $.model
                    share  weight  model  backend  upstream
                A  71.4 %       5  m      n/b      http://p/v1
                B  14.3 %       1  n      n/b      http://p/v1
                C  14.3 %       1  m      n/c      http://[fe80::1]:8080/v1

            backends (timeouts that are not named are the dataplane's)
              backend  upstream                  written at
              n/b      http://p/v1               f.yaml:9
              n/c      http://[fe80::1]:8080/v1  f.yaml:9
            """)
    }

    @Test("A table without debug sections has no places; the rest is the same")
    func stripped() throws {
        let full = lines(try report(EmitFixtures.minimal())), stripped = lines(try report(EmitFixtures.minimal(), debug: false))
        #expect(full.contains { $0.contains("f.yaml") })
        #expect(!stripped.contains { $0.contains("f.yaml") })
        #expect(full.filter { $0.contains("rotation") } == stripped.filter { $0.contains("rotation") })
    }

    @Test("Upstream paths: the rest, a whole path, a prefix's value with what follows it")
    func upstreamPaths() throws {
        func path(_ type: IR.Match.PathType, _ rewrite: IR.Rewrite) throws -> String? {
            var ir = EmitFixtures.minimal()
            ir.apis[0].rules[0].matches = [EmitFixtures.match(type, "/a/1/x")]
            ir.apis[0].rules[0].rewrite = rewrite
            return try report(ir).apis[0].routes.first?.upstreamPath
        }
        #expect(try path(.exact, .none) == "/x")
        #expect(try path(.prefix, .none) == "/x/…")
        #expect(try path(.exact, .replaceFullPath("/y")) == "/y")
        #expect(try path(.prefix, .replaceFullPath("/y")) == "/y")
        #expect(try path(.prefix, .replacePrefixMatch("/")) == "/…")
        #expect(try path(.prefix, .replacePrefixMatch("/y/")) == "/y/…")
    }

    @Test("As JSON it holds the same")
    func json() throws {
        let text = String(decoding: try StableJSON.encode(report(EmitFixtures.minimal())), as: UTF8.self)
        #expect(text.contains("\"basePath\" : \"/a/1\""))
        #expect(text.contains("\"rotation\" : [\n"))
        #expect(text.hasSuffix("}\n"))
    }
}
