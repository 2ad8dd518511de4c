/// A request target in origin form (RFC 9112, section 3.2.1).
struct RequestTarget {
    static let recordedRequests = "/requests"

    let path: String
    let query: String

    init(_ target: String) {
        let pieces = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(pieces[0])
        query = pieces.count == 2 ? String(pieces[1]) : ""
    }
}
