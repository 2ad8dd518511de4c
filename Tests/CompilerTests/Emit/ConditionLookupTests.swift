import CTable
import RoutingTable
import Testing
@testable import Compiler

@Suite("Looking up routes with conditions")
struct ConditionLookupTests {
    /// Rules 0 to 4: two headers; one header; one query parameter; a prefix without conditions; a header that must
    /// match an expression as a whole.
    private static func table() throws -> MappedTable {
        func match(_ type: IR.Match.PathType, _ path: String, headers: [(String, String)] = [], parameters: [(String, String)] = []) -> IR.Match {
            var match = EmitFixtures.match(type, path)
            match.headers = headers.map { IR.Condition(name: $0.0, value: $0.1) }
            match.queryParameters = parameters.map { IR.Condition(name: $0.0, value: $0.1) }
            return match
        }
        var ir = EmitFixtures.minimal()
        var matches = [
            match(.exact, "/a/1/x", headers: [("x-a", "1"), ("x-b", "2")]), match(.exact, "/a/1/x", headers: [("x-a", "1")]),
            match(.exact, "/a/1/x", parameters: [("Q", "v w")]), match(.prefix, "/a/1"),
            match(.exact, "/a/1/x", headers: [("x-r", "a+")]),
        ]
        matches[4].headers[0].isRegularExpression = true
        ir.apis[0].rules = matches.enumerated().map { EmitFixtures.rule($0, host: "h", matches: [$1]) }
        return try MappedTable(bytes: emitTable(ir))
    }

    @Test(
        "The first route all of whose conditions hold",
        arguments: [
            ([("X-A", "1"), ("X-B", "2")], "", 0), ([("x-a", "1")], "", 1), ([("x-a", "1"), ("x-b", "3")], "", 1),
            ([("x-a", "1"), ("x-a", "1")], "", 3), ([], "Q=v%20w", 2), ([], "Q=v+w&Q=x", 2), ([], "Q=x&Q=v%20w", 3), ([], "%51=%76+w", 2),
            ([], "q=v%20w", 3), ([("x-b", "2")], "", 3), ([], "", 3),
            ([("x-r", "aa")], "", 4), ([("x-r", "aab")], "", 3), ([("x-r", "aa/")], "", 3), ([("x-r", "")], "", 3),
        ] as [([(String, String)], String, Int)])
    func choice(headers: [(String, String)], query: String, rule: Int) throws {
        let mapped = try Self.table()
        let table = mapped.table
        let request = RequestFields(headers: headers.map { ($0.0, $0.1) }, query: query)
        let host = try #require(table.host(Bytes("h")))
        let match = try #require(table.route(host: host, path: Bytes("/a/1/x"), method: UInt16(RTBL_METHOD_GET), request: request))
        #expect(Int(table.routes[match.route].rule) == rule)
    }

    /// What is asked about a request before it is sent.
    private struct Preflight: RequestConditions {
        var knowsHeaders: Bool { false }
        func header(_ name: Bytes) -> Bytes? { nil }
        func queryParameter(_ name: Bytes) -> Bytes? { nil }
    }

    @Test("Conditions on headers that are not known yet count as held")
    func preflight() throws {
        let mapped = try Self.table()
        let table = mapped.table
        let host = try #require(table.host(Bytes("h")))
        let match = try #require(table.route(host: host, path: Bytes("/a/1/x"), method: UInt16(RTBL_METHOD_GET), request: Preflight()))
        #expect(Int(table.routes[match.route].rule) == 0)
    }

    @Test("Repeated header fields are one value, joined with a comma")
    func joined() throws {
        let request = RequestFields(headers: [("X-A", "1"), ("other", ""), ("x-a", "2")])
        #expect(request.header(Bytes("x-a"))?.text == "1, 2")
        #expect(request.header(Bytes("other"))?.text == "")
        #expect(request.header(Bytes("X-A")) == nil)
    }
}
