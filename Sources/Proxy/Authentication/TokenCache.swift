import CLinux

/// What a verdict depends on beside the token.
struct TokenContext: BitwiseCopyable, Equatable {
    /// Of the table, and of all fetched key sets.
    var snapshot: UInt32
    var keys: UInt64
    /// Numbers in the table: of the authentication, whose issuers count, and of the scheme, whose audiences do.
    var authentication: UInt32
    var scheme: UInt32
    /// The claim by which the route's pool keeps requests together, as a string of the table; 0: none.
    var claim: UInt32

    static func == (a: TokenContext, b: TokenContext) -> Bool {
        a.snapshot == b.snapshot && a.keys == b.keys && a.authentication == b.authentication && a.scheme == b.scheme && a.claim == b.claim
    }
}

/// One worker's memory of tokens: a fixed number of verdicts, in small sets by the token's digest; in a full set the
/// verdict that ends first makes room. Good and bad tokens are kept apart. No allocation after the start.
@safe
struct TokenCache: ~Copyable {
    private struct Entry: BitwiseCopyable {
        var digest: TokenDigest
        var context: TokenContext
        /// `untilMillis` is 0 in an entry that has never been used: such a verdict never holds.
        var verdict: TokenVerdict
    }

    static let ways = 4

    // Safe: `sets * ways` entries each in one mapping that lives as long as the worker; a set's number is masked.
    // Zeroed pages are valid entries: all of their fields are numbers, and `.passed` is 0, which `untilMillis` 0 voids.
    private let good: UnsafeMutablePointer<Entry>
    private let bad: UnsafeMutablePointer<Entry>
    private let goodSets: Int
    private let badSets: Int

    /// - Parameters: numbers of sets, powers of two.
    /// - Returns: nil if the system has no memory. Pages cost memory once they are touched.
    init?(goodSets: Int = Limits.goodTokenSets, badSets: Int = Limits.badTokenSets) {
        precondition(goodSets.nonzeroBitCount == 1 && badSets.nonzeroBitCount == 1)
        let stride = MemoryLayout<Entry>.stride
        guard let mapping = unsafe cl_map_anonymous((goodSets + badSets) * Self.ways * stride) else { return nil }
        unsafe good = mapping.bindMemory(to: Entry.self, capacity: goodSets * Self.ways)
        unsafe bad = (mapping + goodSets * Self.ways * stride).bindMemory(to: Entry.self, capacity: badSets * Self.ways)
        self.goodSets = goodSets
        self.badSets = badSets
    }

    /// What is known of a token and still holds.
    func find(_ digest: TokenDigest, _ context: TokenContext, nowMillis: Int64) -> TokenVerdict? {
        if let verdict = unsafe Self.find(good + Self.first(digest, goodSets), digest, context), verdict.holds(at: nowMillis) { return verdict }
        if let verdict = unsafe Self.find(bad + Self.first(digest, badSets), digest, context), verdict.holds(at: nowMillis) { return verdict }
        return nil
    }

    mutating func remember(_ digest: TokenDigest, _ context: TokenContext, _ verdict: TokenVerdict) {
        let set = unsafe verdict.result == .passed ? good + Self.first(digest, goodSets) : bad + Self.first(digest, badSets)
        var chosen = 0
        for way in 0..<Self.ways {
            if unsafe set[way].digest == digest && set[way].context == context {
                chosen = way
                break
            }
            if unsafe Self.worth(set[way], context) < Self.worth(set[chosen], context) { chosen = way }
        }
        unsafe set[chosen] = Entry(digest: digest, context: context, verdict: verdict)
    }

    /// What holds longest is worth most; what was found out with other keys, or for another table, nothing.
    private static func worth(_ entry: Entry, _ context: TokenContext) -> Int64 {
        entry.context.keys == context.keys && entry.context.snapshot == context.snapshot ? entry.verdict.untilMillis : .min
    }

    private static func first(_ digest: TokenDigest, _ sets: Int) -> Int {
        Int(truncatingIfNeeded: digest.hash & UInt64(sets - 1)) * ways
    }

    private static func find(_ set: UnsafeMutablePointer<Entry>, _ digest: TokenDigest, _ context: TokenContext) -> TokenVerdict? {
        for way in 0..<ways where unsafe set[way].digest == digest && set[way].context == context { return unsafe set[way].verdict }
        return nil
    }
}
