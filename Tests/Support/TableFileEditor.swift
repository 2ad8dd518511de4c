import CTable
import RoutingTable

/// A table's bytes, to be damaged on purpose.
package struct TableFileEditor {
    package private(set) var bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Why the reader refuses the bytes; nil: it accepts them.
    package var fault: TableFault? {
        do throws(TableFault) {
            _ = try MappedTable(bytes: bytes)
            return nil
        } catch {
            return error
        }
    }

    // MARK: - Bytes

    /// Numbers as the file stores them: little-endian, at any offset.
    package func load<Number: FixedWidthInteger>(_: Number.Type = Number.self, at offset: Int) -> Number {
        (0..<Number.bitWidth / 8).reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: bytes[offset + $1]) }
    }

    package mutating func store<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
        for i in 0..<Number.bitWidth / 8 { bytes[offset + i] = UInt8(truncatingIfNeeded: number >> Number(8 * i)) }
    }

    /// The lowest `count` bytes of a number.
    package mutating func store(_ number: UInt64, bytes count: Int, at offset: Int) {
        for i in 0..<count { bytes[offset + i] = UInt8(truncatingIfNeeded: number >> UInt64(8 * i)) }
    }

    package mutating func setByte(_ offset: Int, to value: UInt8) { bytes[offset] = value }

    package mutating func append(_ more: [UInt8]) { bytes += more }

    // MARK: - Header

    /// The header's size and digest made to fit, where there is a whole header to hold them.
    package mutating func repair() {
        guard bytes.count >= 128 else { return }
        store(UInt64(bytes.count), at: 16)
        repairDigest()
    }

    /// The header's digest made to fit.
    package mutating func repairDigest() {
        let digest = Digest(table: unsafe bytes.span.bytes) // a UInt8 has no padding that could be read uninitialised
        bytes.replaceSubrange(32..<64, with: digest.bytes)
    }

    // MARK: - Sections

    private var directory: [Int] { (0..<Int(load(UInt32.self, at: 24))).map { 128 + 32 * $0 } }

    /// Where the directory speaks of a section.
    package func directoryEntry(_ kind: Int) -> Int { directory.first { load(UInt32.self, at: $0) == UInt32(kind) }! }

    package func count(of kind: Int) -> Int { Int(load(UInt64.self, at: directoryEntry(kind) + 24)) }

    private func content(_ entry: Int) -> Range<Int> {
        let start = Int(load(UInt64.self, at: entry + 16))
        return start..<start + Int(load(UInt32.self, at: entry + 8)) * Int(load(UInt64.self, at: entry + 24))
    }

    /// The bytes of a section.
    package func section(_ kind: Int) -> [UInt8] { Array(bytes[content(directoryEntry(kind))]) }

    /// The file with another content of a section, everything behind it moved; nil: without the section.
    package mutating func replace(_ kind: Int, with content: [UInt8]?) {
        rebuild { number, section in number == kind ? content.map { (section.entry, $0) } : section }
    }

    /// The file with one more section of a kind that is there already, or of one that is not.
    package mutating func insert(_ kind: Int, flags: UInt16, elementBytes: UInt32, content: [UInt8]) {
        var entry = [UInt8](repeating: 0, count: 32)
        entry[0] = UInt8(kind)
        entry[4] = 1
        entry[6] = UInt8(flags)
        entry[8] = UInt8(elementBytes)
        rebuild(extra: (kind, entry, content)) { _, section in section }
    }

    private typealias Section = (entry: [UInt8], content: [UInt8])

    /// Lays all sections out again, with offsets, counts and size to fit.
    private mutating func rebuild(extra: (kind: Int, entry: [UInt8], content: [UInt8])? = nil, _ change: (Int, Section) -> Section?) {
        var sections = directory.compactMap { entry -> (kind: Int, section: Section)? in
            let kind = Int(load(UInt32.self, at: entry))
            return change(kind, (Array(bytes[entry..<entry + 32]), Array(bytes[content(entry)]))).map { (kind, $0) }
        }
        if let extra {
            let place = sections.firstIndex { $0.kind >= extra.kind } ?? sections.count
            sections.insert((extra.kind, (extra.entry, extra.content)), at: place)
        }
        var file = TableFileEditor(Array(bytes[..<128]) + sections.flatMap(\.section.entry))
        file.store(UInt32(sections.count), at: 24)
        for (number, (_, section)) in sections.enumerated() {
            file.append([UInt8](repeating: 0, count: (8 - file.bytes.count % 8) % 8))
            let entry = 128 + 32 * number
            let size = max(1, Int(file.load(UInt32.self, at: entry + 8)))
            file.store(UInt64(file.bytes.count), at: entry + 16)
            file.store(UInt64(section.content.count / size), at: entry + 24)
            file.append(section.content)
        }
        file.store(UInt64(file.bytes.count), at: 16)
        self = file
    }

    // MARK: - Records and strings

    /// Where element `number` of a section lies in the file.
    package func element(_ kind: Int, _ number: Int = 0) -> Int {
        let entry = directoryEntry(kind)
        return content(entry).lowerBound + Int(load(UInt32.self, at: entry + 8)) * number
    }

    package func get<Record, Number: FixedWidthInteger>(_ kind: Int, _ number: Int = 0, _ field: KeyPath<Record, Number>) -> Number {
        load(at: element(kind, number) + MemoryLayout<Record>.offset(of: field)!)
    }

    package mutating func set<Record, Number: FixedWidthInteger>(_ kind: Int, _ number: Int = 0, _ field: KeyPath<Record, Number>, to value: Number) {
        store(value, at: element(kind, number) + MemoryLayout<Record>.offset(of: field)!)
    }

    /// The file with one more string, at the end of STRINGS. Returns the offset that means it.
    package mutating func add(string: [UInt8]) -> UInt32 {
        let strings = section(RTBL_SECTION_STRINGS)
        replace(RTBL_SECTION_STRINGS, with: strings + [UInt8(string.count % 256), UInt8(string.count / 256)] + string)
        return UInt32(strings.count)
    }

    /// Makes a field mean another string.
    package mutating func set<Record>(_ kind: Int, _ number: Int = 0, _ field: KeyPath<Record, UInt32>, toString string: String) {
        let offset = add(string: Array(string.utf8))
        set(kind, number, field, to: offset)
    }
}
