import CTable
import RoutingTable
import TestSupport
import Testing
@testable import Compiler

@Suite("Regular expressions in a table")
struct RegexTableTests {
    private static func regexMatch(_ pattern: String, _ method: String? = nil) -> IR.Match {
        var match = EmitFixtures.match(.regularExpression, "/a/1", method)
        match.pattern = pattern
        return match
    }

    private static func table(_ rules: [(matches: [IR.Match], rewrite: IR.Rewrite)]) throws -> [UInt8] {
        var ir = EmitFixtures.minimal()
        ir.apis[0].rules = rules.enumerated().map { index, rule in
            var out = EmitFixtures.rule(index, host: "h", matches: rule.matches)
            out.rewrite = rule.rewrite
            return out
        }
        return try emitTable(ir)
    }

    /// The rule that answers; nil: none.
    private static func rule(_ mapped: borrowing MappedTable, _ path: String, _ method: Int = RTBL_METHOD_GET) throws -> UInt32? {
        let table = mapped.table
        let host = try #require(table.host(Bytes("h")))
        return RegexTesting.withBytes(path) { path in table.route(host: host, path: path, method: UInt16(method)).map { table.routes[$0.route].rule } }
    }

    @Test("Exact, then regular expressions by their literal prefix, then document order, then prefixes")
    func precedence() throws {
        let mapped = try MappedTable(bytes: Self.table([
            ([EmitFixtures.match(.prefix, "/a/1/chat/deep")], .none), // 0
            ([Self.regexMatch("/.*")], .none), // 1
            ([Self.regexMatch("/chat/.*")], .none), // 2
            ([Self.regexMatch("/cha[tx]/x")], .none), // 3
            ([Self.regexMatch("/chat/comp.*", "POST")], .none), // 4
            ([Self.regexMatch("/chat/[c]omp.*")], .none), // 5: the same prefix, later in the document
            ([EmitFixtures.match(.exact, "/a/1/chat/completions")], .none), // 6
            ([Self.regexMatch("/chat/[c]omp.*", "GET")], .none), // 7: the same expression with a method
            ([EmitFixtures.match(.prefix, "/a/1")], .none), // 8
        ]))
        for (path, rule) in [
            ("/a/1/chat/completions", 6), ("/a/1/chat/compare", 7), ("/a/1/chat/deep/x", 2), ("/a/1/chat", 2), ("/a/1/chax/x", 3), ("/a/1/x", 1),
            ("/a/1", 1), ("/a/1x", nil), ("/a", nil),
        ] as [(String, UInt32?)] {
            #expect(try Self.rule(mapped, path) == rule, "\(path)")
        }
        #expect(try Self.rule(mapped, "/a/1/chat/compare", RTBL_METHOD_POST) == 4)
        #expect(try Self.rule(mapped, "/a/1/chat/compare", RTBL_METHOD_PUT) == 5)
        let only = try MappedTable(bytes: Self.table([([Self.regexMatch("/x[0-9]")], .none), ([EmitFixtures.match(.prefix, "/a/1")], .none)]))
        #expect(try Self.rule(only, "/a/1/x1") == 0)
        #expect(try Self.rule(only, "/a/1/xy") == 1)
    }

    @Test("A new path takes the groups from the request's path", arguments: [
        ("/items/([^/]+)/(.*)", "/things/\\2/of/\\1", "/a/1/items/42/parts/9", "/v1/things/parts/9/of/42"),
        ("/items/(.*)", "/things/\\1", "/a/1/items", "/v1/things/"),
        ("(.*)", "\\1", "/a/1/x", "/v1/x"),
        ("/(?:(a)|b)", "/\\1z", "/a/1/b", "/v1/z"),
        ("(.*)/(.*)", "/\\2", "/a/1/x/y", "/v1/y"), // two ways at a byte: by the program
    ])
    func rewrite(pattern: String, value: String, path: String, expected: String) throws {
        let mapped = try MappedTable(bytes: Self.table([([Self.regexMatch(pattern)], .replaceFullPath(value))]))
        let table = mapped.table
        let host = try #require(table.host(Bytes("h")))
        var scratch = RegexScratch()
        let upstream: String? = RegexTesting.withBytes(path) { raw in
            var normalised = [UInt8](repeating: 0, count: raw.count)
            return unsafe normalised.withUnsafeMutableBufferPointer { buffer in
                guard let path = unsafe RequestPath(raw, scratch: buffer.baseAddress!),
                    let match = table.route(host: host, path: path.bytes, method: UInt16(RTBL_METHOD_GET), scratch: &scratch)
                else { return nil }
                let upstream = UpstreamPath(match, in: table, path: path, basePath: Bytes("/v1"), scratch: &scratch)
                let out = UnsafeMutablePointer<UInt8>.allocate(capacity: upstream.maxCount)
                defer { unsafe out.deallocate() }
                let count = unsafe upstream.write(to: out)
                return unsafe Bytes(base: out, count: count).text
            }
        }
        #expect(upstream == expected)
    }

    @Test("A group that the expression has not, or any group without one, is refused")
    func wrongGroups() throws {
        for (match, value) in [(Self.regexMatch("/(.*)"), "/\\2"), (EmitFixtures.match(.exact, "/a/1/x"), "/\\1"), (Self.regexMatch("/(.*)"), String(repeating: "/\\1", count: 17))] {
            #expect(throws: EmitError.self) { try Self.table([([match], .replaceFullPath(value))]) }
        }
        #expect(throws: EmitError.self) { try Self.table([([Self.regexMatch("/(")], .none)]) }
    }

    @Test("One expression in many routes is in the table once")
    func shared() throws {
        let matches = (0..<50).map { Self.regexMatch("/items/(.*)", $0 % 2 == 0 ? "GET" : "PUT") }
        let mapped = try MappedTable(bytes: Self.table([(matches, .none), (matches, .replaceFullPath("/\\1"))]))
        #expect(mapped.table.regexes.count == 1)
        #expect(mapped.table.routes.count == 100)
    }

    /// Every byte of the two sections and of the route's and node's fields, with the digest mended: the reader refuses
    /// the table, or reads it without harm.
    @Test("A byte changed anywhere in the expressions is refused or harmless", arguments: [
        ("/i/([^/]+)/(a|b)*", "/\\1"), ("(.*)/(.*)", "/\\2"), ("(?m)(?:a|b)*a(?:a|b){12}\\b$", "/x"),
    ])
    func mutations(pattern: String, value: String) throws {
        let bytes = try Self.table([([Self.regexMatch(pattern)], .replaceFullPath(value))])
        var generator = SplitMix64(state: 0x5eed_0007)
        print("seed 0x5eed0007")
        let sections = try MappedTable(bytes: bytes).directory.filter { [RTBL_SECTION_REGEXES, RTBL_SECTION_REGEX_DATA, RTBL_SECTION_ROUTES].contains(Int($0.kind)) }
        var refused = 0, accepted = 0
        let places = sections.flatMap { Array($0.offset..<$0.offset + $0.byteCount) }
        for place in places.count > 6000 ? (0..<6000).map({ _ in places[Int(generator.next() % UInt64(places.count))] }) : places {
            var mutated = TableFileEditor(bytes)
            mutated.setByte(place, to: [bytes[place] ^ (1 << UInt8(generator.next() % 8)), UInt8(truncatingIfNeeded: generator.next())][Int(generator.next() % 2)])
            mutated.repairDigest()
            do throws(TableFault) {
                let mapped = try MappedTable(bytes: mutated.bytes)
                for path in ["/a/1", "/a/1/i/x/aab", "/a/1/ababababaaabbbbabab", "/a/1//x/"] { Self.use(mapped, path) }
                accepted += 1
            } catch { refused += 1 }
        }
        #expect(refused > 0 && accepted > 0)
    }

    private static func use(_ mapped: borrowing MappedTable, _ text: String) {
        let table = mapped.table
        guard let host = table.host(Bytes("h")) else { return }
        var scratch = RegexScratch()
        RegexTesting.withBytes(text) { path in
            guard let request = unsafe RequestPath(path, scratch: UnsafeMutablePointer<UInt8>(bitPattern: 8)!),
                let match = table.route(host: host, path: request.bytes, method: UInt16(RTBL_METHOD_GET), scratch: &scratch)
            else { return }
            let upstream = UpstreamPath(match, in: table, path: request, basePath: Bytes("/v1"), scratch: &scratch)
            let out = UnsafeMutablePointer<UInt8>.allocate(capacity: upstream.maxCount)
            let count = unsafe upstream.write(to: out)
            #expect(count <= upstream.maxCount)
            unsafe out.deallocate()
        }
    }
}
