/// What is observed of requests: which buckets a value can fall into.
///
/// Bounds of `gen_ai_…` are those that OpenTelemetry's semantic conventions for generative AI metrics recommend
/// (ExplicitBucketBoundaries of gen_ai.server.request.duration, gen_ai.server.time_to_first_token and
/// gen_ai.client.token.usage).
struct Histogram: BitwiseCopyable {
    enum Kind: Int, CaseIterable {
        // of a target
        case requestDuration, timeToFirstToken, inputTokens, outputTokens
        // of the process
        case overhead
    }

    /// The upper bounds of the buckets, in nanoseconds or tokens, each included; behind the last one `UInt64.max`.
    private var bounds = InlineArray<16, UInt64>(repeating: .max)
    private(set) var count = 0

    /// Counts of up to 16 buckets and, behind them, of what is above all bounds; last the sum of all values.
    static let cells = 16 + 2
    static let sumCell = 17

    init(_ bounds: [UInt64]) {
        precondition(bounds.count <= 16)
        for bound in bounds {
            self.bounds[count] = bound
            count += 1
        }
    }

    init(_ kind: Kind) {
        switch kind {
        case .requestDuration: self.init((0..<14).map { 10_000_000 << $0 }) // 0.01 s to 81.92 s, doubling
        case .timeToFirstToken:
            self.init([1, 5, 10, 20, 40, 60, 80, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000].map { $0 * 1_000_000 })
        case .inputTokens, .outputTokens: self.init((0..<14).map { 1 << (2 * $0) }) // 1 to 67,108,864, times 4
        case .overhead: // a few times what a request costs, up to what a user would notice
            self.init([5, 10, 20, 30, 40, 50, 75, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000, 1_000_000].map { $0 * 1000 })
        }
    }

    subscript(_ bucket: Int) -> UInt64 { bounds[bucket] }

    /// The cell of the first bucket that takes a value; `count`: it is above all bounds.
    func bucket(of value: UInt64) -> Int {
        unsafe withUnsafeBytes(of: bounds) { unsafe Self.bucket(of: value, $0.baseAddress!.assumingMemoryBound(to: UInt64.self)) }
    }

    /// The same with 16 bounds that stand elsewhere, in ascending order.
    @inline(__always) @unsafe
    static func bucket(of value: UInt64, _ bounds: UnsafePointer<UInt64>) -> Int {
        var below = unsafe bounds[7] < value ? 8 : 0
        if unsafe bounds[below &+ 3] < value { below &+= 4 }
        if unsafe bounds[below &+ 1] < value { below &+= 2 }
        if unsafe bounds[below] < value { below &+= 1 }
        return unsafe below == 15 && bounds[15] < value ? 16 : below
    }
}
