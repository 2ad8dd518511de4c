import CTable
import RoutingTable
import Testing

/// A table whose bytes are changed under a digest that fits, as a table made by other means could be.
struct TableEditor {
    private(set) var bytes: [UInt8]
    private let directory: [SectionEntry]

    init(_ bytes: [UInt8]) throws {
        self.bytes = bytes
        directory = try MappedTable(bytes: bytes).directory
    }

    func section(_ kind: Int) -> SectionEntry? { directory.first { $0.kind == UInt32(kind) } }

    /// Overwrites `count` bytes of an element of a section with a little-endian number, and seals the table again.
    mutating func set(_ kind: Int, element: Int = 0, offset: Int, bytes count: Int = 4, to value: UInt64) throws {
        let found = try #require(section(kind))
        let start = found.offset + element * found.elementBytes + offset
        for i in 0..<count { bytes[start + i] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(i))) }
        seal()
    }

    mutating func overwrite(at position: Int, with byte: UInt8) {
        bytes[position] = byte
        seal()
    }

    private mutating func seal() {
        let digest = Digest(table: unsafe bytes.span.bytes) // bytes have no padding
        bytes.replaceSubrange(Int(RTBL_DIGEST_OFFSET)..<Int(RTBL_DIGEST_OFFSET) + Digest.byteCount, with: digest.bytes)
    }

    /// Why the reader refuses it; nil: it does not.
    var fault: String? {
        do throws(TableFault) {
            _ = try MappedTable(bytes: bytes)
            return nil
        } catch { return "\(error)" }
    }
}
