import COpenSSL
import CTable
import Synchronization
import Threading

/// A SHA-256 value, and the ways in which the format makes one (FORMAT.md, "Digests").
package struct Digest: Equatable, Hashable, Sendable {
    package static let byteCount = 32

    /// 32 bytes.
    package let bytes: [UInt8]

    init(bytes: [UInt8]) {
        precondition(bytes.count == Self.byteCount)
        self.bytes = bytes
    }

    /// SHA-256 of `bytes`.
    package init(of bytes: RawSpan) {
        var hasher = DigestHasher()
        hasher.update(bytes)
        self = hasher.finish()
    }

    /// Lower-case hex, 64 digits.
    package var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

// MARK: - The digest of a whole table

extension Digest {
    /// How many pieces of 1 MiB a table of `byteCount` bytes has.
    package static func pieceCount(tableBytes byteCount: Int) -> Int {
        let piece = Int(RTBL_DIGEST_CHUNK)
        return byteCount / piece + (byteCount % piece == 0 ? 0 : 1)
    }

    /// SHA-256 of piece `index` of a table, which is at least as long as its header. The header's own digest is
    /// left out of the first piece. Pieces are independent of each other: several threads may share the work.
    package init(piece index: Int, ofTable table: RawSpan) {
        let piece = Int(RTBL_DIGEST_CHUNK)
        let start = index * piece
        let end = min(start + piece, table.byteCount)
        var hasher = DigestHasher()
        if index == 0 {
            let hole = Int(RTBL_DIGEST_OFFSET)
            hasher.update(table.extracting(0..<hole))
            hasher.update(table.extracting(hole + Self.byteCount..<end))
        } else {
            hasher.update(table.extracting(start..<end))
        }
        self = hasher.finish()
    }

    /// What the header's `digest` must be, from the digests of all pieces in order.
    package init(pieces: [Digest]) {
        var hasher = DigestHasher()
        for piece in pieces { hasher.update(piece.bytes) }
        self = hasher.finish()
    }

    /// The same, made by several threads.
    package init(table: Bytes, threads: Int) {
        guard threads > 1 else { self.init(table: table.span); return }
        let count = Self.pieceCount(tableBytes: table.count)
        let pieces = Mutex([Digest?](repeating: nil, count: count))
        Parallel.forEach(count, threads: threads) { number in
            let digest = Digest(piece: number, ofTable: table.span)
            pieces.withLock { $0[number] = digest }
        }
        self.init(pieces: pieces.withLock { $0.compactMap { $0 } })
    }

    /// What the header's `digest` must be. `table` is at least as long as its header.
    package init(table: RawSpan) {
        let pieces = (0..<Self.pieceCount(tableBytes: table.byteCount)).map { Digest(piece: $0, ofTable: table) }
        self.init(pieces: pieces)
    }
}

/// SHA-256 over bytes that come in parts. libcrypto's own functions, not EVP's: those first make the whole library ready, with
/// its names and its configuration file, which takes as many instructions as all the rest of a start.
@safe package struct DigestHasher: ~Copyable {
    private var context = SHA256_CTX()

    package init() {
        let done = unsafe SHA256_Init(&context)
        precondition(done == 1, "SHA-256 init")
    }

    package mutating func update(_ bytes: RawSpan) {
        let done = unsafe bytes.withUnsafeBytes { unsafe SHA256_Update(&context, $0.baseAddress, $0.count) }
        precondition(done == 1, "SHA-256 update")
    }

    package mutating func update(_ bytes: [UInt8]) {
        update(unsafe bytes.span.bytes) // a UInt8 has no padding that could be read uninitialised
    }

    package mutating func update(littleEndian value: some FixedWidthInteger & BitwiseCopyable) {
        let stored = [value.littleEndian]
        update(unsafe stored.span.bytes) // nor has an integer
    }

    package consuming func finish() -> Digest {
        var bytes = [UInt8](repeating: 0, count: Digest.byteCount)
        // SHA256_Final writes exactly the 32 bytes of SHA-256.
        let done = unsafe bytes.withUnsafeMutableBufferPointer { unsafe SHA256_Final($0.baseAddress, &context) }
        precondition(done == 1, "SHA-256 final")
        return Digest(bytes: bytes)
    }
}

/// The digest of what bears on traffic: sections of a kind below 64, fed in ascending order of kind.
package struct TrafficDigestHasher: ~Copyable {
    private var hasher = DigestHasher()

    package init() {}

    package mutating func add(_ section: rtbl_section, bytes: RawSpan) {
        hasher.update(littleEndian: section.kind)
        hasher.update(littleEndian: section.version)
        hasher.update(littleEndian: section.element_bytes)
        hasher.update(littleEndian: section.count)
        hasher.update(bytes)
    }

    package consuming func finish() -> Digest { hasher.finish() }
}
