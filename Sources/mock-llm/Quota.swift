/// N requests in a window of so many seconds.
struct Quota: Equatable, Sendable {
    let requests: Int
    let seconds: Int

    /// Reads `N/SECONDS`. N may be 0: a model that is always over its quota.
    init?(_ text: some StringProtocol) {
        let pieces = text.split(separator: "/", omittingEmptySubsequences: false)
        guard pieces.count == 2, let requests = Int(pieces[0]), let seconds = Int(pieces[1]),
            (0...Limits.quotaRequests).contains(requests), (1...Limits.quotaSeconds).contains(seconds)
        else { return nil }
        self.requests = requests
        self.seconds = seconds
    }
}
