import Proxy
import TestSupport

/// A body in the chunked coding: the same however it is cut, and what a naive decoder makes of it.
struct ChunkFuzz: FuzzBody, ~Copyable {
    private let memory = GuardedBytes(capacity: 1 << 20)

    private struct Decoded: Equatable {
        var content: [UInt8] = []
        var consumed = 0
        var outcome = ChunkStep.Outcome.needMore
    }

    mutating func run(_ input: [UInt8]) throws(Finding) {
        guard input.count <= 1 << 20 else { return }
        let whole = decode(input, ends: [input.count])
        try check(whole.consumed <= input.count && whole.content.count <= whole.consumed, "more bytes than there are")
        let cuts = Cuts(input)
        let halves = decode(input, ends: [cuts.place, input.count])
        try check(halves == whole, "cut at \(cuts.place): \(halves), whole: \(whole)")
        if cuts.isByteByByte {
            let single = decode(input, ends: Array(0...input.count))
            try check(single == whole, "byte by byte: \(single), whole: \(whole)")
        }
        guard whole.outcome == .done else { return }
        guard let naive = NaiveChunks.decode(input) else { throw Finding("accepted, but naively it is no chunked body") }
        try check(naive.content == whole.content && naive.count == whole.consumed, "\(whole), naively \(naive)")
    }

    private func decode(_ input: [UInt8], ends: [Int]) -> Decoded {
        var out = Decoded()
        var decoder = ChunkDecoder()
        for end in ends where out.outcome == .needMore {
            let piece = unsafe memory.placed(input[out.consumed..<end])
            let step = unsafe decoder.decode(piece)
            unsafe out.content += piece[..<step.produced]
            out.consumed += step.consumed
            out.outcome = step.outcome
        }
        return out
    }
}

/// The chunked coding (RFC 9112 7.1) by splitting at CR LF.
private enum NaiveChunks {
    static func decode(_ bytes: [UInt8]) -> (content: [UInt8], count: Int)? {
        var rest = bytes[...]
        var content: [UInt8] = []
        while true {
            guard let line = takeLine(&rest) else { return nil }
            let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != 32 && $0 != 9 }
            guard let size = UInt64(String(decoding: digits, as: UTF8.self), radix: 16), digits.first != UInt8(ascii: "+") else { return nil }
            if size == 0 { break }
            guard size <= UInt64(rest.count), rest.count - Int(size) >= 2 else { return nil }
            content += rest.prefix(Int(size))
            rest = rest.dropFirst(Int(size))
            guard takeLine(&rest)?.isEmpty == true else { return nil }
        }
        while let trailer = takeLine(&rest) {
            if trailer.isEmpty { return (content, rest.startIndex) }
            guard trailer.contains(UInt8(ascii: ":")) else { return nil }
        }
        return nil
    }

    /// Up to CR LF, of which neither stands alone.
    private static func takeLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(where: { $0 == 13 || $0 == 10 }), rest[end] == 13, end + 1 < rest.endIndex, rest[end + 1] == 10 else { return nil }
        defer { rest = rest[(end + 2)...] }
        return rest[..<end]
    }
}
