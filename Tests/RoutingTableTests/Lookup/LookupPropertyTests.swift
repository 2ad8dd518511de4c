import CTable
import RoutingTable
import TestSupport
import Testing
@testable import Compiler

/// The lookup against SEMANTICS.md, on random tables whose hosts, paths and methods overlap as much as they can.
@Suite("Lookup")
struct LookupPropertyTests {
    private static let labels = ["a", "b", "c"]
    private static let segments = ["/a", "/b", "/ab", "/%2F", "/a.b", "/1.0"]
    private static let methods = ["GET", "POST", "PATCH", "DELETE"]
    private static let bits: [String: Int] = [
        "GET": RTBL_METHOD_GET, "POST": RTBL_METHOD_POST, "PATCH": RTBL_METHOD_PATCH, "DELETE": RTBL_METHOD_DELETE, "OTHER": 0,
    ]

    @Test("Finds what the rules say, in thousands of random tables")
    func random() throws {
        let seed = Seed(of: "lookup")
        var found = 0, missed = 0
        for round in 0..<600 {
            var random = seed.generator(round: round)
            let ir = Self.ir(&random)
            let reference = ReferenceRouter(ir)
            try withTable(ir) { table in
                for _ in 0..<60 {
                    let (host, path) = Self.request(&random, like: ir)
                    let method = Bool.random(using: &random) ? "POST" : Self.bits.keys.sorted().randomElement(using: &random)!
                    let rule = Self.rule(in: table, host: host, path: path, method: method)
                    let expected = reference.rule(host: host, path: path, method: method)
                    if expected == nil { missed += 1 } else { found += 1 }
                    guard rule != expected else { continue }
                    Issue.record("\(method) \(host)\(path): rule \(rule as Int?), not \(expected as Int?); round \(round), \(seed)")
                }
            }
        }
        #expect(found > 5000 && missed > 5000, "\(found) found, \(missed) missed")
    }

    private static func rule(in table: RoutingTable, host: String, path: String, method: String) -> Int? {
        withBytes(host) { host in
            withBytes(path) { raw in
                unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: raw.count) { scratch in
                    guard let path = unsafe RequestPath(raw, scratch: scratch.baseAddress!), let host = table.host(host) else { return nil }
                    return table.route(host: host, path: path.bytes, method: UInt16(bits[method]!)).map { table.routes[$0.route].ruleIndex.number }
                }
            }
        }
    }

    // MARK: - Random tables

    private static func ir(_ random: inout SplitMix64) -> IR {
        var ir = IR()
        ir.backends = [Fixtures.backend("b")]
        let width = Int.random(in: 1...4, using: &random)
        for number in 0..<Int.random(in: 1...5, using: &random) {
            let base = Self.path(&random, depth: 1...2)
            let rules = (0..<Int.random(in: 1...4, using: &random)).map { index in
                let hosts = Set((0..<Int.random(in: 1...width, using: &random)).map { _ in Self.host(&random, wildcards: true) })
                let matches = (0..<Int.random(in: 1...width, using: &random)).map { _ in Self.match(base, &random) }
                return Fixtures.rule(index, hosts: hosts.sorted(), matches: matches)
            }
            ir.apis.append(Fixtures.api("api\(number)", basePath: base, pools: [Fixtures.models(Fixtures.targets([1], backend: "b"))], rules: rules))
        }
        return ir
    }

    private static func match(_ base: String, _ random: inout SplitMix64) -> IR.Match {
        // A default version is served below the base path without its last segment, too.
        let isUnversioned = Int.random(in: 0..<4, using: &random) == 0
        let used = isUnversioned ? String(base[..<base.lastIndex(of: "/")!]) : base
        let method = Bool.random(using: &random) ? nil : methods.randomElement(using: &random)
        return Fixtures.match(Bool.random(using: &random) ? .exact : .prefix, used + path(&random, depth: 0...2), method, basePath: used)
    }

    private static func path(_ random: inout SplitMix64, depth: ClosedRange<Int>) -> String {
        (0..<Int.random(in: depth, using: &random)).map { _ in segments.randomElement(using: &random)! }.joined()
    }

    private static func host(_ random: inout SplitMix64, wildcards: Bool) -> String {
        let name = (0..<Int.random(in: 1...3, using: &random)).map { _ in labels.randomElement(using: &random)! }.joined(separator: ".")
        return wildcards && Bool.random(using: &random) ? "*." + name : name
    }

    /// Host and path of one of the matches, somewhat changed, or any others.
    private static func request(_ random: inout SplitMix64, like ir: IR) -> (host: String, path: String) {
        var host = host(&random, wildcards: false), path = path(&random, depth: 1...5)
        let rule = ir.apis.randomElement(using: &random)!.rules.randomElement(using: &random)!
        if Int.random(in: 0..<4, using: &random) > 0 {
            let pattern = rule.hosts.randomElement(using: &random)!
            host = pattern.hasPrefix("*") ? host + pattern.dropFirst() : pattern
        }
        if Int.random(in: 0..<4, using: &random) > 0 {
            path = rule.matches.randomElement(using: &random)!.path + Self.path(&random, depth: 0...1)
        }
        if Int.random(in: 0..<3, using: &random) == 0 { path += "/" }
        if Int.random(in: 0..<10, using: &random) == 0 { path += "/" }
        return (host, path.isEmpty ? "/" : path)
    }

    // MARK: - Cases by hand

    private static func answer(_ hosts: [String], _ matches: [IR.Match], to host: String, _ path: String, _ method: String = "POST") throws -> Int? {
        var ir = IR()
        ir.backends = [Fixtures.backend("b")]
        let rules = zip(hosts, matches).enumerated().map { Fixtures.rule($0, hosts: [$1.0], matches: [$1.1]) }
        ir.apis = [Fixtures.api("a", pools: [Fixtures.models(Fixtures.targets([1], backend: "b"))], rules: rules)]
        return try withTable(ir) { rule(in: $0, host: host, path: path, method: method) }
    }

    @Test("The longest wildcard wins, an exact host before it; a wildcard is not its own parent", arguments: [
        ("a.b.c", 0), ("x.b.c", 1), ("x.y.b.c", 1), ("b.c", 2), ("x.c", 2), ("c", nil), ("", nil), ("b.cc", nil), ("xb.c", 2),
    ])
    func hosts(host: String, expected: Int?) throws {
        let all = Fixtures.match(.prefix, "/a/1")
        #expect(try Self.answer(["a.b.c", "*.b.c", "*.c"], [all, all, all], to: host, "/a/1") == expected)
    }

    @Test("An exact host without a route for the request does not fall back to a wildcard")
    func noFallback() throws {
        let matches = [Fixtures.match(.exact, "/a/1/x"), Fixtures.match(.prefix, "/a/1")]
        #expect(try Self.answer(["h.w", "*.w"], matches, to: "h.w", "/a/1/y") == nil)
        #expect(try Self.answer(["h.w", "*.w"], matches, to: "i.w", "/a/1/y") == 1)
    }

    @Test("An exact path with another method leaves the request to a prefix", arguments: [("POST", 0), ("GET", 1), ("OTHER", 1)])
    func method(method: String, expected: Int) throws {
        let matches = [Fixtures.match(.exact, "/a/1/x", "POST"), Fixtures.match(.prefix, "/a/1")]
        #expect(try Self.answer(["h", "h"], matches, to: "h", "/a/1/x", method) == expected)
    }

    @Test("A method that has no bit matches routes for all methods only")
    func unknownMethod() throws {
        #expect(try Self.answer(["h"], [Fixtures.match(.prefix, "/a/1")], to: "h", "/a/1", "OTHER") == 0)
        #expect(try Self.answer(["h"], [Fixtures.match(.prefix, "/a/1", "GET")], to: "h", "/a/1", "OTHER") == nil)
    }

    @Test("A prefix matches whole segments, an exact path forgives one trailing slash", arguments: [
        ("/a/1/p", 0), ("/a/1/p/", 0), ("/a/1/p/q", 0), ("/a/1/px", nil), ("/a/1/p%2Fq", nil), ("/a/1/e", 1), ("/a/1/e/", 1),
        ("/a/1/e//", nil), ("/a/1/e/x", nil), ("/a/1/x/../e", 1), ("/a/1/%65", 1), ("/a/1", nil), ("/A/1/e", nil), ("/", nil),
    ])
    func paths(path: String, expected: Int?) throws {
        #expect(try Self.answer(["h", "h"], [Fixtures.match(.prefix, "/a/1/p"), Fixtures.match(.exact, "/a/1/e")], to: "h", path) == expected)
    }

    @Test("A path deeper than any in the table is looked at no deeper than that, and one of 64 segments is found")
    func depth() throws {
        let deep = "/a/1" + String(repeating: "/s", count: 62)
        let matches = [Fixtures.match(.prefix, deep), Fixtures.match(.prefix, "/a/1")]
        #expect(try Self.answer(["h", "h"], matches, to: "h", deep) == 0)
        #expect(try Self.answer(["h", "h"], matches, to: "h", deep + String(repeating: "/s", count: 5000)) == 0)
        #expect(try Self.answer(["h", "h"], matches, to: "h", String(deep.dropLast())) == 1)
    }

    @Test("A table without hosts finds nothing")
    func empty() throws {
        var ir = Fixtures.small()
        ir.apis = []
        let (host, none) = try withTable(ir) { ($0.host(Bytes("h")), $0.host(.empty)) }
        #expect(host == nil && none == nil)
    }
}
