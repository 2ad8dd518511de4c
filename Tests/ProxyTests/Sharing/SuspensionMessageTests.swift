import TestSupport
import Testing

@testable import Proxy

@Suite struct SuspensionMessageTests {
    private let example = SuspensionMessage(
        sender: 0xfedc_ba98_7654_3210, isResumption: false, entries: [.init(target: 1, millis: 30_000), .init(target: .max, millis: 0)])

    @Test func text() {
        #expect(String(decoding: example.bytes, as: UTF8.self) == "1 fedcba9876543210 s 0000000000000001 30000 ffffffffffffffff 0")
        #expect(SuspensionMessage(example.bytes) == example)
        let resumption = SuspensionMessage(sender: 1, isResumption: true, entries: [.init(target: 2, millis: 3)])
        #expect(String(decoding: resumption.bytes, as: UTF8.self) == "1 0000000000000001 r 0000000000000002 3" && SuspensionMessage(resumption.bytes) == resumption)
    }

    @Test("As many as a message takes, and no more")
    func size() {
        let most = SuspensionMessage(
            sender: 1, isResumption: false,
            entries: (0..<Limits.suspensionsOfMessage).map { .init(target: UInt64($0) << 50 | 7, millis: Limits.sharedSuspensionMillis) })
        #expect(SuspensionMessage(most.bytes) == most && most.bytes.count <= Limits.redisMessageBytes)
        var more = most
        more.entries.append(.init(target: 1, millis: 1))
        #expect(SuspensionMessage(more.bytes) == nil)
    }

    @Test("What is cut, or has one byte changed, is refused or says something else")
    func damage() {
        let bytes = example.bytes
        for end in 0..<bytes.count {
            guard let cut = SuspensionMessage(Array(bytes[..<end])) else { continue }
            #expect(cut != example)
        }
        for place in bytes.indices {
            for byte in UInt8.min...UInt8.max where byte != bytes[place] {
                var other = bytes
                other[place] = byte
                guard let read = SuspensionMessage(other) else { continue }
                #expect(read != example && (read.bytes == other || place >= 37), "byte \(byte) at \(place)")
            }
        }
    }

    @Test("Any bytes are one of ours or none")
    func anything() {
        let seed = Seed(of: "SuspensionMessageTests.anything")
        for round in 0..<50_000 {
            var random = seed.generator(round: round)
            let bytes: [UInt8]
            if random.chance(50) {
                bytes = (0..<random.below(100)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            } else {
                let words = ["1", "2", "s", "r", "0000000000000001", "FFFFFFFFFFFFFFFF", "30000", "-1", "9999999999999", "18446744073709551616", ""]
                bytes = Array((0..<random.below(9)).map { _ in words[random.below(words.count)] }.joined(separator: " ").utf8)
            }
            guard let read = SuspensionMessage(bytes) else { continue }
            #expect(SuspensionMessage(read.bytes) == read && read.entries.allSatisfy { $0.millis <= Limits.sharedSuspensionMillis }, "\(seed) round \(round)")
        }
    }
}
