import Testing

@testable import Proxy

/// request-line, request-target and Host (RFC 9112 2.2, 3; RFC 9110 4.2, 7.2, 9.3).
@Suite struct HTTPRequestLineTests {
    @Test(arguments: [
        ("GET / HTTP/1.1\r\n", nil), ("\r\nGET / HTTP/1.1\r\n", nil), ("\r\n\r\nGET / HTTP/1.1\r\n", nil),
        ("\r\n\r\n\r\nGET / HTTP/1.1\r\n", .tooManyEmptyLines), ("\rGET / HTTP/1.1\r\n", .bareCR), ("\nGET / HTTP/1.1\r\n", .bareLF),
        (" GET / HTTP/1.1\r\n", .requestLineMalformed), ("GET  / HTTP/1.1\r\n", .requestLineMalformed),
        ("GET /  HTTP/1.1\r\n", .requestLineMalformed), ("GET / HTTP/1.1 \r\n", .requestLineMalformed),
        ("GET\t/ HTTP/1.1\r\n", .requestLineMalformed), ("GET /\tHTTP/1.1\r\n", .targetCharacter),
        ("GET / HTTP/1.1\n", .bareLF), ("GET / HTTP/1.1\r\r\n", .bareCR), ("GET /\r\n", .requestLineMalformed),
        ("GET\r\n", .requestLineMalformed), ("GET\n", .bareLF), ("G(T / HTTP/1.1\r\n", .methodNotToken),
        ("GET / http/1.1\r\n", .versionMalformed), ("GET / HTTP/1.10\r\n", .versionMalformed), ("GET / HTTP/01.1\r\n", .versionMalformed),
        ("GET / HTTP/1.\r\n", .requestLineMalformed), ("GET / HTTP/2.0\r\n", .versionNotSupported),
        ("GET / HTTP/0.9\r\n", .versionNotSupported), ("GET / HTTP/1.7\r\n", nil), ("PRI * HTTP/2.0\r\n", .versionNotSupported),
        ("SSH-2.0-OpenSSH_9.2\r\n", .requestLineMalformed), ("\u{16}\u{3}\u{1}", .requestLineMalformed),
        ("CONNECT a:443 HTTP/1.1\r\n", .methodNotAllowed), ("CONNECT a HTTP/1.1\r\n", .targetForm),
        ("CONNECT / HTTP/1.1\r\n", .targetCharacter), ("TRACE / HTTP/1.1\r\n", .methodNotAllowed),
        ("GET a HTTP/1.1\r\n", .targetForm), ("GET a:80 HTTP/1.1\r\n", .targetForm), ("GET * HTTP/1.1\r\n", .targetForm),
        ("OPTIONS * HTTP/1.1\r\n", nil), ("OPTIONS *x HTTP/1.1\r\n", .targetForm), ("GET ftp://a/ HTTP/1.1\r\n", .targetForm),
        ("GET http://a/ HTTP/1.1\r\n", nil), ("GET HTTPS://a HTTP/1.1\r\n", .hostDiffersFromTarget),
        ("GET http:///x HTTP/1.1\r\n", .hostInvalid), ("GET http://u@a/ HTTP/1.1\r\n", .targetUserinfo),
        ("GET http://u:p@a/ HTTP/1.1\r\n", .targetUserinfo), ("GET http://b/ HTTP/1.1\r\n", .hostDiffersFromTarget),
        ("GET http://a:81/ HTTP/1.1\r\n", .hostDiffersFromTarget), ("GET /#x HTTP/1.1\r\n", .targetFragment),
        ("GET /?a#x HTTP/1.1\r\n", .targetFragment), ("GET /\u{7f} HTTP/1.1\r\n", .targetCharacter),
        ("GET /\u{0} HTTP/1.1\r\n", .targetCharacter), ("GET /é HTTP/1.1\r\n", .targetCharacter), ("GET /{a} HTTP/1.1\r\n", .targetCharacter),
        ("GET /%4 HTTP/1.1\r\n", .targetPercentEncoding), ("GET /?%zz HTTP/1.1\r\n", .targetPercentEncoding),
        ("GET /%41%2F?x[]=%20 HTTP/1.1\r\n", nil), ("GET /[] HTTP/1.1\r\n", .targetCharacter),
    ] as [(String, HTTPFault?)])
    func requestLine(_ line: String, _ fault: HTTPFault?) {
        let host = line.contains("HTTPS://a HTTP") ? "Host: a:80\r\n\r\n" : "Host: a\r\n\r\n"
        #expect(ParsedRequest(line + host).fault == fault)
        if fault == nil { #expect(ParsedRequest(line + host).outcome == .done(bytes: line.utf8.count + host.utf8.count)) }
    }

    @Test func targetsAreTakenApart() {
        let origin = ParsedRequest("GET /v1/a%20b?x=1?y HTTP/1.1\r\nHost: gw.example.com:8080\r\n\r\n")
        #expect(origin.method == .get && origin.targetForm == .origin)
        #expect(origin.target == "/v1/a%20b?x=1?y" && origin.path == "/v1/a%20b" && origin.query == "x=1?y")
        #expect(origin.host == "gw.example.com" && origin.port == 8080)
        let empty = ParsedRequest("GET /? HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(empty.path == "/" && empty.query == "" && empty.port == nil)
        let absolute = ParsedRequest("GET https://[::1]:443?q HTTP/1.1\r\nHost: [::1]\r\n\r\n")
        #expect(absolute.targetForm == .absolute && absolute.path == "" && absolute.query == "q")
        #expect(absolute.host == "[::1]" && absolute.port == 443)
        let old = ParsedRequest("GET http://A.b/x HTTP/1.0\r\n\r\n")
        #expect(old.host == "A.b" && old.path == "/x" && !old.keepAlive)
        let asterisk = ParsedRequest("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(asterisk.targetForm == .asterisk && asterisk.path == "*" && asterisk.query == nil)
    }

    @Test(arguments: [
        ("GET", .get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete), ("OPTIONS", .options), ("PATCH", .patch),
        ("get", .other), ("GETS", .other), ("PUR", .other), ("PROPFIND", .other), ("!#$%&'*+-.^_`|~09AZaz", .other),
    ] as [(String, HTTPMethod)])
    func methods(_ name: String, _ method: HTTPMethod) {
        #expect(ParsedRequest(request(method: name)).method == method)
        #expect(ParsedRequest(request(method: name)).outcome == .done(bytes: request(method: name).utf8.count))
    }

    /// Every byte in every place, against the grammar written out.
    @Test func everyByteOfMethodNamePathAndQuery() {
        let alphanumeric = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)
        let token = alphanumeric.union("!#$%&'*+-.^_`|~".utf8)
        let path = alphanumeric.union("-._~!$&'()*+,;=:@/".utf8)
        for byte in UInt8.min...UInt8.max {
            func isGood(_ before: String, _ after: String) -> Bool {
                if case .done = ParsedRequest(Array(before.utf8) + [byte] + Array(after.utf8)).outcome { true } else { false }
            }
            // behind 0 and behind 16 other bytes: the byte-wise and the vector part of the scan
            for padding in ["", "abcdefghijklmnop"] {
                #expect(isGood("G\(padding)", "T / HTTP/1.1\r\nHost: a\r\n\r\n") == token.contains(byte), "method \(byte)")
                #expect(isGood("GET / HTTP/1.1\r\nHost: a\r\nx\(padding)", "x: y\r\n\r\n") == (token.contains(byte) || byte == 0x3A), "name \(byte)")
                let inPath = path.contains(byte) || byte == 0x3F
                #expect(isGood("GET /\(padding)", "/ HTTP/1.1\r\nHost: a\r\n\r\n") == inPath, "path \(byte)")
                let inQuery = path.contains(byte) || "?[]".utf8.contains(byte)
                #expect(isGood("GET /?\(padding)", "zbcdefghijklmnopq HTTP/1.1\r\nHost: a\r\n\r\n") == inQuery, "query \(byte)")
                let inValue = byte == 9 || byte >= 0x20 && byte != 0x7F
                #expect(isGood("GET / HTTP/1.1\r\nHost: a\r\nx: a\(padding)", "b\r\n\r\n") == inValue, "value \(byte)")
            }
        }
    }

    @Test(arguments: [
        "a", "A.b-c_d~1", "a.", "a:", "a:0", "a:65535", "a:00080", "1.2.3.4", "1.2.3.4:5", "a%41", "a!$&'()*+,;=", "[::]", "[::1]:80",
        "[1:2:3:4:5:6:7:8]", "[1::8]", "[1:2:3:4:5:6:7::]", "[::2:3:4:5:6:7:8]", "[::1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]", "[v1.a:b]", "[fFfF::]",
    ])
    func goodHosts(_ host: String) {
        let parsed = ParsedRequest("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        #expect(parsed.fault == nil)
        let hasPort = host.hasPrefix("[") ? !host.hasSuffix("]") : host.contains(":")
        #expect(parsed.host == (hasPort ? String(host[..<host.lastIndex(of: ":")!]) : host))
    }

    @Test(arguments: [
        "", ":", ":80", ".", ".a", "a..b", "a:65536", "a:-1", "a:x", "a:80:80", "a:8 0", "a b", "a/b", "u@a", "é", "a%4", "a%4x", "a%", "a\"b",
        "[]", "[::", "::1", "[::1", "[:::]", "[1::2::3]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7:8::]", "[12345::]", "[g::]",
        "[1:]", "[1:", "[:1:2:3:4:5:6:7]", "[::1.2.3]", "[::1.2.3.256]", "[::01.2.3.4]", "[1.2.3.4]", "[1:2:3:4:5:6:7:1.2.3.4]", "[::1%25eth0]",
        "[::1]x", "[::1]:x", "[v.a]", "[v1.]", "[v1a]", "[v1.a", "a]", "[",
    ])
    func badHosts(_ host: String) {
        #expect(ParsedRequest("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n").fault == .hostInvalid)
        let absolute = ParsedRequest("GET http://\(host)/ HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        #expect(absolute.fault != nil)
    }

    @Test func hostIsThereOnce() {
        #expect(ParsedRequest("GET / HTTP/1.1\r\n\r\n").fault == .hostMissing)
        #expect(ParsedRequest("GET http://a/ HTTP/1.1\r\n\r\n").fault == .hostMissing)
        #expect(ParsedRequest("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n").fault == .hostRepeated)
        let old = ParsedRequest("GET / HTTP/1.0\r\n\r\n")
        #expect(old.fault == nil && old.host.isEmpty)
    }

    /// The bytes that decide stand at the end: nothing more has to arrive.
    @Test(arguments: [
        "\u{16}", "\u{0}", " ", "GET\n", "GET /\n", "GET /\r", "GET / HTTP/1.1\n", "GET / HTTP/1.1\rX", "SSH-2.0-x\r", "GET g", "GET / X",
        "GET / HTTP/1.1\r\n ", "GET / HTTP/1.1\r\n:", "GET / HTTP/1.1\r\nA\r", "GET / HTTP/1.1\r\nA ", "GET / HTTP/1.1\r\nA: b\n",
        "GET / HTTP/1.1\r\nA: b\rc", "GET / HTTP/1.1\r\nA: b\u{1}", "GET / HTTP/1.1\r\nA: b\r\n\t", "GET / HTTP/1.1\r\n\rx", "\rx",
    ])
    func refusedAtOnce(_ text: String) {
        #expect(ParsedRequest(text).fault != nil)
        #expect(ParsedRequest(Array(text.utf8.dropLast())).outcome == .needMore)
    }

    @Test func longLines() {
        func get(_ count: Int) -> String { "GET /" + String(repeating: "a", count: count - 16) + " HTTP/1.1\r\n" }
        let limit = Limits.requestLineBytes
        #expect(get(limit).utf8.count == limit)
        #expect(ParsedRequest(get(limit) + "Host: a\r\n\r\n").fault == nil)
        #expect(ParsedRequest(get(limit + 1) + "Host: a\r\n\r\n").fault == .requestLineTooLong)
        #expect(ParsedRequest(String(get(limit + 9).prefix(limit))).fault == .requestLineTooLong)
        #expect(ParsedRequest(String(get(limit + 9).prefix(limit - 1))).outcome == .needMore)
        #expect(HTTPFault.requestLineTooLong.status == 414)
        let method = String(repeating: "M", count: Limits.methodBytes)
        #expect(ParsedRequest(request(method: method)).fault == nil)
        #expect(ParsedRequest(method + "M").fault == .methodTooLong)
        #expect(HTTPFault.methodTooLong.status == 501)
    }

    @Test func manyOrLargeFields() {
        let lines = (1..<Limits.headFields).map { "a\($0): b\r\n" }.joined()
        #expect(ParsedRequest("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n").fields.count == Limits.headFields)
        #expect(ParsedRequest("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "x").fault == .tooManyFields)
        let head = "GET / HTTP/1.1\r\nHost: a\r\nx: "
        let filler = String(repeating: "y", count: Limits.headBytes - head.utf8.count - 4)
        #expect(ParsedRequest(head + filler + "\r\n\r\n").outcome == .done(bytes: Limits.headBytes))
        #expect(ParsedRequest(head + filler + "y\r\n\r\n").fault == .headTooLarge)
        #expect(ParsedRequest(head + filler + "\r\n\r").outcome == .needMore)
        #expect(HTTPFault.headTooLarge.status == 431 && HTTPFault.tooManyFields.status == 431)
    }
}
