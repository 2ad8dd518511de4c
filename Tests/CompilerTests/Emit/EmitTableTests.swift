import CTable
import Compiler
import RoutingTable
import Testing
@testable import Compiler

@Suite("Emitting a table")
struct EmitTableTests {
    @Test("The reader accepts it, and finds the route")
    func readable() throws {
        let mapped = try MappedTable(bytes: emitTable(EmitFixtures.minimal()))
        let table = mapped.table
        let host = try #require(table.host(Bytes("h")))
        let match = try #require(table.route(host: host, path: Bytes("/a/1/x"), method: UInt16(RTBL_METHOD_POST)))
        let rule = table.rules[table.routes[match.route].ruleIndex]
        let pool = table.pools[try #require(rule.modelPoolIndex)]
        #expect(table.string(table.targets[pool.target(0)].model_literal).text == "\"m\"")
        #expect(table.routes[match.route].strip_bytes == 4)
        #expect(table.route(host: host, path: Bytes("/a/1/x"), method: UInt16(RTBL_METHOD_GET)) == nil)
        #expect(table.route(host: host, path: Bytes("/a/1"), method: UInt16(RTBL_METHOD_POST)) == nil)
    }

    @Test("The same representation makes the same bytes; positions have no bearing on the traffic digest")
    func deterministic() throws {
        let ir = EmitFixtures.minimal()
        #expect(try emitTable(ir) == emitTable(ir))
        let stripped = try MappedTable(bytes: emitTable(ir, debug: false))
        let full = try MappedTable(bytes: emitTable(ir))
        #expect(stripped.header.trafficDigest == full.header.trafficDigest)
        #expect(stripped.header.digest != full.header.digest)
        #expect(stripped.table.positions == nil)
        #expect(full.table.positions?.apis[0].line == 1)
    }

    @Test("Through JSON and back, the table is the same")
    func throughJSON() throws {
        var ir = EmitFixtures.minimal()
        ir.apis[0].rules[0].rewrite = .replaceFullPath("/x\"é")
        ir.apis[0].rules[0].rewrite = .replacePrefixMatch("/v2")
        ir.apis[0].pools[0].provider?.totalTokens = .body(["usage", "total_tokens"])
        ir.apis[0].pools[0].provider?.responseModel = .header("x-model")
        let json = try ir.json()
        let back = try IR(json: json)
        #expect(back == ir)
        #expect(try back.json() == json)
        #expect(try emitTable(back) == emitTable(ir))
    }

    @Test("A representation of another version is refused by its number; one without fields by their names")
    func refusedJSON() throws {
        var ir = EmitFixtures.minimal()
        ir.version = 2
        let other = try ir.json()
        #expect(throws: IRCodingError.version(2)) { try IR(json: other) }
        let error = #expect(throws: IRCodingError.self) { try IR(json: Array(#"{"version": 1, "apis": [{}], "backends": []}"#.utf8)) }
        #expect(error?.description.contains("$.apis[0] has no \"") == true)
        #expect(throws: IRCodingError.self) { try IR(json: Array("[]".utf8)) }
        #expect(throws: IRCodingError.self) { try IR(json: []) }
    }

    @Test("Routes of one path: exact before prefix, versioned before unversioned, a method before none, then document order")
    func precedence() throws {
        var ir = EmitFixtures.minimal()
        let matches: [[IR.Match]] = [
            [EmitFixtures.match(.prefix, "/a/1/x")],
            [EmitFixtures.match(.exact, "/a/1/x", "GET", basePath: "/a")],
            [EmitFixtures.match(.exact, "/a/1/x")],
            [EmitFixtures.match(.prefix, "/a/1/x", "GET")],
            [EmitFixtures.match(.exact, "/a/1/x", "GET")],
            [EmitFixtures.match(.exact, "/a/1/x", "POST")],
        ]
        ir.apis[0].rules = matches.enumerated().map { EmitFixtures.rule($0, host: "h", matches: $1) }
        let mapped = try MappedTable(bytes: emitTable(ir))
        let routes = mapped.table.routes
        #expect(mapped.table.nodes.count == 1)
        #expect(routes.indices.map { Int(routes[$0].rule) } == [4, 5, 2, 1, 3, 0])
    }

    @Test("Nodes stand by host, exact before wildcard, then by path bytewise")
    func nodeOrder() throws {
        var ir = EmitFixtures.minimal()
        ir.apis[0].rules = ["*.b", "z", "*.a", "a.b"].enumerated().map { index, host in
            EmitFixtures.rule(index, host: host, matches: ["/a/1/z", "/a/1", "/a/1/x/y", "/a/1/x-"].map { EmitFixtures.match(.prefix, $0) })
        }
        let mapped = try MappedTable(bytes: emitTable(ir))
        let table = mapped.table
        #expect(table.hosts.indices.map { table.string(table.hosts[$0].name).text } == ["a.b", "z", ".a", ".b"])
        #expect((0..<4).map { table.string(table.nodes[$0].path).text } == ["/a/1", "/a/1/x-", "/a/1/x/y", "/a/1/z"])
        #expect(table.nodes.indices.map { Int(table.nodes[$0].host) } == (0..<16).map { $0 / 4 })
    }

    @Test("Pools with the same reduced weights share a rotation; equal records are there once")
    func shared() throws {
        var ir = EmitFixtures.minimal()
        ir.backends = [EmitFixtures.backend("b"), EmitFixtures.backend("c")]
        for (name, weights) in [("b", (2, 4)), ("c", (10, 20)), ("d", (2, 1))] {
            let targets = [EmitFixtures.target("m", "b", weight: weights.0), EmitFixtures.target("m", "c", weight: weights.1)]
            ir.apis.append(EmitFixtures.api(name, host: name, matches: [EmitFixtures.match(.prefix, "/a/1")], targets: targets))
        }
        let table = try MappedTable(bytes: emitTable(ir))
        #expect(table.table.rotations.count == 3)
        #expect(table.table.poolOptions.count == 1)
        #expect(table.table.providers.count == 1)
        #expect(table.table.backendSettings.count == 1)
    }

    @Test("A model's literal escapes quotes, backslashes and control characters only")
    func literals() {
        #expect(ModelLiteral.json("gpt-4o") == "\"gpt-4o\"")
        #expect(ModelLiteral.json("a\"b\\c/d") == "\"a\\\"b\\\\c/d\"")
        #expect(ModelLiteral.json("\u{0}\u{1f}\n\t\r\u{8}\u{c}\u{7f}") == "\"\\u0000\\u001f\\n\\t\\r\\b\\f\u{7f}\"")
        #expect(ModelLiteral.json("modèle-😀") == "\"modèle-😀\"")
    }

    @Test("What no table can hold is refused with the object's name")
    func refused() throws {
        func fault(_ change: (inout IR) -> Void) throws -> String {
            var ir = EmitFixtures.minimal()
            change(&ir)
            return try #require(#expect(throws: EmitError.self) { try emitTable(ir) }).description
        }
        #expect(try fault { $0.apis[0].pools[0].targets[0].weight = 0 }.contains("APIPolicy n/p: has the weight 0"))
        #expect(try fault { $0.apis[0].pools[0].targets = [] }.contains("APIPolicy n/p: has no target"))
        #expect(try fault { $0.apis[0].pools[0].targets += $0.apis[0].pools[0].targets }.contains("same identity"))
        #expect(try fault { $0.backends = [] }.contains("Backend \"n/b\""))
        #expect(try fault { $0.backends += $0.backends }.contains("f.yaml:9: Backend n/b: is there twice"))
        #expect(try fault { $0.backends[0].port = 65_536 }.contains("the port is 65536"))
        #expect(try fault { $0.backends[0].host = String(repeating: "x", count: 65_536) }.contains("65535 bytes"))
        #expect(try fault { $0.apis[0].rules[0].modelPool = 1 }.contains("HTTPRoute n/r, rule 0: pool 1"))
        #expect(try fault { $0.apis[0].rules[0].matches[0].type = .regularExpression }.contains("regular expression"))
        #expect(try fault { $0.apis[0].rules[0].matches[0].path = String(repeating: "/a", count: 65) }.contains("65 segments"))
        #expect(try fault { $0.apis[0].rules[0].matches[0].path = "/b" }.contains("base path"))
        #expect(try fault { $0.apis[0].pools[0].options.suspendOn = ["418"] }.contains("\"418\""))
    }

    @Test("The smallest table, byte for byte")
    func golden() throws {
        let bytes = try emitTable(EmitFixtures.minimal(), debug: false)
        let digits = Array("0123456789abcdef")
        let lines = stride(from: 0, to: bytes.count, by: 16).map { start in
            String(bytes[start..<min(start + 16, bytes.count)].flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
        }
        #expect(lines.joined(separator: "\n") == EmitGolden.minimal)
    }
}
