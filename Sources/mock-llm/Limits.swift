/// Every bound of this program.
enum Limits {
    /// Requests that `GET /requests` remembers; the oldest make room.
    static let recordedRequests = 1_000
    /// Bytes that `GET /requests` remembers in all, and so of one request.
    static let recordedBytes = 16 << 20
    /// Bytes of one request's body; twice what the dataplane lets through by default.
    static let bodyBytes = 64 << 20
    /// Models with a quota, on the command line.
    static let quotas = 1_000
    /// Requests of one window, and seconds of it.
    static let quotaRequests = 1_000_000_000
    static let quotaSeconds = 86_400
    /// `--delay-ms`: ten minutes, the longest that the OpenAI clients wait.
    static let delayMillis = 600_000
    /// Clients that get tokens, on the command line.
    static let clients = 1_000
    /// How long a token is good for.
    static let tokenSeconds = 3_600
    /// The size of the key that tokens are signed with.
    static let keyBits: Int32 = 2_048
    /// Inputs of one embeddings request, as at OpenAI.
    static let embeddingInputs = 2_048
    /// Numbers of one embedding: those of OpenAI's largest model.
    static let embeddingDimensions = 3_072
}
