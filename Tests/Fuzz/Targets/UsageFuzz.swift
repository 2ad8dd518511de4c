import Proxy
import RoutingTable

/// Token counts out of an answer: the same however it is cut, and the same from its end where that cannot matter.
struct UsageFuzz: FuzzBody, ~Copyable {
    private let usual = UsageFields()
    /// Paths that share a beginning, and one that is the beginning of another.
    private let odd = UsageFields(prompt: ["a"], completion: ["a", "b"], total: ["a", "b", "c", "d", "e", "f", "g", "h"])

    mutating func run(_ input: [UInt8]) throws(Finding) {
        for isEventStream in [false, true] {
            try Self.compare(input, isEventStream, usual)
            try Self.compare(input, isEventStream, skims: true, usual)
            try Self.compare(input, isEventStream, odd)
        }
    }

    private static func compare(_ input: [UInt8], _ isEventStream: Bool, skims: Bool = false, _ fields: borrowing UsageFields) throws(Finding) {
        let whole = scan(input, [input.count], isEventStream, skims, fields)
        let cuts = Cuts(input)
        let halves = scan(input, [cuts.place, input.count], isEventStream, skims, fields)
        try check(halves == whole, "cut at \(cuts.place): \(halves), whole: \(whole)")
        if cuts.isByteByByte {
            let single = scan(input, Array(0...input.count), isEventStream, skims, fields)
            try check(single == whole, "byte by byte: \(single), whole: \(whole)")
        }
        for ends in [[input.count], [cuts.place, input.count]] where skims {
            let fromItsEnd = scan(input, ends, isEventStream, skims, fields, saysWhichIsLast: true)
            // of several, one may stand in another: then the last to begin is not the last to end
            try check(fromItsEnd == whole || hasSeveralUsages(input), "from the end of \(ends): \(fromItsEnd), from its beginning: \(whole)")
        }
    }

    private static func hasSeveralUsages(_ input: [UInt8]) -> Bool {
        let key = Array("\"usage\"".utf8)
        return input.indices.count { input[$0...].starts(with: key) } > 1
    }

    private static func scan(
        _ input: [UInt8], _ ends: [Int], _ isEventStream: Bool, _ skims: Bool, _ fields: borrowing UsageFields, saysWhichIsLast: Bool = false
    ) -> TokenCounts {
        var scanner = UsageScanner(isEventStream: isEventStream, skims: skims)
        var start = 0
        for end in ends {
            // The array outlives the closure, and nothing of it leaves.
            unsafe input[start..<end].withUnsafeBytes { unsafe scanner.scan(Bytes($0), fields, isLast: saysWhichIsLast && end == input.count) }
            start = end
        }
        return scanner.counts
    }
}
