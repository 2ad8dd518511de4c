extension Limits {
    // MARK: - Times

    /// Connecting to one address of Redis.
    static let redisConnectMillis: UInt64 = 2000
    /// A reply that takes longer means that the connection is lost: a pause of Redis that is shorter is waited out.
    static let redisReplyMillis: UInt64 = 5000
    /// With nothing else to say, Redis is asked this often whether it is there.
    static let redisPingMillis: UInt64 = 1000
    /// The wait before another attempt to connect: at first, and at most; doubled each time, and shortened by up to a half
    /// at random, so that many instances do not come back at once.
    static let redisBackoffMillis: (first: UInt64, most: UInt64) = (100, 5000)
    /// What stands in Redis is compared with what stands here this often, whatever happens: it heals what was lost.
    static let redisSyncMillis: UInt64 = 10_000
    /// Counts of limits are exchanged this often …
    static let redisExchangeMillis: UInt64 = 100
    /// … and asked for this often where nothing was counted here.
    static let redisRefreshMillis: UInt64 = 1000
    /// How long a count outlives its window, for hosts whose clocks are behind.
    static let redisCountGraceMillis: UInt64 = 10_000
    /// Where an end in Redis is earlier than one that was found here by less than this, it is the same end: it travelled.
    static let redisEndToleranceMillis: UInt64 = 1000

    // MARK: - Sizes

    /// The longest suspension that travels: the longest by hand.
    static let sharedSuspensionMillis = manualSuspensionSeconds * 1000
    /// Suspensions that wait for the thread that shares them. One more: it looks at all targets.
    package static let suspensionRing = 256
    /// Suspensions in one message: at most 256 × 31 bytes, and Lua's `unpack` takes them.
    package static let suspensionsOfMessage = 256
    /// A message of a channel that is longer is not one of ours.
    package static let redisMessageBytes = 16 << 10
    /// Suspensions, and resumptions, that Redis keeps; those that end first give way.
    static let redisSuspensions = 65_536
    /// Bytes of one reply: all of these with their scores, and twice as much.
    static let redisReplyBytes = 8 << 20
    /// Commands without a reply; then nothing is sent until one comes.
    static let redisCommands = 64
    /// Receives of one connection, of 16 KiB each, before the other one gets its turn.
    static let redisReceivesPerTurn = 64
    /// Counts of limits in one exchange.
    static let redisCountsOfExchange = 256
    /// Counts that are looked at for one exchange, 0.3 ms at most; tables with more limits take several.
    static let redisCountsLookedAt = 65_536
    /// Addresses of Redis' host that are tried.
    static let redisAddresses = 8
}
