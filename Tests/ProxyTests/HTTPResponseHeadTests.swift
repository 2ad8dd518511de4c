import TestSupport
import Testing

@testable import Proxy

/// Answers of backends (RFC 9112 4, 6.3; RFC 9110 15).
@Suite struct HTTPResponseHeadTests {
    struct Parsed {
        var outcome: ParseOutcome
        var fault: HTTPFault? { if case .bad(let fault) = outcome { fault } else { nil } }
        var status: UInt16 = 0
        var reason = ""
        var framing = BodyFraming.none
        var keepAlive = false, isEventStream = false, hasDate = false
        var timeout: UInt32?
        var contentLength: UInt64?

        init(_ text: String, to method: HTTPMethod = .post) {
            let bytes = Array(text.utf8)
            var head = ResponseHead()
            var progress = HeadProgress()
            outcome = head.parse(bytes.span.raw, requestMethod: method, progress: &progress)
            guard case .done = outcome else { return }
            status = head.statusCode
            reason = String(decoding: bytes[head.reason.indices], as: UTF8.self)
            framing = head.framing
            keepAlive = head.keepAlive
            isEventStream = head.isEventStream
            hasDate = head.hasDate
            timeout = head.keepAliveTimeoutSeconds
            contentLength = head.contentLength
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK", nil), ("HTTP/1.1 200 ", nil), ("HTTP/1.0 599 a\tb \u{e9}", nil), ("HTTP/1.9 100 x", nil),
        ("HTTP/1.1 200", .statusLineMalformed), ("HTTP/1.1  200 OK", .statusLineMalformed), ("HTTP/1.1\t200 OK", .statusLineMalformed),
        ("http/1.1 200 OK", .statusLineMalformed), ("HTTP/2 200 OK", .statusLineMalformed), ("HTTP/2.0 200 OK", .statusLineMalformed),
        ("HTTP/1.1 20 OK", .statusLineMalformed), ("HTTP/1.1 2000 OK", .statusLineMalformed), ("HTTP/1.1 2x0 OK", .statusLineMalformed),
        ("HTTP/1.1 099 OK", .statusOutOfRange), ("HTTP/1.1 600 OK", .statusOutOfRange), ("HTTP/1.1 000 OK", .statusOutOfRange),
        ("HTTP/1.1 200 O\u{0}K", .statusLineMalformed), ("HTTP/1.1 200 O\rK", .bareCR), ("HTTP/1.1 200 OK\nA: b", .bareLF),
        ("\r\nHTTP/1.1 200 OK", .statusLineMalformed), ("HTTP/1.1 200 OK\r\n A: b", .blankBeforeFirstField),
        ("HTTP/1.1 200 OK\r\nA : b", .blankInName), ("HTTP/1.1 200 OK\r\nA: b\r\n c", .obsoleteFold),
    ] as [(String, HTTPFault?)])
    func statusLine(_ line: String, _ fault: HTTPFault?) {
        #expect(Parsed(line + "\r\n\r\n").fault == fault)
        if fault == nil { #expect(Parsed(line + "\r\n\r\n").outcome == .done(bytes: line.utf8.count + 4)) }
    }

    @Test func statusAndReason() {
        let parsed = Parsed("HTTP/1.1 429 Too Many Requests\r\n\r\n")
        #expect(parsed.status == 429 && parsed.reason == "Too Many Requests")
    }

    @Test(arguments: [
        ("200", .post, [], .untilClose), ("200", .post, ["Content-Length: 5"], .length(5)), ("200", .get, ["Transfer-Encoding: chunked"], .chunked),
        ("200", .head, ["Content-Length: 5"], BodyFraming.none), ("200", .head, [], BodyFraming.none), ("200", .head, ["Transfer-Encoding: chunked"], BodyFraming.none),
        ("204", .post, ["Content-Length: 5"], BodyFraming.none), ("304", .get, ["Transfer-Encoding: chunked"], BodyFraming.none),
        ("100", .post, ["Content-Length: 5"], BodyFraming.none), ("103", .post, ["Link: x"], BodyFraming.none), ("205", .post, [], .untilClose),
    ] as [(String, HTTPMethod, [String], BodyFraming)])
    func framing(_ status: String, _ method: HTTPMethod, _ lines: [String], _ framing: BodyFraming) {
        let text = "HTTP/1.1 \(status) x\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
        let parsed = Parsed(text, to: method)
        #expect(parsed.fault == nil && parsed.framing == framing)
        #expect(parsed.contentLength == (lines.contains("Content-Length: 5") ? 5 : nil))
        #expect(parsed.keepAlive == (framing != .untilClose))
    }

    @Test(arguments: [
        (["Content-Length: x"], .contentLengthInvalid), (["Content-Length: 1", "Content-Length: 1"], .contentLengthRepeated),
        (["Content-Length: 1, 1"], .contentLengthRepeated), (["Content-Length: 1", "Transfer-Encoding: chunked"], .lengthAndTransferEncoding),
        (["Transfer-Encoding: gzip"], .transferEncodingNotChunked), (["Transfer-Encoding: gzip, chunked"], .transferEncodingUnknown),
        (["Transfer-Encoding: chunked, chunked"], .transferEncodingRepeated), (["Transfer-Encoding: chunked;a"], .transferEncodingMalformed),
    ] as [([String], HTTPFault)])
    func badFraming(_ lines: [String], _ fault: HTTPFault) {
        #expect(Parsed("HTTP/1.1 200 OK\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n").fault == fault)
    }

    @Test func persistence() {
        let length = "Content-Length: 0\r\n"
        #expect(Parsed("HTTP/1.1 200 OK\r\n\(length)\r\n").keepAlive)
        #expect(!Parsed("HTTP/1.1 200 OK\r\n\(length)Connection: close\r\n\r\n").keepAlive)
        #expect(!Parsed("HTTP/1.0 200 OK\r\n\(length)\r\n").keepAlive)
        #expect(Parsed("HTTP/1.0 200 OK\r\n\(length)Connection: Keep-Alive\r\n\r\n").keepAlive)
        #expect(!Parsed("HTTP/1.1 101 x\r\n\r\n").keepAlive)
        #expect(Parsed("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").fault == .transferEncodingInOldVersion)
    }

    @Test(arguments: [
        ("timeout=5", 5), ("max=100, Timeout=7", 7), (" timeout=0 ", 0), ("timeout=", nil), ("timeout=x", nil), ("max=5", nil), ("", nil),
        ("timeout=99999999999", nil), ("xtimeout=5", nil), (",,timeout=3,", 3),
    ] as [(String, UInt32?)])
    func keepAliveTimeout(_ value: String, _ seconds: UInt32?) {
        #expect(Parsed("HTTP/1.1 200 OK\r\nKeep-Alive: \(value)\r\n\r\n").timeout == seconds)
    }

    @Test(arguments: [
        ("text/event-stream", true), ("Text/Event-Stream; charset=utf-8", true), ("text/event-stream ;x", true),
        ("text/event-streams", false), ("text/event-strea", false), ("application/json", false), ("", false),
    ])
    func eventStream(_ value: String, _ expected: Bool) {
        #expect(Parsed("HTTP/1.1 200 OK\r\nContent-Type: \(value)\r\n\r\n").isEventStream == expected)
    }

    @Test func date() {
        #expect(Parsed("HTTP/1.1 200 OK\r\nDate: x\r\n\r\n").hasDate)
        #expect(!Parsed("HTTP/1.1 200 OK\r\nDated: x\r\n\r\n").hasDate)
    }

    @Test func largeHead() {
        let head = "HTTP/1.1 200 OK\r\nx: "
        let filler = String(repeating: "y", count: Limits.headBytes - head.utf8.count - 4)
        #expect(Parsed(head + filler + "\r\n\r\n").outcome == .done(bytes: Limits.headBytes))
        #expect(Parsed(head + filler + "y\r\n\r\n").fault == .headTooLarge)
    }
}
