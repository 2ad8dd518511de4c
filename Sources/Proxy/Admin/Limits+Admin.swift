extension Limits {
    /// Streams of `GET /events` at once: a page in each of these browsers, and `Limits.adminConnections` has room for all else.
    static let eventStreams = 16
    /// An event a second.
    static let eventIntervalMillis: UInt64 = 1000
    /// A reader that leaves what was sent untouched for so long is dropped …
    static let eventStallMillis: UInt64 = 10_000
    /// … as is one for whom so much has piled up. An event `table` takes up to 9 MB: 250 bytes for each of `pageTargets`, and
    /// 1,000 more for each of `historyTargets`.
    static let eventBacklogBytes = 16 << 20
    /// Targets that the page is told of, about 250 bytes each; those of pools with a suspended one come first.
    static let pageTargets = 20_000
    /// Turns of a rotation that the page is shown; beyond, nobody counts them.
    static let pageTurns = 64
    /// How often, at most, another choice of `pageTargets` is made because a target that was not among them is suspended.
    static let pageChoiceMillis: UInt64 = 10_000
    /// What `GET /` shows of the past in its charts.
    static let historySeconds = 180
    /// Targets whose past is kept: with 8 bytes a second of it, 6 MiB at most, and nothing for those that do nothing.
    static let historyTargets = 4096
}
