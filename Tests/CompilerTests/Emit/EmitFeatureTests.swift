import CTable
import RoutingTable
import Testing
@testable import Compiler

@Suite("Emitting the features of format 1.1")
struct EmitFeatureTests {
    @Test("Every part comes back from the table as it went in")
    func everything() throws {
        let ir = EmitFixtures.everything()
        let mapped = try MappedTable(bytes: emitTable(ir))
        let report = TableReport(mapped)
        let shared = try #require(report.shared)
        #expect(shared.authentications == ir.authentications)
        #expect(shared.tokenIssuers == ir.tokenIssuers)
        #expect(shared.corsPolicies == ir.corsPolicies)
        // Two rules of one API share the limit of scope api; that of scope resource counts for each of them.
        #expect(shared.rateLimits?.map(\.limit) == ir.rateLimits + [ir.rateLimits[1]])
        #expect(Set(try #require(shared.rateLimits).map(\.id)).count == 4)

        let routes = report.apis[0].routes, rules = ir.apis[0].rules
        #expect(routes[0].headers == rules[0].matches[0].headers)
        #expect(routes[0].queryParameters == rules[0].matches[0].queryParameters)
        let features = try #require(routes[0].features)
        #expect(features.requestHeaders == rules[0].requestHeaders)
        #expect(features.responseHeaders == rules[0].responseHeaders)
        #expect(features.requestTimeoutMillis == 0)
        #expect(features.backendRequestTimeoutMillis == 1_500)
        #expect((features.cors, features.authentication) == (0, 0))
        #expect(features.rateLimits == [0, 1, 2])
        #expect(routes[1].features?.redirect == rules[1].redirect)
        #expect(routes[1].features?.rateLimits == [0, 3])
        #expect(routes[2].features == nil)
        #expect((routes[3].match, routes[3].path, routes[3].pattern, routes[3].upstreamPath) == ("regex", "/a/1", "/w/([^/]+)/x", "/v/\\1"))

        let backend = try #require(report.backends[1].features), source = ir.backends[1]
        #expect(backend.tls == source.tls)
        #expect(backend.retry == source.retry)
        #expect(backend.circuitBreaker == source.circuitBreaker)
        #expect(backend.healthCheck == source.healthCheck)
        #expect(backend.aiRateLimit == source.aiRateLimit)
        #expect(backend.requestIdleTimeoutMillis == 300_000)
        #expect(report.backends[0].features == nil)
        #expect(report.apis[0].pools[0].options.sticky == .header("x-session"))
        #expect(report.apis[0].pools[0].targets.map(\.tier) == [0, 1])
    }

    @Test("Through JSON and back, the table is the same; what is absent is left out")
    func throughJSON() throws {
        let ir = EmitFixtures.everything()
        let json = try ir.json()
        let back = try IR(json: json)
        #expect(back == ir)
        #expect(try back.json() == json)
        #expect(try emitTable(back) == emitTable(ir))
        let plain = String(decoding: try EmitFixtures.minimal().json(), as: UTF8.self)
        for name in ["authentications", "rateLimits", "headers", "redirect", "timeouts", "cors", "tls", "sticky", "pattern"] {
            #expect(!plain.contains("\"\(name)\""))
        }
        #expect(!plain.contains("null"))
    }

    @Test("A table without the features has none of the sections")
    func absent() throws {
        let mapped = try MappedTable(bytes: emitTable(EmitFixtures.minimal(), debug: false))
        #expect(mapped.directory.map(\.kind) == Array(1...18))
        #expect(TableRequirements(mapped.table).uses.isEmpty)
    }

    @Test("What rules, APIs and backends have in common is there once")
    func shared() throws {
        var ir = EmitFixtures.everything()
        let one = try MappedTable(bytes: emitTable(ir)).directory
        for name in ["b", "c", "d"] {
            var api = ir.apis[0]
            api.object.name = name
            api.rules[0].rateLimits = []
            api.rules[1].rateLimits = []
            for rule in api.rules.indices { api.rules[rule].hosts = ["h-\(name)"] }
            ir.apis.append(api)
        }
        let four = try MappedTable(bytes: emitTable(ir)).directory
        let grown = zip(one, four).filter { $0.kind >= 19 && $0.kind < 64 && $0.count != $1.count }.map { pair in
            [Int(pair.0.kind), pair.1.count - pair.0.count]
        }
        // Two extras without limits, and stickiness for each of three pools more.
        #expect(grown == [[RTBL_SECTION_RULE_EXTRAS, 2], [RTBL_SECTION_POOL_EXTRAS, 3]])
    }

    @Test("Long texts are not bound by the limit of strings")
    func longTexts() throws {
        var ir = EmitFixtures.everything()
        let long = String(repeating: EmitFixtures.certificate, count: 5_000)
        ir.backends[1].tls?.certificates = long
        let report = TableReport(try MappedTable(bytes: emitTable(ir)))
        #expect(report.backends[1].features?.tls?.certificates == long)
    }

    @Test("Routes with more headers, then with more query parameters, come first")
    func precedence() throws {
        func match(_ headers: Int, _ parameters: Int) -> IR.Match {
            var match = EmitFixtures.match(.exact, "/a/1/x")
            match.headers = (0..<headers).map { IR.Condition(name: "h\($0)", value: "v") }
            match.queryParameters = (0..<parameters).map { IR.Condition(name: "q\($0)", value: "v") }
            return match
        }
        var ir = EmitFixtures.minimal()
        let matches = [match(0, 0), match(0, 2), match(1, 0), match(1, 1), match(2, 0), match(0, 2), EmitFixtures.match(.exact, "/a/1/x", "GET")]
        ir.apis[0].rules = matches.enumerated().map { EmitFixtures.rule($0, host: "h", matches: [$1]) }
        let mapped = try MappedTable(bytes: emitTable(ir))
        let table = mapped.table.routes
        #expect(table.indices.map { Int(table[$0].rule) } == [6, 4, 3, 2, 1, 5, 0])
    }

    @Test("Regular expressions: a route with a version first, then the longer literal prefix, then the document's order")
    func regexPrecedence() throws {
        func match(_ pattern: String, basePath: String = "/a/1", headers: Int = 0) -> IR.Match {
            var match = EmitFixtures.match(.regularExpression, basePath, basePath: basePath)
            match.pattern = pattern
            match.headers = (0..<headers).map { IR.Condition(name: "h\($0)", value: "v") }
            return match
        }
        var ir = EmitFixtures.minimal()
        let matches = [
            match("/1/xyz.*", basePath: "/a"), match("/[a-z]+"), match("/xy.*"), match("/.+"), match("/[a-z]+", headers: 1),
        ]
        ir.apis[0].rules = matches.enumerated().map { EmitFixtures.rule($0, host: "h", matches: [$1]) }
        let mapped = try MappedTable(bytes: emitTable(ir))
        #expect(mapped.table.nodes.count == 1)
        #expect(mapped.table.routes.indices.map { Int(mapped.table.routes[$0].rule) } == [2, 4, 1, 3, 0])
    }

    @Test("What no table can hold is refused with the object's name")
    func refused() throws {
        func fault(_ change: (inout IR) -> Void) throws -> String {
            var ir = EmitFixtures.everything()
            change(&ir)
            return try #require(#expect(throws: EmitError.self) { try emitTable(ir) }).description
        }
        let rule = "f.yaml:3: HTTPRoute n/r, rule 0: "
        #expect(try fault { $0.apis[0].rules[0].cors = 2 } == rule + "refers to corsPolicies[2], of which there are 2")
        #expect(try fault { $0.apis[0].rules[0].authentication = 2 }.contains("authentications[2]"))
        #expect(try fault { $0.apis[0].rules[0].rateLimits = [3] }.contains("rateLimits[3]"))
        #expect(try fault { $0.authentications[0].issuers = [2] }.contains("Authentication n/auth: refers to tokenIssuers[2]"))
        #expect(try fault { $0.authentications[0].issuers = [] }.contains("nobody issues"))
        #expect(try fault { $0.authentications[1].jwt = nil }.contains("names issuers without asking"))
        #expect(try fault { $0.authentications[0].oauth2?.header = "Authorization" }.contains("\"Authorization\" is not a header's name in lower case"))
        #expect(try fault { $0.tokenIssuers[1].keySetURL = nil }.contains("TokenIssuer n/other: has neither"))
        #expect(try fault { $0.tokenIssuers[0].certificates = "" }.contains("TokenIssuer n/issuer: the certificates are empty"))
        #expect(try fault { $0.corsPolicies[1].origins = [] }.contains("no origin"))
        #expect(try fault { $0.rateLimits[0].requests = 0 }.contains("RateLimitPolicy n/limits: the number of requests is 0"))
        #expect(try fault { $0.rateLimits[0].key = "k" }.contains("custom limit"))
        #expect(try fault { $0.apis[0].rules[0].requestHeaders[0].value = nil }.contains("header \"x-a\""))
        #expect(try fault { $0.apis[0].rules[1].redirect?.statusCode = 200 }.contains("redirect's status code"))
        #expect(try fault { $0.apis[0].rules[0].timeouts?.requestMillis = -1 }.contains("the request timeout in milliseconds is -1"))
        #expect(try fault { ir in ir.apis[0].rules[0].matches[0].headers = (0...16).map { IR.Condition(name: "h\($0)", value: "") } }.contains("more than 16"))
        #expect(try fault { $0.backends[1].retry?.statusCodes = [503, 429] }.contains("Backend n/b: the status codes"))
        #expect(try fault { $0.backends[1].healthCheck?.intervalSeconds = 0 }.contains("interval is 0"))
        #expect(try fault { $0.backends[1].aiRateLimit?.requests = nil; $0.backends[1].aiRateLimit?.tokens = nil }.contains("limits nothing"))
        #expect(try fault { $0.apis[0].pools[0].options.sticky = .claim("") }.contains("claim without a name"))
    }

    @Test("A table says which features it needs, and where first")
    func requirements() throws {
        let mapped = try MappedTable(bytes: emitTable(EmitFixtures.everything()))
        let requirements = TableRequirements(mapped.table)
        // SecretTextTests has the last one.
        let all = TableRequirements.Feature.allCases
        #expect(requirements.uses.map(\.feature) == all.filter { ![.claimStickiness, .secretTexts].contains($0) })
        let first = Dictionary(uniqueKeysWithValues: requirements.uses.map { ($0.feature, $0.first) })
        #expect(first[.redirects] == "API n/a, rule 1 of the table (f.yaml:4)")
        #expect(first[.backendTLS] == "Backend n/b (f.yaml:9)")
        #expect(first[.tiers] == "API n/a, pool of n/p")
        #expect(requirements.missing(from: Set(all)).isEmpty)
        var byClaim = EmitFixtures.everything()
        byClaim.apis[0].pools[0].options.sticky = .claim("sub")
        let other = try MappedTable(bytes: emitTable(byClaim))
        let uses = TableRequirements(other.table).uses.map(\.feature)
        #expect(uses.contains(.claimStickiness) && !uses.contains(.stickiness))
    }
}
