import CTable
import RoutingTable

/// The sections of a table, and the file that they make: header, directory, sections, digests.
struct TableFile {
    private struct Section {
        var entry: rtbl_section
        var append: (inout [UInt8]) -> Void
    }

    private static let headerBytes = MemoryLayout<rtbl_header>.size
    private var sections: [Section] = []

    /// Adds a section; they come in ascending order of kind.
    mutating func add<Element: BitwiseCopyable>(_ kind: Int, _ elements: [Element]) {
        let flags = kind < RTBL_SECTION_DEBUG_FILES ? UInt16(RTBL_SECTION_MUST_UNDERSTAND) : 0
        let entry = rtbl_section(
            kind: UInt32(kind), version: 1, flags: flags, element_bytes: UInt32(MemoryLayout<Element>.stride),
            reserved: 0, offset: 0, count: UInt64(elements.count))
        sections.append(Section(entry: entry) { file in Self.append(elements, to: &file) })
    }

    /// Adds a section that is left out where it would be empty.
    mutating func addUnlessEmpty<Element: BitwiseCopyable>(_ kind: Int, _ elements: [Element]) {
        if !elements.isEmpty { add(kind, elements) }
    }

    consuming func bytes() -> [UInt8] {
        let size = layOut()
        var file: [UInt8] = []
        file.reserveCapacity(size)
        Self.append([header(size: size)], to: &file)
        Self.append(sections.map(\.entry), to: &file)
        for section in sections {
            file.append(contentsOf: repeatElement(0, count: Int(section.entry.offset) - file.count))
            section.append(&file)
        }
        seal(&file)
        return file
    }

    /// Sets the offsets; returns the size of the file.
    private mutating func layOut() -> Int {
        var end = Self.headerBytes + sections.count * MemoryLayout<rtbl_section>.size
        for index in sections.indices {
            let start = (end + 7) & ~7
            sections[index].entry.offset = UInt64(start)
            end = start + Int(sections[index].entry.count) * Int(sections[index].entry.element_bytes)
        }
        return end
    }

    private func header(size: Int) -> rtbl_header {
        var header = rtbl_header()
        header.magic = RTBL_MAGIC
        header.major = RTBL_MAJOR
        header.minor = RTBL_MINOR
        header.header_bytes = UInt32(Self.headerBytes)
        header.file_bytes = UInt64(size)
        header.section_count = UInt32(sections.count)
        return header
    }

    /// Writes the two digests, the one of the whole file last.
    private func seal(_ file: inout [UInt8]) {
        var hasher = TrafficDigestHasher()
        for section in sections where section.entry.kind < RTBL_SECTION_DEBUG_FILES {
            let start = Int(section.entry.offset)
            let end = start + Int(section.entry.count) * Int(section.entry.element_bytes)
            hasher.add(section.entry, bytes: unsafe file.span.extracting(start..<end).bytes) // bytes have no padding
        }
        let digestStart = Int(RTBL_DIGEST_OFFSET)
        let trafficStart = digestStart + Digest.byteCount
        file.replaceSubrange(trafficStart..<trafficStart + Digest.byteCount, with: hasher.finish().bytes)
        let digest = Digest(table: unsafe file.span.bytes) // bytes have no padding
        file.replaceSubrange(digestStart..<trafficStart, with: digest.bytes)
    }

    private static func append<Element: BitwiseCopyable>(_ elements: [Element], to file: inout [UInt8]) {
        // The C layouts have no padding (rtbl.h asserts their sizes): every byte of the array is initialised.
        unsafe elements.withUnsafeBytes { unsafe file.append(contentsOf: $0) }
    }
}
