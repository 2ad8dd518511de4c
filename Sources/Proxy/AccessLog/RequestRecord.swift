import RoutingTable

/// What becomes of one request, gathered while it passes, for the access log and the histograms. Times are of the boot
/// clock, in nanoseconds; 0: not yet.
struct RequestRecord: BitwiseCopyable {
    /// The status that the request was counted with; 0: it has not been.
    var status: UInt16 = 0
    /// The last that a backend answered.
    var upstreamStatus: UInt16 = 0
    /// The raw value of why its target was suspended after its answer; 0: it was not.
    var suspension: UInt8 = 0
    /// The code of an answer that was made here, or of what cut one; it is a literal.
    var error = Bytes.empty

    /// Its head was whole.
    var began: UInt64 = 0
    /// The last attempt's first bytes had been handed to the kernel.
    var sent: UInt64 = 0
    /// The head of a final answer had come.
    var answered: UInt64 = 0
    /// So had the first byte of the body that is passed on.
    var firstByte: UInt64 = 0
    /// When the clock was read last for it.
    var looked: UInt64 = 0
    /// The sum of the times between bytes that were handed to us and bytes that we handed on.
    var overhead: UInt64 = 0

    /// Of the answer's body, without its framing.
    var answerBytes: UInt64 = 0
    var tokens = TokenCounts()
    /// Who asks, as the token says.
    var subject = Subject()

    // Places in its head.
    var method = ByteRange.empty
    var host = ByteRange.empty
    var path = ByteRange.empty
    /// Of the one `traceparent`.
    var trace = ByteRange.empty

    /// Bytes have just been handed to the kernel, for those that this turn of the loop has brought.
    mutating func noteSpent(since turn: UInt64, now: UInt64) {
        let start = max(turn, looked)
        if now > start { overhead += now - start }
        looked = now
    }
}
