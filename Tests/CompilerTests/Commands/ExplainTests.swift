import Compiler
import RoutingTable
import Testing

@Suite("Explaining a request")
struct ExplainTests {
    private func explain(_ table: String, _ method: String, _ url: String, _ headers: [String] = []) throws -> Explanation {
        try Explanation(RequestLine(method: method, url: url, headers: headers), in: ExampleTables.mapped(table))
    }

    @Test("The whole answer: host, route, policy, rotation, targets, each with its place")
    func text() throws {
        let text = ExampleTables.lines(try explain("weights", "POST", "https://chat.example.com/support/2.1/llm/a/%7eb?q=1").text)
        #expect(text == """
            POST /support/2.1/llm/a/~b?q=1 on chat.example.com

            host   chat.example.com, exact
            route  production, POST, prefix /support/2.1/llm (support.yaml:30)
            why    the host is named; the longest prefix that fits, and no exact path does
            API    default/support, Support 2.1, base path /support/2.1  (support.yaml:4)
                   open: asks for no authentication
            path   /… behind the Backend's base path

            pool 3 for all requests
              policy      APIPolicy default/support-models  (support.yaml:55)
              rotation    A A B A C A A
              suspension  30 s on 429, remaining, longer if Retry-After says so
              model       written into the request's body $.model
              failover    on 429, 503, 529, connect; 3 attempts at most
                  share  model         written at       backend             written at        URL
              A  71.4 %  atlas-large   support.yaml:56  default/provider-a  backends.yaml:5   http://provider-a.example.com/v1/a/~b?q=1
              B  14.3 %  atlas-mini    support.yaml:62  default/provider-a  backends.yaml:5   http://provider-a.example.com/v1/a/~b?q=1
              C  14.3 %  birch-medium  support.yaml:68  default/provider-b  backends.yaml:16  http://provider-b.example.com:8080/v1/a/~b?q=1
            """)
    }

    @Test("Host header, port, case, forms of the URL")
    func forms() throws {
        for (url, headers) in [
            ("http://CHAT.example.com:9080/chat/1.0/models/", []), ("chat.example.com/chat/1.0/models", []), ("HTTPS://chat.example.com/chat/./1.0/x/../models", []),
            ("/chat/1.0/models", ["host: Chat.Example.Com:80"]), ("http://other/chat/1.0/models", ["Host: chat.example.com"]),
        ] as [(String, [String])] {
            let explanation = try explain("chat", "GET", url, headers)
            #expect(explanation.route?.path == "/chat/1.0/models", "\(url)")
            #expect(explanation.pools.map(\.serves) == ["GET without a body: no model to write", "GET with a body"])
        }
    }

    @Test("What makes no request is refused with a reason", arguments: [
        ("GET", "/a"), ("GET", "ftp://h/a"), ("GET", "http://h/a#b"), ("GET", "http://u@h/a"), ("GET", "http://h/%zz"), ("GTE", "http://h/"), ("get", "http://h/"), ("GET", "http:///a"), ("GET", "http://h/a b"), ("GET", "http://h:x/"),
    ])
    func noRequest(_ method: String, _ url: String) {
        #expect(throws: RequestLine.Fault.self) { try RequestLine(method: method, url: url) }
    }

    @Test("No answer: unknown host, other method, unknown path; each with what is near")
    func failures() throws {
        let host = try #require(explain("chat", "POST", "chat.exmple.com/chat/1.0/chat/completions").failure)
        #expect(host.hints == ["did you mean the host \"chat.example.com\"?", "this request would be answered on chat.example.com, sandbox.chat.example.com"])
        let method = try #require(explain("chat", "PUT", "chat.example.com/chat/1.0/models").failure)
        #expect(method.reason == "/chat/1.0/models on chat.example.com is served for GET, not for PUT")
        let path = try #require(explain("chat", "POST", "chat.example.com/chat/1.0/chat/completion").failure)
        #expect(path.reason == "no route of chat.example.com has the path /chat/1.0/chat/completion")
        #expect(path.hints.first == "near is POST, exact /chat/1.0/chat/completions (api.yaml:34)")
    }

    @Test("Why not the others: method, kind, shorter prefix, order")
    func others() throws {
        var ir = EmitFixtures.minimal()
        ir.apis[0].rules = [
            EmitFixtures.rule(0, host: "h", matches: [
                EmitFixtures.match(.exact, "/a/1/x", "GET"), EmitFixtures.match(.exact, "/a/1/x", "POST"), EmitFixtures.match(.exact, "/a/1/x"),
            ]),
            EmitFixtures.rule(1, host: "h", matches: [EmitFixtures.match(.prefix, "/a/1"), EmitFixtures.match(.prefix, "/a/1/x"), EmitFixtures.match(.prefix, "/a/1/xy")]),
        ]
        let mapped = try MappedTable(bytes: emitTable(ir))
        let exact = Explanation(try RequestLine(method: "POST", url: "h/a/1/x"), in: mapped)
        #expect(exact.others.map(\.why) == [
            "is not for POST", "comes later: a method goes before none, more conditions before fewer, then document order decides",
            "an exact path goes before a prefix", "an exact path goes before a prefix",
        ])
        let prefix = Explanation(try RequestLine(method: "POST", url: "h/a/1/x/y"), in: mapped)
        #expect(prefix.route?.path == "/a/1/x")
        #expect(prefix.others.map(\.why) == ["is the shorter prefix"])
    }

    @Test("Every route of every example is found by its own request")
    func everyRoute() throws {
        for name in ExampleTables.names {
            for api in try ExampleTables.report(name).apis {
                for route in api.routes {
                    let host = route.host.hasPrefix("*") ? "a" + route.host.dropFirst() : route.host
                    let found = try explain(name, route.methods.first ?? "PUT", "http://\(host)\(route.path)")
                    #expect(found.route?.position == route.position)
                    #expect(found.api?.object == api.object)
                    #expect(!found.pools.isEmpty)
                }
            }
        }
    }
}
