import RoutingTable

/// What one connection can take, in sum:
///
/// | side | idle | at most |
/// |---|---|---|
/// | client | its slot, about 410 bytes, and 500 more once it has asked | request head and body: 16 KiB, or head (32 KiB) + `--max-body` rounded up to a power of two; plus one answer piece that could not be sent, 128 KiB |
/// | backend | its slot, about 200 bytes | 64 KiB while the head of an answer is incomplete |
///
/// All bodies together are bounded by `--max-buffered`, what is kept of their buffers by a quarter of that. A backend is not
/// read while its client has an unsent piece, so a slow client never holds more than that one piece.
extension Limits {
    /// Holds a request of a chat with some history, head and body.
    static let smallBufferBytes = 16 << 10
    /// From one to the next, in memory: at multiples of a page all buffers' first bytes, which are nearly all that is used of
    /// them, would share a few sets of the processor's caches. 17 lines further each, they spread over all.
    static let smallBufferStride = smallBufferBytes + 17 * 64
    /// Small buffers are mapped about 1 MiB at a time.
    static let smallBuffersPerChunk = 64
    /// 1 GiB of small buffers a worker.
    static let smallBuffersPerWorker = 65_536
    /// The smallest large buffer.
    static let largeBufferBytes = 64 << 10
    /// Large buffers of 64 KiB to 32 MiB are kept for the next message …
    static let cachedLargeClasses = 10
    /// … up to this sum a worker, and all workers together up to a quarter of `--max-buffered` …
    static let cachedLargeBytes = 256 << 20
    /// … until for so long they have not been needed. Then they are given back, about so much at a time.
    static let trimMillis = 1000
    static let trimmedBytes = 32 << 20
    /// A buffer that is free may be so many times as large as what has come of a body, if that much was announced.
    static let bufferBytesAheadOfBody = 4

    /// What one receive from a backend takes at most: the piece that is parsed, reframed and sent on at once.
    static let answerPieceBytes = 32 << 10
    /// A message that is written anew, in KiB at most: base path 64, rewrite 64, path and query 8, Host 64, fields as
    /// received 32, header filters 128, credential 64 + 64, model in a field 64 + 3 × 64, a joined body 32. Touched only as
    /// far as used.
    static let writtenHeadBytes = 1 << 20
}

extension Limits {
    /// A body up to this size is copied behind its head; a larger one is sent from where it stands.
    static let joinedBodyBytes = 4 << 10
    /// The same with TLS, where each piece would be a record of its own.
    static let joinedSecureBodyBytes = 32 << 10
}
