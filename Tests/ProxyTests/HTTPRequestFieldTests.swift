import TestSupport
import Testing

@testable import Proxy

/// Field lines and what they say about framing and connection (RFC 9112 5, 6, 9; RFC 9110 5, 7.6, 10.1).
@Suite struct HTTPRequestFieldTests {
    @Test(arguments: [
        ("A: b", nil), ("A:b", nil), ("A:", nil), ("A: \t b \t ", nil), ("A: b\tc", nil), ("A: \u{e9}", nil), ("|~: 1", nil),
        ("A : b", .blankInName), ("A\t: b", .blankInName), ("A B: c", .blankInName), (": b", .fieldNameEmpty), ("A", .fieldWithoutColon),
        ("A: b\r\n c", .obsoleteFold), ("A: b\r\n\tc", .obsoleteFold), ("A: b\rc", .bareCR), ("A: b\nC: d", .bareLF), ("A: b\r\nC\n", .bareLF),
        ("A: b\u{0}c", .controlCharacter), ("A: b\u{1b}c", .controlCharacter), ("A: b\u{7f}c", .controlCharacter),
        ("A(: b", .fieldNameNotToken), ("\u{e9}: b", .fieldNameNotToken), ("A\u{0}: b", .fieldNameNotToken), ("\"A\": b", .fieldNameNotToken),
    ] as [(String, HTTPFault?)])
    func fieldLines(_ line: String, _ fault: HTTPFault?) {
        #expect(ParsedRequest(request(line)).fault == fault)
        #expect(ParsedRequest(request("Padding: abcdefghijklmnopqrstuvwxyz", line, "Padding: abcdefghijklmnopqrstuvwxyz")).fault == fault)
    }

    @Test func firstLine() {
        #expect(ParsedRequest("GET / HTTP/1.1\r\n A: b\r\n\r\n").fault == .blankBeforeFirstField)
        #expect(ParsedRequest("GET / HTTP/1.1\r\n\tA: b\r\n\r\n").fault == .blankBeforeFirstField)
    }

    @Test func valuesAreTrimmedAndKeptInOrder() {
        let parsed = ParsedRequest(request("A: \t b c \t", "a:", "B: \t ", "A: d"))
        #expect(parsed.fields == [["Host", "a"], ["A", "b c"], ["a", ""], ["B", ""], ["A", "d"]])
    }

    @Test(arguments: [
        (["Content-Length: 0"], nil), (["Content-Length: 010"], nil), (["content-length:5 "], nil),
        (["Content-Length: 9223372036854775807"], nil), (["Content-Length: 9223372036854775808"], .contentLengthInvalid),
        (["Content-Length: 99999999999999999999999"], .contentLengthInvalid), (["Content-Length: "], .contentLengthInvalid),
        (["Content-Length: +5"], .contentLengthInvalid), (["Content-Length: -5"], .contentLengthInvalid),
        (["Content-Length: 0x5"], .contentLengthInvalid), (["Content-Length: 5 5"], .contentLengthInvalid),
        (["Content-Length: 5a"], .contentLengthInvalid), (["Content-Length: 1_0"], .contentLengthInvalid), (["Content-Length: 5.0"], .contentLengthInvalid),
        (["Content-Length: 42, 42"], .contentLengthRepeated), (["Content-Length: 42", "Content-Length: 42"], .contentLengthRepeated),
        (["Content-Length: 42", "Content-Length: 43"], .contentLengthRepeated),
        (["Transfer-Encoding: chunked"], nil), (["transfer-encoding:CHUNKED"], nil),
        (["Transfer-Encoding: chunked", "Content-Length: 5"], .lengthAndTransferEncoding),
        (["Content-Length: 5", "Transfer-Encoding: identity"], .lengthAndTransferEncoding),
        (["Transfer-Encoding: gzip"], .transferEncodingNotChunked), (["Transfer-Encoding: identity"], .transferEncodingNotChunked),
        (["Transfer-Encoding: chunked, gzip"], .transferEncodingNotChunked), (["Transfer-Encoding: xchunked"], .transferEncodingNotChunked),
        (["Transfer-Encoding: chunkedx"], .transferEncodingNotChunked), (["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], .transferEncodingNotChunked),
        (["Transfer-Encoding: gzip, chunked"], .transferEncodingUnknown), (["Transfer-Encoding: gzip", "Transfer-Encoding: chunked"], .transferEncodingUnknown),
        (["Transfer-Encoding: gzip;a=b, chunked"], .transferEncodingUnknown),
        (["Transfer-Encoding: chunked, chunked"], .transferEncodingRepeated), (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], .transferEncodingRepeated),
        (["Transfer-Encoding: chunked;q=1"], .transferEncodingMalformed), (["Transfer-Encoding: chunked x"], .transferEncodingMalformed),
        (["Transfer-Encoding: "], .transferEncodingMalformed), (["Transfer-Encoding: , chunked"], .transferEncodingMalformed),
        (["Transfer-Encoding: chunked,"], .transferEncodingMalformed), (["Transfer-Encoding: \"chunked\""], .transferEncodingMalformed),
        (["Transfer-Encoding: chunked", "Transfer-Encoding:"], .transferEncodingMalformed),
    ] as [([String], HTTPFault?)])
    func framing(_ lines: [String], _ fault: HTTPFault?) {
        let text = "POST / HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
        #expect(ParsedRequest(text).fault == fault)
    }

    @Test func framingIsReported() {
        let none = ParsedRequest(request())
        #expect(none.contentLength == nil && !none.isChunked)
        #expect(ParsedRequest(request("Content-Length: 010")).contentLength == 10)
        let chunked = ParsedRequest(request("Transfer-Encoding: Chunked"))
        #expect(chunked.isChunked && chunked.contentLength == nil && chunked.hopByHop == ["Transfer-Encoding"])
        #expect(ParsedRequest(request("Transfer-Encoding: chunked", version: "1.0")).fault == .transferEncodingInOldVersion)
        #expect(HTTPFault.transferEncodingUnknown.status == 501)
        #expect(HTTPFault.transferEncodingNotChunked.status == 400 && HTTPFault.contentLengthInvalid.status == 400)
    }

    @Test(arguments: [
        ([], "1.1", true), (["Connection: close"], "1.1", false), (["Connection: x, CLOSE , y"], "1.1", false),
        (["Connection: keep-alive"], "1.1", true), (["Connection: keep-alive", "Connection: close"], "1.1", false),
        (["Connection: closed"], "1.1", true), (["Connection: "], "1.1", true), ([], "1.7", true),
        ([], "1.0", false), (["Connection: keep-alive"], "1.0", false), (["Proxy-Connection: keep-alive"], "1.0", false),
    ])
    func persistence(_ lines: [String], _ version: String, _ keepAlive: Bool) {
        let parsed = ParsedRequest("GET / HTTP/\(version)\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n")
        #expect(parsed.fault == nil)
        #expect(parsed.keepAlive == keepAlive)
    }

    @Test func hopByHopFields() {
        let always = ["Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade", "HTTP2-Settings", "Proxy-Authorization"]
        let parsed = ParsedRequest("GET / HTTP/1.1\r\nHost: a\r\n" + always.map { $0 + ": x\r\n" }.joined() + "Accept: */*\r\n\r\n")
        #expect(parsed.hopByHop == always && parsed.hasUpgrade)
        let named = ParsedRequest(request("X-A: 1", "Connection: ,x-a,, X-C ,x-d", "X-B: 2", "x-c: 3", "X-A: 4", "x-^: 5", "Connection: x-~"))
        #expect(named.hopByHop == ["X-A", "Connection", "x-c", "X-A", "Connection"])
        let kept = ParsedRequest(request("Content-Length: 1", "Authorization: x", "Connection: host, content-length, authorization, close"))
        #expect(kept.hopByHop == ["Connection"] && kept.contentLength == 1)
        #expect(ParsedRequest(request("Connection: a b")).fault == .connectionMalformed)
        #expect(ParsedRequest(request("Connection: \"close\"")).fault == .connectionMalformed)
        let many = Array(repeating: "x", count: Limits.connectionOptions).joined(separator: ",")
        #expect(ParsedRequest(request("Connection: " + many)).fault == nil)
        #expect(ParsedRequest(request("Connection: " + many, "Connection: x")).fault == .tooManyConnectionOptions)
    }

    @Test func expectations() {
        #expect(ParsedRequest(request("Expect: 100-Continue", "Content-Length: 1")).expectsContinue)
        #expect(ParsedRequest(request("Expect: 100-continue", "Transfer-Encoding: chunked")).expectsContinue)
        #expect(!ParsedRequest(request("Expect: 100-continue", "Content-Length: 0")).expectsContinue)
        #expect(!ParsedRequest(request("Expect: 100-continue")).expectsContinue)
        #expect(!ParsedRequest(request("Expect: 100-continue", "Content-Length: 1", version: "1.0")).expectsContinue)
        #expect(!ParsedRequest(request("Expect: dance", version: "1.0")).expectsContinue)
        #expect(ParsedRequest(request("Expect: dance", version: "1.0")).fault == nil)
        #expect(ParsedRequest(request("Expect: dance")).fault == .expectationUnknown)
        #expect(ParsedRequest(request("Expect: 100-continue, x")).fault == .expectationUnknown)
        #expect(HTTPFault.expectationUnknown.status == 417)
    }

    /// Every known name is found whatever its case, and no name near it.
    @Test func names() {
        let names: [(String, HeaderName)] = [
            ("host", .host), ("content-length", .contentLength), ("transfer-encoding", .transferEncoding), ("expect", .expect),
            ("connection", .connection), ("keep-alive", .keepAlive), ("proxy-connection", .proxyConnection), ("te", .te), ("trailer", .trailer),
            ("upgrade", .upgrade), ("http2-settings", .http2Settings), ("proxy-authorization", .proxyAuthorization),
            ("authorization", .authorization), ("proxy-authenticate", .proxyAuthenticate), ("www-authenticate", .wwwAuthenticate),
            ("cookie", .cookie), ("set-cookie", .setCookie), ("content-type", .contentType), ("content-encoding", .contentEncoding),
            ("accept-encoding", .acceptEncoding), ("accept", .accept), ("date", .date), ("via", .via), ("server", .server),
            ("user-agent", .userAgent), ("max-forwards", .maxForwards), ("origin", .origin),
            ("access-control-request-method", .accessControlRequestMethod), ("access-control-request-headers", .accessControlRequestHeaders),
            ("x-request-id", .xRequestID),
            ("retry-after", .retryAfter), ("retry-after-ms", .retryAfterMs),
            ("x-ratelimit-limit", .xRatelimitLimit), ("x-ratelimit-limit-requests", .xRatelimitLimitRequests),
            ("x-ratelimit-limit-tokens", .xRatelimitLimitTokens), ("x-ratelimit-remaining", .xRatelimitRemaining),
            ("x-ratelimit-remaining-requests", .xRatelimitRemainingRequests), ("x-ratelimit-remaining-tokens", .xRatelimitRemainingTokens),
            ("x-ratelimit-reset", .xRatelimitReset), ("x-ratelimit-reset-requests", .xRatelimitResetRequests),
            ("x-ratelimit-reset-tokens", .xRatelimitResetTokens), ("anthropic-ratelimit-tokens-limit", .anthropicRatelimitLimit),
            ("anthropic-ratelimit-input-tokens-remaining", .anthropicRatelimitRemaining), ("anthropic-ratelimit-x-reset", .anthropicRatelimitReset),
            ("x-rtbl-model", .xRtblModel), ("x-rtbl-attempts", .xRtblAttempts),
            ("anthropic-ratelimit-limit", .other), ("anthropic-ratelimit--limit", .other), ("anthropic-ratelimit-x-limi", .other),
        ]
        func find(_ name: String) -> HeaderName {
            let bytes = Array(name.utf8)
            return HeaderName(bytes.span.raw, 0, bytes.count)
        }
        for (name, id) in names {
            #expect(find(name) == id, "\(name)")
            #expect(find(name.uppercased()) == id, "\(name)")
            #expect(find(name + "x") == .other, "\(name)")
            #expect(find("x" + name) == .other, "\(name)")
            guard !name.hasPrefix("anthropic") else { continue }
            for i in 0..<name.utf8.count {
                var bytes = Array(name.utf8)
                bytes[i] ^= 1
                #expect(HeaderName(bytes.span.raw, 0, bytes.count) == .other, "\(name) changed at \(i)")
            }
        }
    }

    @Test func dimensionOfARateLimit() {
        let bytes = Array(request("Anthropic-Ratelimit-Input-Tokens-Remaining: 0", "anthropic-ratelimit-x-reset: 1", "Accept: x").utf8)
        var head = RequestHead()
        var progress = HeadProgress()
        _ = head.parse(bytes.span.raw, progress: &progress)
        let dimensions = (1...3).map { String(decoding: bytes[head.fields[$0].anthropicDimension.indices], as: UTF8.self) }
        #expect(dimensions == ["Input-Tokens", "x", ""])
        #expect(head.fields.first(.anthropicRatelimitReset).map { String(decoding: bytes[$0.value.indices], as: UTF8.self) } == "1")
        #expect(head.fields.first(.date) == nil)
    }

    /// A value that lives on is not coloured by the head before.
    @Test func storageIsReused() {
        var head = RequestHead()
        let first = Array("POST http://a:81/x?y HTTP/1.0\r\nHost: a:81\r\nContent-Length: 7\r\nUpgrade: x\r\n\r\n".utf8)
        let second = Array("GET /z HTTP/1.1\r\nHost: b\r\n\r\n".utf8)
        var progress = HeadProgress()
        #expect(head.parse(first.span.raw, progress: &progress) == .done(bytes: first.count))
        #expect(progress == HeadProgress() && head.headBytes == first.count && head.hasBody)
        #expect(head.parse(second.span.raw, progress: &progress) == .done(bytes: second.count))
        #expect(head.fields.count == 1 && head.contentLength == nil && !head.isChunked && !head.hasUpgrade && !head.hasBody)
        #expect(head.query == nil && head.port == nil && head.targetForm == .origin && head.keepAlive && head.host.count == 1)
    }

    /// What is known to be good is not looked at again: a line that never ends costs each byte once.
    @Test func progressReachesTheLastGoodByte() {
        let line = "GET / HTTP/1.1\r\n"
        func progress(_ rest: String) -> HeadProgress {
            let bytes = Array((line + rest).utf8)
            var head = RequestHead()
            var progress = HeadProgress()
            for count in 1...bytes.count {
                #expect(head.parse(bytes.span.extracting(0..<count).raw, progress: &progress) == .needMore)
            }
            return progress
        }
        let start = line.utf8.count
        let name = progress("Host: a\r\nname")
        #expect(name.lineStart == start + 9 && name.scanned == start + 13 && name.lines == 2 && !name.isInValue)
        let value = progress("Host: a\r\nname: b:c")
        #expect(value.lineStart == start + 9 && value.scanned == start + 18 && value.lines == 2 && value.isInValue)
        let end = progress("Host: a\r\nname: b\r")
        #expect(end.scanned == start + 16 && end.isInValue)
        let last = progress("Host: a\r\n\r")
        #expect(last.lineStart == start + 9 && last.scanned == start + 9 && last.lines == 2)
    }

    @Test func everyFaultHasAStatusAndAText() {
        let texts = HTTPFault.allCases.map { "\($0.text)" }
        #expect(Set(texts).count == texts.count && !texts.contains(""))
        #expect(Set(HTTPFault.allCases.map(\.status)) == [400, 405, 414, 417, 431, 501, 505])
    }
}
