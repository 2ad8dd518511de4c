import CLinux
import CTable
import RoutingTable

/// Counts of limits on their way between this instance and Redis: what was counted here since the last exchange goes
/// there, and what the others have counted comes into the counter that requests are held against.
struct LimitExchange {
    /// One window of one limit, in a row of the state.
    struct Counter {
        let limit: UInt64
        /// nil: a RateLimitPolicy, as opposed to an AIRateLimitPolicy.
        let kind: TokenKind?
        let window: Window
        let most: UInt32
        let row: UInt32
        /// The window that the following is of.
        var number: UInt64 = 0
        /// What of the count here stands in Redis too.
        var exchanged: UInt64 = 0
        /// The count in Redis when it was last seen.
        var total: UInt64 = 0
        /// When, in nanoseconds of the boot clock.
        var seen: UInt64 = 0
    }

    /// What is to be asked of Redis: for each its key, what is added, what was known, and the milliseconds that it is kept.
    struct Request {
        struct Part {
            let counter: Int
            let number: UInt64
            let here: UInt64
            let key: String
            let added: Int64
            let known: UInt64
            let keptMillis: UInt64
        }

        var parts: [Part] = []
    }

    private let region: StateRegion
    private(set) var counters: [Counter]
    private var next = 0
    /// Of the processes that share a state file one exchanges for all. Asked again at `speakerDue`.
    private var isSpeaker: Bool
    private var speakerDue: UInt64 = 0

    /// Counts that stand already were exchanged by an earlier process.
    init(region: StateRegion, counters: [Counter], wallSeconds: UInt64) {
        self.region = region
        self.counters = counters
        isSpeaker = region.isSpeaker
        begin(wallSeconds)
    }

    private mutating func begin(_ wallSeconds: UInt64) {
        for place in counters.indices {
            let number = counters[place].window.number(wallSeconds)
            let here = region.count(counters[place], in: number)
            (counters[place].number, counters[place].exchanged, counters[place].total) = (number, here, here)
        }
    }

    /// Whoever spoke for the state file may have ended.
    private mutating func becomeSpeaker(_ now: UInt64, _ wallSeconds: UInt64) {
        guard now >= speakerDue else { return }
        speakerDue = now + Limits.redisRefreshMillis * 1_000_000
        isSpeaker = region.isSpeaker
        if isSpeaker { begin(wallSeconds) }
    }

    /// The same for another table: limits that both have go on.
    init(_ earlier: LimitExchange, region: StateRegion, counters: [Counter], wallSeconds: UInt64) {
        self.init(region: region, counters: counters, wallSeconds: wallSeconds)
        var known: [Key: Counter] = [:]
        for counter in earlier.counters { known[Key(counter)] = counter }
        for place in self.counters.indices {
            guard let old = known[Key(self.counters[place])] else { continue }
            (self.counters[place].number, self.counters[place].exchanged, self.counters[place].total) = (old.number, old.exchanged, old.total)
        }
    }

    private struct Key: Hashable {
        let limit: UInt64
        let kind: TokenKind?
        let seconds: UInt64

        init(_ counter: Counter) { (limit, kind, seconds) = (counter.limit, counter.kind, counter.window.seconds) }
    }

    /// - Returns: nil: there is nothing to exchange.
    mutating func request(now: UInt64, wallSeconds: UInt64) -> Request? {
        if !isSpeaker { becomeSpeaker(now, wallSeconds) }
        guard isSpeaker else { return nil }
        var request = Request()
        for _ in 0..<min(counters.count, Limits.redisCountsLookedAt) {
            if next >= counters.count { next = 0 }
            if let part = part(next, now, wallSeconds) { request.parts.append(part) }
            next += 1
            if request.parts.count == Limits.redisCountsOfExchange { break }
        }
        return request.parts.isEmpty ? nil : request
    }

    private mutating func part(_ place: Int, _ now: UInt64, _ wallSeconds: UInt64) -> Request.Part? {
        let number = counters[place].window.number(wallSeconds)
        if counters[place].number != number { (counters[place].number, counters[place].exchanged, counters[place].total) = (number, 0, 0) }
        let counter = counters[place]
        let here = region.count(counter, in: number)
        guard here != counter.exchanged || now - min(now, counter.seen) >= Limits.redisRefreshMillis * 1_000_000 else { return nil }
        return Request.Part(
            counter: place, number: number, here: here, key: RedisScripts.countKey(counter.limit, counter.kind?.letter ?? "r", window: number),
            added: Int64(here) - Int64(counter.exchanged), known: counter.total,
            keptMillis: counter.window.secondsLeft(wallSeconds) * 1000 + Limits.redisCountGraceMillis)
    }

    /// Redis has answered with the counts of a request that was made of this table's limits.
    mutating func take(_ totals: [UInt64], of request: Request, now: UInt64) {
        for (part, total) in zip(request.parts, totals) where counters[part.counter].number == part.number {
            let counter = counters[part.counter]
            // the script never answers with less than what was known and what was added
            let others = Int64(clamping: total) - Int64(counter.total) - part.added
            if others > 0 { region.takeIn(UInt64(others), counter, in: part.number) }
            counters[part.counter].exchanged = part.here + UInt64(max(0, others))
            counters[part.counter].total = total
            counters[part.counter].seen = now
        }
    }
}

extension TokenKind {
    /// Its name in keys.
    var letter: String {
        switch self {
        case .prompt: "p"
        case .completion: "c"
        case .total: "t"
        case .requests: "q"
        }
    }
}

extension LimitExchange.Counter {
    /// Every window of every limit of a table.
    static func all(of table: RoutingTable, _ state: borrowing SharedState) -> [LimitExchange.Counter] {
        var counters: [LimitExchange.Counter] = []
        for number in table.features.rateLimits.indices {
            let limit = table.features.rateLimits[number]
            let row = state.row(Index<rtbl_rate_limit>(unchecked: UInt32(number)))
            counters.append(LimitExchange.Counter(limit: limit.identity, kind: nil, window: Window(limit.window), most: limit.requests, row: row))
        }
        for number in table.features.aiRateLimits.indices {
            let limit = table.features.aiRateLimits[number]
            let row = state.row(Index<rtbl_ai_rate_limit>(unchecked: UInt32(number)))
            let kinds: [(TokenKind, UInt32, UInt8)] = [
                (.prompt, limit.prompt_tokens, limit.token_window), (.completion, limit.completion_tokens, limit.token_window),
                (.total, limit.total_tokens, limit.token_window), (.requests, limit.requests, limit.request_window),
            ]
            for (kind, most, window) in kinds where most != RTBL_NONE {
                counters.append(LimitExchange.Counter(limit: limit.identity, kind: kind, window: Window(window), most: most, row: row))
            }
        }
        return counters
    }
}
