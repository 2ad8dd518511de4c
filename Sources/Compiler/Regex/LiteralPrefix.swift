/// What every text that matches begins with.
struct LiteralPrefix {
    private(set) var bytes: [UInt8] = []
    /// The greatest number of its bytes that are whole segments: in every match, a `/` or the end follows them.
    private(set) var segmentBytes = 0
    /// Whether nothing else matches.
    private(set) var isWhole = false
    /// Whether a text that is empty or begins with `/` can match at all.
    private(set) var canMatchPath = false

    /// Longer prefixes bring nothing for the order of routes.
    private static let limit = 1024

    init(_ determiner: inout RegexDeterminiser) {
        let slash = UInt8(ascii: "/")
        var state = determiner.start
        while bytes.count < Self.limit {
            let successors = determiner.successors(of: state)
            let accepts = determiner.accepts(state)
            var live: [UInt8] = []
            for byte in UInt8.min ... .max where successors[Int(determiner.classes.map[Int(byte)])] != nil {
                live.append(byte)
                if live.count > 1, live.contains(slash) { break }
            }
            if bytes.isEmpty { canMatchPath = accepts || successors[Int(determiner.classes.map[Int(slash)])] != nil }
            if live.allSatisfy({ $0 == slash }) { segmentBytes = bytes.count }
            if live.isEmpty { isWhole = accepts }
            guard !accepts, live.count == 1, live[0] > 0x20, live[0] < 0x7f,
                let next = successors[Int(determiner.classes.map[Int(live[0])])]
            else { return }
            bytes.append(live[0])
            state = next
        }
    }
}
