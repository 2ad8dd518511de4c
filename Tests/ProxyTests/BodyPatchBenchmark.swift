import Foundation
import Proxy
import Testing

/// Prints what a scan costs; fails nothing. Meaningful only in a release build:
///
///     ROUNDTABLE_BENCHMARK=1 swift test -c release --filter BodyPatchBenchmark
@Suite("Body patch: speed", .serialized, .enabled(if: ProcessInfo.processInfo.environment["ROUNDTABLE_BENCHMARK"] != nil))
struct BodyPatchBenchmark {
    @Test("bodies of chat requests")
    func chats() throws {
        let question = "What is the capital of Australia, and why was it chosen instead of Sydney or Melbourne? "
        report("1 KB chat", chat(messages: 6, of: question))
        report("1 MB, ASCII", chat(messages: 10, of: String(repeating: question, count: 1_100)))
        report("1 MB, lines", chat(messages: 10, of: String(repeating: question + "\\n", count: 1_080)))
        report("1 MB, code", chat(messages: 10, of: String(repeating: "let x = \\\"abc\\\";\\n\\tif (x) {\\n\\t\\tprint(x)\\n\\t}\\n", count: 2_200)))
        report("1 MB, Chinese", chat(messages: 10, of: String(repeating: "人工智能是计算机科学的一个分支，它企图了解智能的实质。", count: 1_230)))
        report("1 MB, Chinese, escaped", chat(messages: 10, of: String(repeating: "\\u4eba\\u5de5\\u667a\\u80fd", count: 4_100)))
        report("1 MB, Russian", chat(messages: 10, of: String(repeating: "Съешь же ещё этих мягких булок, да выпей чаю. ", count: 1_200)))
        report("1 MB, short messages", chat(messages: 18_000, of: "hello there"))
        report("1 MB, numbers", "{\"input\":[\((0..<110_000).map { "0.\($0 &* 7_919 % 1_000_000)" }.joined(separator: ","))]}")
    }

    private func chat(messages: Int, of content: String) -> String {
        let message = "{\"role\":\"user\",\"content\":\"\(content)\"}"
        return "{\"model\":\"gpt-4o\",\"messages\":[\(Array(repeating: message, count: messages).joined(separator: ","))],\"stream\":true,\"temperature\":0.7}"
    }

    private func report(_ name: String, _ text: String) {
        let body = Array(text.utf8)
        var scanner = BodyScanner()
        guard let path = try? MemberPath([Array("model".utf8)]) else { return }
        let rounds = max(1, 2_000_000 / body.count)
        var best = Duration.seconds(1_000)
        for _ in 0..<30 {
            best = min(best, ContinuousClock().measure {
                // Holds: bytes have no padding.
                for _ in 0..<rounds { _ = unsafe scanner.scan(body.span.bytes, path: path) }
            })
        }
        let nanoseconds = Double(best.components.attoseconds) / 1e9 / Double(rounds)
        print("\(name): \(body.count) bytes in \(Int(nanoseconds)) ns, \((Double(body.count) / nanoseconds * 100).rounded() / 100) GB/s")
    }
}
