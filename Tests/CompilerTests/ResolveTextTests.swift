@testable import Compiler
import Policies
import Testing

@Suite struct ResolveTextTests {
    @Test(arguments: [
        ("/", ""), ("/a", "/a"), ("/a/", "/a"), ("/%61%2f%7e", "/a%2F~"), ("/a%3d", "/a%3D"), ("/a;b=c@d:e", "/a;b=c@d:e"), ("/%e4", "/%E4"),
    ])
    func normalisesPaths(_ text: String, _ expected: String) throws { #expect(try PathText.normalise(text) == expected) }

    @Test(arguments: ["", "a", "//", "/a//b", "/./a", "/a/..", "/%2e%2E/a", "/a b", "/a?b", "/a#b", "/a%2", "/a%zz", "/ü", "/a\u{0}", "/{x}", String(repeating: "/a", count: 65)])
    func refusesPaths(_ text: String) {
        #expect(throws: PathText.Fault.self) { try PathText.normalise(text) }
    }

    @Test(arguments: [
        ("/get", "/get"), ("^/get$", "/get"), (#"/v1\.0/a\-b"#, "/v1.0/a-b"), ("/a.b", nil), ("/a.*", nil), ("/(a)", nil), (#"/\d"#, nil), ("/a|/b", nil),
        ("/a$b", nil), ("/a{2}", nil), ("/a[b]", nil), (#"/a\"#, nil), ("/a+", nil),
    ])
    func knowsLiteralRegularExpressions(_ text: String, _ expected: String?) { #expect(PathText.literal(text) == expected) }

    @Test func knowsHosts() {
        #expect(HostText.routeHost("Chat.Example.com") == "chat.example.com")
        #expect(HostText.routeHost("*.example.com") == "*.example.com")
        for bad in ["", "*", "a..b", ".a", "a.", "-a", "a:80", "a_b", "*.*.a", "ü.de", "a b", String(repeating: "a", count: 64)] {
            #expect(HostText.routeHost(bad) == nil, "\(bad)")
        }
        for good in ["::1", "[::1]", "fe80::1:2", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "10.0.0.1", "llm_svc.ns"] { #expect(HostText.backendHost(good) != nil, "\(good)") }
        for bad in ["[::1", "1:2", "::1::", "1:2:3:4:5:6:7:8:9", "a:80", "http://a", "fe80::1%eth0", "::1.2.3"] { #expect(HostText.backendHost(bad) == nil, "\(bad)") }
        #expect(HostText.listener("*.example.com", takes: "a.b.example.com"))
        #expect(!HostText.listener("*.example.com", takes: "example.com"))
        #expect(HostText.listener("a.example.com", takes: "*.example.com"))
    }

    @Test func scalesWeightsIntoTheCycle() {
        #expect(Weights.reduced([50, 10, 10]) == [5, 1, 1])
        #expect(Weights.reduced([]) == [])
        #expect(Weights.cycle([65_534, 1]) == 65_535)
        for weights in [[100_000, 1], [1_000_000_000, 999_999_999], Array(repeating: 1_000_003, count: 200) + [1]] {
            let scaled = Weights.scaled(weights)
            #expect(scaled.reduce(0, +) <= 65_535 && scaled.allSatisfy { $0 >= 1 } && scaled.count == weights.count)
        }
    }
}
