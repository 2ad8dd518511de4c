import Foundation
import TestSupport
import Testing

@testable import Proxy

/// Request and response streams of public test suites, whole and in pieces.
@Suite(.enabled(if: Corpora.isPresent))
struct HTTPCorpusTests {
    struct RequestCase: Decodable {
        var name: String
        var request_bytes: Data
        var expect: String
        var level: String?
        var n_ok: Int?
        var n_max: Int?
        var allowed: [String]?
        var must_close: Bool?
        var incomplete: Bool?
        var also_ok: [String]?
        var bytes: [UInt8] { Array(request_bytes) }
    }

    struct ResponseCase: Decodable {
        var name: String
        var response_bytes: Data
        var request_method: String
        var expect: String
        var also_ok: [String]?
        var upstream_status: UInt16?
        var expected_body: Data?
        var interim: Int?
    }

    /// Where this gateway differs from what a suite expects, and why.
    static let requestExceptions = [
        "gunicorn-valid-022": "a proxy keeps no connection of an HTTP/1.0 client (RFC 9112 9.3): closed after the first answer",
        "nginx-method-trace": "TRACE is refused with 405 (RFC 9110 9.3.8): a proxy of credentials reflects none",
    ]

    @Test func requestsComeOutAsExpected() throws {
        let cases = try Corpora.lines("http/requests.jsonl", as: RequestCase.self)
        #expect(cases.count == 767)
        var differing: Set<String> = []
        for c in cases {
            let result = RequestStream.drive(c.bytes, arriving: [c.bytes.count])
            guard let complaint = complaint(c, result) else { continue }
            differing.insert(c.name)
            if Self.requestExceptions[c.name] == nil { Issue.record("\(c.name) (\(c.expect)): \(complaint); \(result)") }
        }
        #expect(differing == Set(Self.requestExceptions.keys))
    }

    /// What is wrong about a result, nil if nothing is.
    private func complaint(_ c: RequestCase, _ result: RequestStreamResult) -> String? {
        let allowed = Set(c.allowed ?? [])
        for request in result.requests where !allowed.contains(request) { return "read \(request)" }
        let count = result.requests.count
        if count > c.n_max ?? 0 { return "read \(count) requests, at most \(c.n_max ?? 0) are there" }
        let endsInside = c.incomplete == true && !result.isAtBoundary
        switch c.expect {
        case "accept":
            if let fault = result.fault { return "refused: \(fault)" }
            if !result.isAtBoundary { return "waits for more" }
            if count != c.n_ok { return "read \(count) requests of \(c.n_ok ?? 0)" }
            if c.must_close == true, !result.isClosed { return "not closed" }
        case "reject-400":
            guard let fault = result.fault else { return endsInside ? nil : "not refused" }
            let statuses = ["400"] + (c.also_ok ?? [])
            if !statuses.contains("\(fault.status)"), !endsInside { return "refused with \(fault.status)" }
        default:
            if result.fault == nil, c.must_close == true, !result.isClosed { return "neither refused nor closed" }
            if result.fault == nil, !result.isAtBoundary { return "waits for more" }
        }
        return nil
    }

    @Test func requestsComeOutTheSameInPieces() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix64(state: seed)
        for c in try Corpora.lines("http/requests.jsonl", as: RequestCase.self) {
            try expectSameInPieces(c.name, c.bytes, seed, &generator)
        }
    }

    @Test func fuzzSeedsComeOutTheSameInPieces() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix64(state: seed)
        for c in try Corpora.lines("http/h2o-http1-fuzz-seeds.jsonl", as: RequestCase.self) {
            try expectSameInPieces(c.name, c.bytes, seed, &generator)
        }
    }

    private func expectSameInPieces(_ name: String, _ bytes: [UInt8], _ seed: UInt64, _ generator: inout SplitMix64) throws {
        let whole = RequestStream.drive(bytes, arriving: [bytes.count])
        for cut in cutPositions(bytes.count, &generator) {
            let result = RequestStream.drive(bytes, arriving: [cut, bytes.count])
            try #require(result == whole, "\(name) cut at \(cut), seed \(seed)")
        }
        let other = Array("GET /other HTTP/1.0\r\nA: b\r\nTransfer-Encodin: x\r\n\r\n".utf8)
        let result = RequestStream.drive(bytes, arriving: Array(1...max(bytes.count, 1)).filter { $0 <= bytes.count }, interloper: other)
        try #require(result == whole, "\(name) byte by byte, seed \(seed)")
    }

    @Test func responsesComeOutAsExpected() throws {
        let cases = try Corpora.lines("http/responses.jsonl", as: ResponseCase.self)
        #expect(cases.count == 137)
        for c in cases {
            let bytes = Array(c.response_bytes)
            let method = Array(c.request_method.utf8)
            let result = driveResponse(bytes, method: HTTPMethod(method.span.raw, 0, method.count), arriving: [bytes.count])
            if let complaint = complaint(c, result) { Issue.record("\(c.name) (\(c.expect)): \(complaint); \(result)") }
            for cut in 1..<max(bytes.count, 2) where bytes.count > 1 {
                let split = driveResponse(bytes, method: HTTPMethod(method.span.raw, 0, method.count), arriving: [cut, bytes.count])
                try #require(split == result, "\(c.name) cut at \(cut)")
            }
        }
    }

    private func complaint(_ c: ResponseCase, _ result: ResponseStreamResult) -> String? {
        switch (c.expect, result) {
        case ("accept", .whole(let status, let body, let interim)):
            if status != c.upstream_status { return "status \(status)" }
            if body != c.expected_body.map(Array.init) { return "another body" }
            return interim == c.interim ?? 0 ? nil : "\(interim) interim answers"
        case ("accept", _): return "not accepted"
        case ("reject-502", .refused): return nil
        case ("reject-502", _): return "not refused"
        case ("abort", .aborted): return nil
        case ("abort", .refused): return c.also_ok?.contains("reject-502") == true ? nil : "refused"
        case ("abort", _): return "not aborted"
        default: return nil
        }
    }
}
