import Foundation
import Glibc
import TestSupport
import Testing

@testable import Proxy

@Suite struct HTTPGuardPageTests {
    static let requests = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /v1/chat/completions?api-version=%32 HTTP/1.1\r\nHost: [::ffff:1.2.3.4]:8080\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
            + "Connection: close, x-a\r\nX-A: \t b\t\r\nanthropic-ratelimit-input-tokens-remaining: 0\r\nExpect: 100-continue\r\n\r\n",
        "\r\nOPTIONS http://gw.example.com:81/a?b HTTP/1.1\r\nHost: gw.example.com:81\r\nContent-Length: 12345678901234\r\nx-ratelimit-remaining-tokens: 1\r\n\r\n",
    ]

    /// Every prefix is parsed at the very end of readable memory, from the beginning and as what follows the last one.
    @Test(arguments: requests)
    func requestHeads(_ text: String) {
        let bytes = Array(text.utf8)
        let memory = GuardedBytes(capacity: 2 * 4096)
        var head = RequestHead()
        var resumed = HeadProgress()
        for count in 0...bytes.count {
            let expected: ParseOutcome = count < bytes.count ? .needMore : .done(bytes: count)
            let region = unsafe memory.placed(bytes[..<count])
            var fresh = HeadProgress()
            #expect(unsafe head.parse(UnsafeRawBufferPointer(region).bytes, progress: &fresh) == expected)
            #expect(unsafe head.parse(UnsafeRawBufferPointer(region).bytes, progress: &resumed) == expected)
        }
    }

    @Test func responseHeads() {
        let bytes = Array("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\nDate: x\r\n\r\n".utf8)
        let memory = GuardedBytes(capacity: 2 * 4096)
        var head = ResponseHead()
        var resumed = HeadProgress()
        for count in 0...bytes.count {
            let expected: ParseOutcome = count < bytes.count ? .needMore : .done(bytes: count)
            let region = unsafe memory.placed(bytes[..<count])
            var fresh = HeadProgress()
            #expect(unsafe head.parse(UnsafeRawBufferPointer(region).bytes, requestMethod: .post, progress: &fresh) == expected)
            #expect(unsafe head.parse(UnsafeRawBufferPointer(region).bytes, requestMethod: .post, progress: &resumed) == expected)
        }
    }

    @Test func chunks() {
        let bytes = Array("5;a=b\r\nhello\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nA: b\r\n\r\n".utf8)
        let memory = GuardedBytes(capacity: 1)
        for count in 0...bytes.count {
            var decoder = ChunkDecoder()
            let step = unsafe decoder.decode(memory.placed(bytes[..<count]))
            #expect(step.consumed == count && step.outcome == (count < bytes.count ? .needMore : .done))
        }
    }

    /// Heads with bytes changed, dropped and doubled at random: any outcome, no crash, and the same with the bytes cut.
    @Test func mutatedHeads() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix64(state: seed)
        let memory = GuardedBytes(capacity: 2 * 4096)
        var head = RequestHead()
        for _ in 0..<3000 {
            var bytes = Array(Self.requests.randomElement(using: &generator)!.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let at = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[at] = UInt8.random(in: .min ... .max, using: &generator)
                case 1: bytes.remove(at: at)
                default: bytes.insert(bytes[at], at: at)
                }
            }
            var fresh = HeadProgress()
            let whole = unsafe head.parse(UnsafeRawBufferPointer(memory.placed(bytes[...])).bytes, progress: &fresh)
            let cut = Int.random(in: 0...bytes.count, using: &generator)
            var resumed = HeadProgress()
            let part = unsafe head.parse(UnsafeRawBufferPointer(memory.placed(bytes[..<cut])).bytes, progress: &resumed)
            if part != .needMore {
                try #require(part == whole, "seed \(seed)")
            } else {
                try #require(unsafe head.parse(UnsafeRawBufferPointer(memory.placed(bytes[...])).bytes, progress: &resumed) == whole, "seed \(seed)")
            }
        }
    }
}
