import CLinux
import RoutingTable

/// Writes what stands in the rings to the present file, many lines with one call. Lines stay whole: after a write that took
/// only part of them, the next one goes on in the same ring.
struct LogWriter: ~Copyable {
    enum Outcome: Equatable {
        case nothing, wrote
        /// A pipe whose reader is behind.
        case full
        /// With -errno.
        case failed(Int32)
    }

    private let rings: [LineRing]
    private var file: Int32 = -1
    /// The ring with which the next call begins, and whether one of its lines is written in part.
    private var current = 0
    private var isInLine = false
    /// The present trouble has been logged.
    var hasComplained = false

    init(rings: [LineRing]) {
        precondition(rings.count <= Limits.workers && Limits.workers == 256)
        self.rings = rings
    }

    /// Goes on with another file, which begins with a whole line: the old one gets the rest of one that it has begun.
    mutating func takeFile(_ next: Int32) {
        if isInLine { endLine() }
        if file > 2 { _ = cl_close(file) }
        file = next
        hasComplained = false
    }

    private mutating func endLine() {
        let ring = rings[current]
        var rest = ring.firstLineBytes
        while rest > 0 {
            let piece = ring.pieces.0
            let n = unsafe cl_write(file, piece.base, min(rest, piece.count))
            if n == -EINTR { continue }
            guard n > 0 else { break }
            ring.consume(n)
            rest -= n
        }
        if rest > 0 {
            ring.consume(rest)
            ring.countLost()
        }
        isInLine = false
    }

    /// Writes all that there is, as far as the file takes it.
    mutating func writeAll() -> Outcome {
        var outcome = Outcome.nothing
        while true {
            let n = writeOnce()
            if n == -Int(EINTR) { continue }
            if n == 0 { return outcome }
            if n == -Int(EAGAIN) { return .full }
            guard n > 0 else { return .failed(Int32(n)) }
            outcome = .wrote
        }
    }

    /// One call. Returns the bytes that it wrote, or -errno.
    private mutating func writeOnce() -> Int {
        var pieces = unsafe InlineArray<64, iovec>(repeating: iovec())
        var count = 0
        // what the call is given of each ring: the workers put more in meanwhile
        var given = InlineArray<256, Int>(repeating: 0)
        for number in 0..<rings.count where count + 2 <= Limits.logPieces {
            let (first, second) = rings[(current + number) % rings.count].pieces
            given[number] = first.count + second.count
            guard given[number] > 0 else { continue }
            unsafe pieces[count] = Self.piece(first)
            unsafe pieces[count + 1] = Self.piece(second)
            count += second.isEmpty ? 1 : 2
        }
        guard count > 0 else { return 0 }
        let n = unsafe withUnsafePointer(to: &pieces) {
            unsafe cl_write_pieces(file, UnsafeRawPointer($0).assumingMemoryBound(to: iovec.self), Int32(count))
        }
        if n > 0 { consume(n, of: given) }
        return n
    }

    private static func piece(_ bytes: Bytes) -> iovec {
        // the kernel only reads what an iovec of a write points to
        unsafe iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.base), iov_len: bytes.count)
    }

    /// The first `count` bytes of what the call was given are written.
    private mutating func consume(_ count: Int, of given: InlineArray<256, Int>) {
        var rest = count
        let first = current
        for number in 0..<rings.count where given[number] > 0 {
            if rest == 0 { return }
            current = (first + number) % rings.count
            let taken = min(rest, given[number])
            isInLine = !rings[current].consume(taken)
            rest -= taken
        }
    }
}
