import CLinux
import RoutingTable

/// A worker's memory for what lives no longer than one step: the piece just received, the head being written,
/// a path being normalised.
@safe
struct Scratch: ~Copyable {
    /// What was received from a backend last.
    var piece: Buffer
    /// For regular expressions whose automaton would be too large.
    var regex = RegexScratch()
    /// A head, or a small message, on its way out.
    var written: Buffer
    // Safe: each has the size that its only user needs (a request line is at most `Limits.requestLineBytes`).
    let path: UnsafeMutablePointer<UInt8>
    let host: UnsafeMutablePointer<UInt8>
    /// A header's or query parameter's value, joined or decoded, as a condition asks for it or as a caller's key.
    let values: UnsafeMutablePointer<UInt8>

    /// Every field of a head, and a comma and a blank for each.
    static let conditionBytes = Limits.headBytes + 2 * Limits.headFields

    /// - Returns: nil if the system has no memory.
    init?() {
        let sizes = [Limits.answerPieceBytes, Limits.writtenHeadBytes, Limits.headBytes, Limits.headBytes, Self.conditionBytes]
        guard let mapping = unsafe cl_map_anonymous(sizes.reduce(0, +)) else { return nil }
        let base = unsafe mapping.assumingMemoryBound(to: UInt8.self)
        unsafe piece = Buffer(base: base, capacity: sizes[0])
        unsafe written = Buffer(base: base + sizes[0], capacity: sizes[1])
        unsafe path = base + sizes[0] + sizes[1]
        unsafe host = base + sizes[0] + sizes[1] + sizes[2]
        unsafe values = host + sizes[3]
    }
}
