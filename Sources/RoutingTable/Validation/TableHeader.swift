import CTable

/// The first 128 bytes of a table, checked.
package struct TableHeader: Sendable {
    package let major: UInt16
    package let minor: UInt16
    /// Of the table; a signature behind it does not count.
    package let fileBytes: Int
    package let sectionCount: Int
    /// SHA-256 of every byte of the file but these 32.
    package let digest: Digest
    /// SHA-256 of what decides about traffic, whatever files it was compiled from.
    package let trafficDigest: Digest
    /// nil: the table is not signed. Nobody has compared it with a key yet.
    package let signature: TableSignature?

    static let byteCount = MemoryLayout<rtbl_header>.size

    init(of file: Bytes) throws(TableFault) {
        guard file.count >= 8, file.word(at: 0) == RTBL_MAGIC else {
            throw TableFault("this is not a routing table: it does not begin with the magic bytes \\x89RTBL", at: 0)
        }
        guard file.count >= Self.byteCount else {
            throw TableFault("the file ends inside its header: \(file.count) of \(Self.byteCount) bytes", at: file.count)
        }
        let raw = unsafe file.unsafeBuffer.load(as: rtbl_header.self)
        guard raw.major == RTBL_MAJOR else {
            throw TableFault("the table has format version \(raw.major).\(raw.minor); this program reads version \(RTBL_MAJOR)", at: 8)
        }
        guard raw.header_bytes == UInt32(Self.byteCount) else {
            throw TableFault("the header says that it is \(raw.header_bytes) bytes long, not \(Self.byteCount)", at: 12)
        }
        guard raw.file_bytes == UInt64(file.count) || raw.file_bytes == UInt64(max(0, file.count - TableSignature.byteCount)) else {
            throw TableFault("the file is \(file.count) bytes long, its header says \(raw.file_bytes)", at: 16)
        }
        guard raw.section_count <= RTBL_MAX_SECTIONS else {
            throw TableFault("\(raw.section_count) sections; at most \(RTBL_MAX_SECTIONS) are allowed", at: 24)
        }
        guard raw.reserved0 == 0, file[96..<128].isAllZero else {
            throw TableFault("a reserved field of the header is not 0", at: 28)
        }
        major = raw.major
        minor = raw.minor
        fileBytes = Int(raw.file_bytes) // one of two values that are at most file.count
        guard fileBytes >= Self.byteCount else { throw TableFault("the header says that the file is \(fileBytes) bytes long, less than the header is", at: 16) }
        signature = fileBytes == file.count ? nil : try TableSignature(trailer: file.from(fileBytes), at: fileBytes)
        sectionCount = Int(raw.section_count)
        digest = Digest(bytes: file[32..<64].copied)
        trafficDigest = Digest(bytes: file[64..<96].copied)
    }

    func checkDigest(of file: Bytes, threads: Int) throws(TableFault) {
        guard Digest(table: file, threads: threads) == digest else {
            throw TableFault("the content digest does not fit: the file was damaged or changed after it was compiled", at: 32)
        }
    }
}

extension Bytes {
    var isAllZero: Bool {
        for i in 0..<count where self[i] != 0 { return false }
        return true
    }

    package var copied: [UInt8] { unsafe Array(unsafeBuffer) }
}
