/// The bounds of tokens, keys, and what is remembered of them.
extension Limits {
    /// A token. Those of large identity providers have 1 to 4 KiB; a head has 32.
    static let tokenBytes = 16 << 10
    /// Objects and arrays within one another in a token's header and claims, and in a key set. jansson reads them by
    /// recursion, on a worker's stack.
    static let tokenNesting = 32
    /// `exp` and `nbf` may be off by so much (SEMANTICS: authentication).
    static let clockLeewayMillis: Int64 = 60_000
    /// The end of the year 9999: no date of a token is later.
    static let latestDateSeconds = 253_402_300_799.0
    /// Bytes of `sub` that are kept for a request; a longer one is cut.
    static let subjectBytes = 64

    /// Remembered tokens a worker: good ones 4,096 in sets of 4, 200 bytes each …
    static let goodTokenSets = 1_024
    /// … and bad ones 1,024, apart, so that a flood of bad ones takes no good one's place.
    static let badTokenSets = 256
    /// A bad token is refused so long without another look at it.
    static let badTokenMillis: Int64 = 10_000

    /// A connection's client certificate that was accepted is looked at again after so long: it may have expired.
    static let certificateMillis: UInt64 = 60_000

    /// An RSA key that is shorter can be broken (RFC 7518, 3.3) …
    static let rsaKeyBitsAtLeast = 2_048
    /// … and one that is longer makes each look at a token expensive.
    static let rsaKeyBitsAtMost = 8_192
    /// Keys of one key set that are used.
    static let keysPerSet = 64
    /// Keys without an identifier that are tried at one token.
    static let keysTriedPerToken = 8

    /// A key set as it is fetched.
    static let keySetBytes = 256 << 10
    /// Connecting, TLS and transfer together.
    static let keySetFetchSeconds: Int32 = 10
    /// A key set is fetched anew this often …
    static let keySetIntervalMillis: UInt64 = 300_000
    /// … and, because a fetch failed or a token names a key that is not in it, at most this often.
    static let keySetPauseMillis: UInt64 = 10_000
    /// The same until the first has succeeded.
    static let keySetFirstPauseMillis: UInt64 = 1_000
    /// A request waits so long for the key set that its token needs.
    static let keySetWaitMillis: UInt64 = 5_000
    /// Key sets that are fetched, in all tables since the start.
    static let keySetURLs = 1_024
    /// Threads that fetch key sets: a slow one holds up no more than its own thread.
    static let keySetThreads = 4

    /// Schemes of one Authentication.
    static let authenticationSchemes = 64
}
