import RoutingTable
import TestSupport
import Testing

@testable import Proxy

/// Token counts out of answers as they pass (SEMANTICS, 6).
@Suite struct UsageScannerTests {
    private static let openAI = #"{"id":"x","choices":[{"message":{"content":"a \"usage\":{\"total_tokens\":9} b"}}],"usage":{"prompt_tokens":12,"completion_tokens":30,"total_tokens":42,"details":{"total_tokens":7}},"service_tier":null}"#

    /// What is found in `text`, cut at `cuts`.
    private func scan(_ text: String, isEventStream: Bool = false, skims: Bool = false, cuts: [Int] = [], fields: borrowing UsageFields = UsageFields()) -> TokenCounts {
        let bytes = Array(text.utf8)
        var scanner = UsageScanner(isEventStream: isEventStream, skims: skims)
        var start = 0
        for end in cuts + [bytes.count] {
            unsafe bytes[start..<end].withUnsafeBytes { unsafe scanner.scan(Bytes($0), fields) }
            start = end
        }
        return scanner.counts
    }

    private func counts(_ prompt: UInt64?, _ completion: UInt64?, _ total: UInt64?) -> TokenCounts {
        var counts = TokenCounts()
        (counts.prompt, counts.completion, counts.total) = (prompt, completion, total)
        return counts
    }

    @Test func anAnswerOfOpenAI() {
        #expect(scan(Self.openAI) == counts(12, 30, 42))
    }

    @Test func cutAnywhere() {
        let length = Self.openAI.utf8.count
        for cut in 0...length { #expect(scan(Self.openAI, cuts: [cut]) == counts(12, 30, 42), "cut at \(cut)") }
        #expect(scan(Self.openAI, cuts: Array(0..<length)) == counts(12, 30, 42))
    }

    @Test(arguments: [
        (#"{"usage":{"total_tokens":5}}"#, 5), (#"{ "usage" : { "total_tokens" : 5 } }"#, 5), (#"{"usage":{"total_tokens":5.9}}"#, 5),
        (#"{"usage":{"total_tokens":0}}"#, 0),
        (#"{"usage":null}"#, nil), (#"{"usage":{"total_tokens":"5"}}"#, nil), (#"{"usage":{"total_tokens":null}}"#, nil), (#"{"usage":[{"total_tokens":5}]}"#, nil),
        (#"[{"usage":{"total_tokens":5}}]"#, nil), (#"{"a":{"usage":{"total_tokens":5}}}"#, nil), (#"{"total_tokens":5}"#, nil),
        (#"{"usage":{"a":{"total_tokens":5}}}"#, nil), (#"{"usage":{"a":{}},"total_tokens":5}"#, nil), (#"{"usages":{"total_tokens":5}}"#, nil),
        (#"{"usag":{"total_tokens":5}}"#, nil), (#"{"usage":{"total_token":5,"total_tokens_":6}}"#, nil), (#"{"usage":"x","total_tokens":5}"#, nil),
        (#"{"usage":1,"b":{"total_tokens":5}}"#, nil), (#"{"x":["usage",{"total_tokens":5}]}"#, nil),
        (#"{"usage":{"total_tokens":[5]}}"#, nil), (#"{"usage":{"total_tokens":{"a":5}}}"#, nil),
        (#"{"usage":{"total_tokens":1},"usage":{"total_tokens":2}}"#, 2), (#"{"a":{"b":[[{}]]},"usage":{"c":[1,2,{"d":3}],"total_tokens":4}}"#, 4),
        (#"{"usage":{"total_tokens":99999999999999999999999}}"#, 1 << 32), ("", nil), ("not json, \"usage\"", nil), ("}}}}]]]]", nil), ("{{{{", nil),
    ] as [(String, UInt64?)])
    func total(_ text: String, _ expected: UInt64?) {
        #expect(scan(text).total == expected, "\(text)")
        for cut in 0...text.utf8.count { #expect(scan(text, cuts: [cut]).total == expected, "\(text) cut at \(cut)") }
    }

    @Test func depthBeyondWhatIsTracked() {
        for depth in [7, 8, 9, 63, 64, 65, 1000, 100_000] {
            for (open, close) in [("[", "]"), ("{\"usage\":", "}")] {
                let deep = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
                #expect(scan("{\"a\":\(deep),\"usage\":{\"total_tokens\":3}}").total == 3, "\(depth) × \(open)")
            }
        }
    }

    @Test func aPathOfEightComponents() {
        let fields = UsageFields(total: ["a", "b", "c", "d", "e", "f", "g", "h"])
        #expect(scan(#"{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":8}}}}}}}}"#, fields: fields).total == 8)
        #expect(scan(#"{"a":{"b":{"c":{"d":{"e":{"f":{"h":8}}}}}}}"#, fields: fields).total == nil)
    }

    @Test func fieldsOfDifferentDepth() {
        let fields = UsageFields(prompt: ["usageMetadata", "promptTokenCount"], completion: ["output"], total: ["meta", "usage", "total"])
        #expect(scan(#"{"usageMetadata":{"promptTokenCount":1},"output":2,"meta":{"usage":{"total":3},"total":9}}"#, fields: fields) == counts(1, 2, 3))
    }

    @Test func twoFieldsUnderOneKey() {
        let fields = UsageFields(completion: ["usage", "total_tokens"])
        let text = #"{"usage":{"prompt_tokens":1,"total_tokens":9}}"#
        for skims in [false, true] { #expect(scan(text, skims: skims, fields: fields) == counts(1, 9, 9)) }
    }

    /// A key that must be escaped is found only where all are read, and never in what looks like it.
    @Test func aKeyThatMustBeEscaped() {
        let fields = UsageFields(total: ["usage", "a\\"])
        for skims in [false, true] { #expect(scan(#"{"usage":{"a\":7}":1}}"#, skims: skims, fields: fields).total == nil) }
    }

    // MARK: - Server-sent events

    private static let stream = """
        : a comment with {"usage":{"total_tokens":1}}
        event: chunk
        data: {"choices":[{"delta":{"content":"a"}}],"usage":null}

        data:{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":6,"total_tokens":11}}

        data: {"choices":[],"usage":null}
        datum: {"usage":{"total_tokens":99}}

        data: [DONE]


        """

    @Test func theLastEventThatHasAUsageCounts() {
        #expect(scan(Self.stream, isEventStream: true) == counts(5, 6, 11))
        let twice = Self.stream + "data: {\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":8,\"total_tokens\":15}}\n\n"
        #expect(scan(twice, isEventStream: true) == counts(7, 8, 15))
    }

    @Test func aStreamCutAnywhereAndWithAnyLineEnd() {
        for ending in ["\n", "\r\n", "\r"] {
            let text = Self.stream.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: ending)
            let length = text.utf8.count
            for cut in 0...length { #expect(scan(text, isEventStream: true, cuts: [cut]) == counts(5, 6, 11), "cut at \(cut)") }
            #expect(scan(text, isEventStream: true, cuts: Array(0..<length)) == counts(5, 6, 11))
        }
    }

    @Test func anEventThatIsCutShortHarmsNoLaterOne() {
        let text = "data: {\"usage\":{\"total_tokens\":1,\"x\":{\"y\":[\n\ndata: {\"usage\":{\"total_tokens\":2}}\n\n"
        #expect(scan(text, isEventStream: true).total == 2)
    }

    /// Any bytes, cut anywhere: the same result, and no trap.
    @Test func anyBytes() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix64(state: seed)
        let words = ["{", "}", "[", "]", ":", ",", "\"usage\"", "\"total_tokens\"", "1", "23", "\\", "\"", "data: ", "\n", "\r\n", "null", " ", "x"]
        for _ in 0..<2000 {
            let text = (0..<random.below(60)).map { _ in words[random.below(words.count)] }.joined()
            let isEventStream = random.chance(50)
            let whole = scan(text, isEventStream: isEventStream)
            let cuts = (0..<random.below(6)).map { _ in random.below(text.utf8.count + 1) }.sorted()
            #expect(scan(text, isEventStream: isEventStream, cuts: cuts) == whole, "seed \(seed): \(text.debugDescription) cut at \(cuts)")
        }
    }

    // MARK: - Skimming

    /// Skimming takes a line that is not data for one that is: the stream here has none behind its usage.
    @Test func skimmingFindsTheSame() {
        let stream = Self.stream.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("datum") }.joined(separator: "\n")
        for (text, isEventStream, expected) in [(Self.openAI, false, counts(12, 30, 42)), (stream, true, counts(5, 6, 11))] {
            let length = text.utf8.count
            for cut in 0...length { #expect(scan(text, isEventStream: isEventStream, skims: true, cuts: [cut]) == expected, "cut at \(cut)") }
            #expect(scan(text, isEventStream: isEventStream, skims: true, cuts: Array(0..<length)) == expected)
        }
    }

    @Test(arguments: [
        (#"{"usage":{"total_tokens":5}}"#, 5), (#"{ "usage" : { "total_tokens" : 5 } }"#, 5), ("{\"usage\"\n:\t{\"total_tokens\":5}}", 5),
        (#"{"usage":null}"#, nil), (#"{"usage":[{"total_tokens":5}]}"#, nil), (#"{"object":"usage","a":{"total_tokens":5}}"#, nil),
        (#"{"x":["usage",{"total_tokens":5}]}"#, nil), (#"{"a":"\"usage\":{\"total_tokens\":5}"}"#, nil), (#"{"a":"\\","usage":{"total_tokens":5}}"#, 5),
        (#"{"usage":{"total_tokens":1},"usage":{"total_tokens":2}}"#, 2), (#"{"usage":{"a":{"total_tokens":5}}}"#, nil),
        (#"{"usage":{"a":{"total_tokens":5},"total_tokens":6},"total_tokens":7}"#, 6), (#"{"usages":{"total_tokens":5}}"#, nil), (#"{"usag":1,"usage":{"total_tokens":5}}"#, 5),
        (#"{"usage":"usage","usage":{"total_tokens":5}}"#, 5), (#"{"usage":{"total_tokens":99999999999999999999999}}"#, 1 << 32), ("", nil), ("\"", nil),
    ] as [(String, UInt64?)])
    func skimmedTotal(_ text: String, _ expected: UInt64?) {
        for padding in 0..<35 {
            let padded = String(repeating: " ", count: padding) + text
            #expect(scan(padded, skims: true).total == expected, "\(padded)")
            for cut in 0...padded.utf8.count { #expect(scan(padded, skims: true, cuts: [cut]).total == expected, "\(padded) cut at \(cut)") }
        }
    }

    @Test func skimmingReadsUnderOneKeyOnly() {
        func key(_ fields: borrowing UsageFields) -> String? { fields.commonKey.map { String(decoding: $0.copied, as: UTF8.self) } }
        #expect(key(UsageFields()) == "usage")
        #expect(key(UsageFields(prompt: ["m", "p"], completion: ["m", "u", "c"], total: ["m", "t"])) == "m")
        #expect(key(UsageFields(total: ["total"])) == nil && key(UsageFields(total: ["usages", "t"])) == nil)
        #expect(key(UsageFields(prompt: ["a\"", "p"], completion: ["a\"", "c"], total: ["a\"", "t"])) == nil)
        let fields = UsageFields(prompt: ["m", "p"], completion: ["m", "u", "c"], total: ["m", "t"])
        #expect(scan(#"{"m":{"p":1,"u":{"c":2},"t":3}}"#, skims: true, fields: fields) == counts(1, 2, 3))
    }

    /// Any bytes, cut anywhere: the same result; and where the key stands at the root only, the exact scanner's.
    @Test func skimmingAnyBytes() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix64(state: seed)
        let words = ["{", "}", "[", "]", ":", ",", "\"usage\"", "\"total_tokens\"", "1", "23", "\\", "\"", "data: ", "\n", "null", " ", "x", "\"us", "age\""]
        for _ in 0..<5000 {
            let text = (0..<random.below(60)).map { _ in words[random.below(words.count)] }.joined()
            let isEventStream = random.chance(50)
            let whole = scan(text, isEventStream: isEventStream, skims: true)
            let cuts = (0..<random.below(6)).map { _ in random.below(text.utf8.count + 1) }.sorted()
            #expect(scan(text, isEventStream: isEventStream, skims: true, cuts: cuts) == whole, "seed \(seed): \(text.debugDescription) cut at \(cuts)")
        }
        for _ in 0..<2000 {
            let strings = ["\"usage\"", "\"a\\\"usage\\\":{\\\"total_tokens\\\":1}\"", "\"\\\\\"", "[1,{\"b\":[]}]", "null", "{\"total_tokens\":3}"]
            let members = (0..<random.below(6)).map { number -> String in
                if random.chance(40) { return "\"usage\":" + (random.chance(70) ? "{\"prompt_tokens\":\(random.below(99)),\"x\":\(strings[random.below(4)]),\"total_tokens\":\(random.below(99))}" : strings[random.below(5)]) }
                return "\"m\(number)\":\(strings[random.below(strings.count)])"
            }
            let text = "{" + members.joined(separator: ",") + "}"
            #expect(scan(text, skims: true) == scan(text), "seed \(seed): \(text)")
        }
    }

    /// Where the end names all counts, nothing before it is looked at, and the same is found.
    @Test func theEndOfALongDocument() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix64(state: seed)
        let fields = UsageFields()
        for _ in 0..<5000 {
            func usage() -> String {
                let names = ["prompt_tokens", "completion_tokens", "total_tokens"].filter { _ in random.chance(85) }
                return "\"usage\":{" + names.map { "\"\($0)\":\(random.below(999))" }.joined(separator: ",") + "}"
            }
            func text(_ most: Int) -> String { "\"" + String(repeating: ["x", "\\\"usage\\\":{", "\\\\", "é"][random.below(4)], count: random.below(most)) + "\"" }
            let members = (0..<random.below(5)).map { _ in random.chance(40) ? usage() : "\"m\":\(text(400))" } + [usage()]
            let document = Array(("{" + members.joined(separator: ",") + (random.chance(50) ? ",\"end\":\(text(60))" : "") + "}").utf8)
            let cut = random.chance(30) ? random.below(document.count) : 0
            var scanners = [UsageScanner(isEventStream: false, skims: true), UsageScanner(isEventStream: false, skims: true)]
            for (start, end) in [(0, cut), (cut, document.count)] {
                for number in 0..<2 {
                    unsafe document[start..<end].withUnsafeBytes { unsafe scanners[number].scan(Bytes($0), fields, isLast: number == 1 && end == document.count) }
                }
            }
            #expect(scanners[1].counts == scanners[0].counts, "seed \(seed): \(String(decoding: document, as: UTF8.self)) cut at \(cut)")
        }
    }

    @Test func sumsWhereThereIsNoTotal() {
        #expect(counts(2, 3, nil).sum == 5 && counts(2, 3, 9).sum == 9 && counts(nil, nil, nil).sum == 0)
    }
}

@Suite struct WindowCounterTests {
    @Test func countsUpToTheLimitInEachWindow() {
        let counter = WindowCounter()
        for window in [7, 8, 1_000_000] as [UInt64] {
            #expect((0..<5).map { _ in counter.add(1, in: window, below: 3) } == [0, 1, 2, 3, 3])
            #expect(counter.count(in: window) == 3 && counter.count(in: window + 1) == 0)
        }
    }

    @Test func takesBackInTheSameWindowOnly() {
        let counter = WindowCounter()
        _ = counter.add(1, in: 5)
        counter.takeBack(in: 6)
        #expect(counter.count(in: 5) == 1)
        counter.takeBack(in: 5)
        counter.takeBack(in: 5)
        #expect(counter.count(in: 5) == 0)
    }

    @Test func aLargeAmountStaysInItsHalf() {
        let counter = WindowCounter()
        _ = counter.add(1 << 32, in: 5)
        _ = counter.add(.max, in: 5)
        #expect(counter.count(in: 5) == (1 << 36) - 1)
    }

    @Test(arguments: [(1, 60), (2, 3600), (3, 86_400)] as [(UInt8, UInt64)])
    func windowsBeginWithTheMinuteHourAndDay(_ kind: UInt8, _ seconds: UInt64) {
        let window = Window(kind)
        let begin: UInt64 = 1_800_000_000 / 86_400 * 86_400
        #expect(window.seconds == seconds && window.secondsLeft(begin) == seconds && window.secondsLeft(begin + seconds - 1) == 1)
        #expect(window.number(begin) + 1 == window.number(begin + seconds) && window.number(begin) == window.number(begin + seconds - 1))
    }
}
