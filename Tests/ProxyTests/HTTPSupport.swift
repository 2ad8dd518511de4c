import Foundation
import TestSupport
import Testing

@testable import Proxy

/// What one head is to a parser that sees all of its bytes at once.
struct ParsedRequest {
    var outcome: ParseOutcome
    var fault: HTTPFault? { if case .bad(let fault) = outcome { fault } else { nil } }
    var method = HTTPMethod.other
    var targetForm = TargetForm.origin
    var minorVersion: UInt8 = 0
    var target = "", path = "", host = ""
    var query: String?
    var port: UInt16?
    var contentLength: UInt64?
    var isChunked = false, keepAlive = false, expectsContinue = false, hasUpgrade = false
    /// Names and values in order; and the names of those that are not passed on.
    var fields: [[String]] = []
    var hopByHop: [String] = []

    init(_ text: String) { self.init(Array(text.utf8)) }

    init(_ bytes: [UInt8]) {
        var head = RequestHead()
        var progress = HeadProgress()
        outcome = head.parse(bytes.span.raw, progress: &progress)
        guard case .done = outcome else { return }
        func string(_ range: ByteRange) -> String { String(decoding: bytes[range.indices], as: UTF8.self) }
        method = head.method
        targetForm = head.targetForm
        minorVersion = head.minorVersion
        target = string(head.target)
        path = string(head.path)
        host = string(head.host)
        query = head.query.map(string)
        port = head.port
        contentLength = head.contentLength
        isChunked = head.isChunked
        keepAlive = head.keepAlive
        expectsContinue = head.expectsContinue
        hasUpgrade = head.hasUpgrade
        for i in 0..<head.fields.count {
            let field = head.fields[i]
            fields.append([string(field.name), string(field.value)])
            if field.isHopByHop { hopByHop.append(string(field.name)) }
        }
    }
}

/// A request with these lines behind a good request-line and Host.
func request(_ lines: String..., version: String = "1.1", method: String = "POST") -> String {
    "\(method) / HTTP/\(version)\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
}

/// Positions at which a stream of `count` bytes is cut in two: all of them, or if that is too slow in a debug build,
/// 64 at random, told by the seed.
func cutPositions(_ count: Int, _ generator: inout SplitMix64) -> [Int] {
    guard count > 1 else { return [] }
    if count <= 400 { return Array(1..<count) }
    return (0..<64).map { _ in Int.random(in: 1..<count, using: &generator) }
}
