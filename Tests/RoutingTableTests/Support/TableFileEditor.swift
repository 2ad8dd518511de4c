import CTable
import RoutingTable

/// A table's bytes, to be damaged on purpose.
struct TableFileEditor {
    private(set) var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Numbers as the file stores them: little-endian, at any offset.
    func load<Number: FixedWidthInteger>(_: Number.Type = Number.self, at offset: Int) -> Number {
        (0..<Number.bitWidth / 8).reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: bytes[offset + $1]) }
    }

    mutating func store<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
        for i in 0..<Number.bitWidth / 8 { bytes[offset + i] = UInt8(truncatingIfNeeded: number >> Number(8 * i)) }
    }

    /// Where the directory speaks of a section.
    func directoryEntry(_ kind: Int) -> Int {
        let count = Int(load(UInt32.self, at: 24))
        return (0..<count).map { 128 + 32 * $0 }.first { load(UInt32.self, at: $0) == UInt32(kind) }!
    }

    func count(of kind: Int) -> Int { Int(load(UInt64.self, at: directoryEntry(kind) + 24)) }

    /// Where element `number` of a section lies in the file.
    func element(_ kind: Int, _ number: Int = 0) -> Int {
        let entry = directoryEntry(kind)
        let size = Int(load(UInt32.self, at: entry + 8))
        return Int(load(UInt64.self, at: entry + 16)) + size * number
    }

    /// Changes a field of an element, found by its offset in the record.
    mutating func set<Number: FixedWidthInteger>(_ kind: Int, _ number: Int = 0, at offset: Int, to value: Number) {
        store(value, at: element(kind, number) + offset)
    }

    mutating func setByte(_ offset: Int, to value: UInt8) { bytes[offset] = value }

    mutating func append(_ more: [UInt8]) { bytes += more }

    mutating func truncate(to count: Int) { bytes.removeLast(bytes.count - count) }

    /// The header's size and digest made to fit, where there is a whole header to hold them.
    mutating func repair() {
        guard bytes.count >= 128 else { return }
        store(UInt64(bytes.count), at: 16)
        repairDigest()
    }

    /// The header's digest made to fit.
    mutating func repairDigest() {
        let digest = Digest(table: unsafe bytes.span.bytes) // a UInt8 has no padding that could be read uninitialised
        bytes.replaceSubrange(32..<64, with: digest.bytes)
    }

    /// Why the reader refuses the bytes; nil: it accepts them.
    var fault: TableFault? {
        do throws(TableFault) {
            _ = try MappedTable(bytes: bytes)
            return nil
        } catch {
            return error
        }
    }
}
