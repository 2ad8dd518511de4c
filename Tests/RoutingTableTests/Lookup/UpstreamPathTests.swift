import CTable
import RoutingTable
import TestSupport
import Testing
@testable import Compiler

/// SEMANTICS.md section 4. The API's base path is `/a/1`.
@Suite("Path at the backend")
struct UpstreamPathTests {
    /// What a request for `request` becomes; the room that is written to ends at a guard page.
    private static func join(_ type: IR.Match.PathType, _ path: String, _ rewrite: IR.Rewrite, _ request: String, base: String, apiBase: String = "/a/1") throws -> String {
        var ir = IR()
        ir.backends = [Fixtures.backend("b")]
        let rule = Fixtures.rule(0, hosts: ["h"], matches: [Fixtures.match(type, path, basePath: apiBase)], rewrite: rewrite)
        ir.apis = [Fixtures.api("a", basePath: apiBase, pools: [Fixtures.models(Fixtures.targets([1], backend: "b"))], rules: [rule])]
        return try withTable(ir) { table in
            try withBytes(request) { raw in
                let scratch = GuardedBytes(capacity: raw.count)
                let path = try #require(unsafe RequestPath(raw, scratch: scratch.scratch(raw.count)))
                let match = try #require(table.host(Bytes("h")).flatMap { table.route(host: $0, path: path.bytes, method: 0) })
                return withBytes(base) { base in
                    var regexScratch = RegexScratch()
                    let upstream = UpstreamPath(match, in: table, path: path, basePath: base, scratch: &regexScratch)
                    let out = GuardedBytes(capacity: upstream.maxCount)
                    let room = unsafe out.scratch(upstream.maxCount)
                    let count = unsafe upstream.write(to: room)
                    #expect(count <= upstream.maxCount)
                    defer { withExtendedLifetime(scratch) { _ in } }
                    return unsafe Bytes(base: room, count: count).text
                }
            }
        }
    }

    @Test("No rewrite: Backend's base path and what follows the API's", arguments: [
        // the sample: `/v1/`, whose slash the compiler cuts, and `/chat/completions`
        ("/a/1/chat/completions", "/v1/", "/v1/chat/completions"), ("/a/1/chat/completions", "/v1", "/v1/chat/completions"),
        ("/a/1/chat/completions", "", "/chat/completions"), ("/a/1/chat/completions", "/", "/chat/completions"),
        // a prefix keeps the trailing slash, escapes and double slashes of the request
        ("/a/1/x/", "/v1", "/v1/x/"), ("/a/1/x%2fy", "/v1", "/v1/x%2Fy"), ("/a/1//x", "/v1", "/v1//x"), ("/a/1/x/../y", "/v1", "/v1/y"),
        ("/a/1", "/v1", "/v1"), ("/a/1/", "/v1", "/v1/"), ("/a/1", "", "/"), ("/a/1/", "", "/"), ("/a/1/", "/v1/", "/v1/"),
    ])
    func prefixWithoutRewrite(request: String, base: String, expected: String) throws {
        #expect(try Self.join(.prefix, "/a/1", .none, request, base: base) == expected)
    }

    @Test("No rewrite: an exact path is forwarded without a forgiven slash", arguments: [
        ("/a/1/x", "/v1", "/v1/x"), ("/a/1/x/", "/v1", "/v1/x"), ("/a/1/x/", "", "/x"), ("/a/1/%78/", "/v1/", "/v1/x"),
    ])
    func exactWithoutRewrite(request: String, base: String, expected: String) throws {
        #expect(try Self.join(.exact, "/a/1/x", .none, request, base: base) == expected)
    }

    @Test("ReplaceFullPath: Backend's base path and the value, whatever the request's path", arguments: [
        ("/chat/completions", "/v1/", "/v1/chat/completions"), ("/chat", "/v1", "/v1/chat"), ("/chat", "", "/chat"), ("/chat/", "/v1", "/v1/chat/"),
        ("/", "/v1", "/v1/"), ("/", "", "/"), ("", "/v1", "/v1"), ("", "", "/"), ("chat", "/v1", "/v1/chat"), ("chat", "", "/chat"),
    ])
    func full(value: String, base: String, expected: String) throws {
        #expect(try Self.join(.exact, "/a/1/x", .replaceFullPath(value), "/a/1/x/", base: base) == expected)
        #expect(try Self.join(.prefix, "/a/1/x", .replaceFullPath(value), "/a/1/x/y/z/", base: base) == expected)
    }

    @Test("ReplacePrefixMatch: Backend's base path, the value, the rest", arguments: [
        ("/a/1/x", "/y", "/v1", "/v1/y"), ("/a/1/x/", "/y", "/v1", "/v1/y/"), ("/a/1/x/z", "/y", "/v1", "/v1/y/z"), ("/a/1/x/z", "/y/", "/v1/", "/v1/y/z"),
        ("/a/1/x/", "/y/", "/v1", "/v1/y/"), ("/a/1/x", "/y/", "/v1", "/v1/y/"), ("/a/1/x/z/", "/y", "/v1", "/v1/y/z/"),
        ("/a/1/x/z", "/", "/v1", "/v1/z"), ("/a/1/x", "/", "/v1", "/v1/"), ("/a/1/x/", "/", "/v1", "/v1/"), ("/a/1/x", "/", "", "/"),
        ("/a/1/x/z", "", "/v1", "/v1/z"), ("/a/1/x", "", "/v1", "/v1"), ("/a/1/x", "", "", "/"), ("/a/1/x/z", "/y", "", "/y/z"), ("/a/1/x/z", "y", "/v1", "/v1/y/z"),
    ])
    func prefix(request: String, value: String, base: String, expected: String) throws {
        #expect(try Self.join(.prefix, "/a/1/x", .replacePrefixMatch(value), request, base: base) == expected)
    }

    @Test("An API at the root", arguments: [("/", "/v1", "/v1/"), ("/x", "/v1", "/v1/x"), ("/", "", "/"), ("/x/", "", "/x/")])
    func root(request: String, base: String, expected: String) throws {
        #expect(try Self.join(.prefix, "", .none, request, base: base, apiBase: "/") == expected)
        #expect(try Self.join(.prefix, "", .none, request, base: base, apiBase: "") == expected)
    }
}
