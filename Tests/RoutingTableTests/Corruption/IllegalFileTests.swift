import CTable
import RoutingTable
import TestSupport
import Testing
@testable import Compiler

/// FORMAT.md, "Illegal values": header, directory, strings, debug sections.
@Suite("Illegal values of header and directory")
struct IllegalFileTests {
    @Test("Header", arguments: [
        Defect("magic", "does not begin with the magic bytes") { $0.setByte(0, to: 0x88) },
        Defect("another major version", "format version 2.1; this program reads version 1") { $0.store(2 as UInt16, at: 8) },
        Defect("header size", "the header says that it is 120 bytes long") { $0.store(120 as UInt32, at: 12) },
        Defect("file size", "its header says") { $0.store(UInt64($0.bytes.count + 1), at: 16) },
        Defect("digest", "the content digest does not fit", repairs: false) { $0.setByte(40, to: ~$0.bytes[40]) },
        Defect("too many sections", "257 sections; at most 256 are allowed") { $0.store(257 as UInt32, at: 24) },
        Defect("more sections than bytes", "the file ends inside its directory") { $0.store(256 as UInt32, at: 24) },
        Defect("no section", "follow the last section") { $0.store(0 as UInt32, at: 24) },
        Defect("first reserved field", "a reserved field of the header is not 0") { $0.setByte(28, to: 1) },
        Defect("second reserved field", "a reserved field of the header is not 0") { $0.setByte(127, to: 1) },
    ])
    func header(defect: Defect) throws { try defect.check() }

    @Test("Directory", arguments: [
        Defect("kinds out of order", "section kinds do not ascend") { $0.store(1 as UInt32, at: $0.directoryEntry(RTBL_SECTION_HOSTS)) },
        Defect("a kind of 0", "section kinds do not ascend") { $0.store(0 as UInt32, at: $0.directoryEntry(RTBL_SECTION_STRINGS)) },
        Defect("a kind twice", "section kinds do not ascend") { $0.insert(RTBL_SECTION_HOSTS, flags: 1, elementBytes: 8, content: []) },
        Defect("a kind missing", "section APIS is missing") { $0.replace(RTBL_SECTION_APIS, with: nil) },
        Defect("a kind that must be understood", "section kind 63") { $0.insert(63, flags: 1, elementBytes: 8, content: []) },
        Defect("version", "section POOLS has version 2") { $0.store(2 as UInt16, at: $0.directoryEntry(RTBL_SECTION_POOLS) + 4) },
        Defect("not flagged", "section POOLS is flagged wrongly") { $0.store(0 as UInt16, at: $0.directoryEntry(RTBL_SECTION_POOLS) + 6) },
        Defect("debug flagged", "section DEBUG_APIS is flagged wrongly") { $0.store(1 as UInt16, at: $0.directoryEntry(RTBL_SECTION_DEBUG_APIS) + 6) },
        Defect("unknown flag", "section POOLS has unknown flags") { $0.store(3 as UInt16, at: $0.directoryEntry(RTBL_SECTION_POOLS) + 6) },
        Defect("element size", "elements of HOSTS are 16 bytes long, not 8") { $0.store(16 as UInt32, at: $0.directoryEntry(RTBL_SECTION_HOSTS) + 8) },
        Defect("reserved", "the reserved field of section HOSTS is not 0") { $0.store(1 as UInt32, at: $0.directoryEntry(RTBL_SECTION_HOSTS) + 12) },
        Defect("offset not aligned", "the offset of section NODES is not a multiple of 8") { $0.setByte($0.directoryEntry(RTBL_SECTION_NODES) + 16, to: 4) },
        Defect("offset outside", "section NODES lies outside the file") { $0.store(UInt64.max - 7, at: $0.directoryEntry(RTBL_SECTION_NODES) + 16) },
        Defect("count outside", "section NODES lies outside the file") { $0.store(UInt64.max / 20 + 2, at: $0.directoryEntry(RTBL_SECTION_NODES) + 24) },
        Defect("overlap", "section NODES overlaps another") { $0.store(UInt64($0.element(RTBL_SECTION_HOST_SLOTS)), at: $0.directoryEntry(RTBL_SECTION_NODES) + 16) },
        Defect("gap", "section HOST_SLOTS overlaps another, or leaves a gap") { $0.store(0 as UInt64, at: $0.directoryEntry(RTBL_SECTION_HOSTS) + 24) },
        Defect("padding", "the padding before section STRING_LISTS is not 0") { $0.setByte($0.element(RTBL_SECTION_STRING_LISTS) - 1, to: 1) },
    ])
    func directory(defect: Defect) throws {
        if defect.name == "padding" { try #require(TableFileEditor(emitTable(Fixtures.small())).section(RTBL_SECTION_STRINGS).count % 8 != 0) }
        try defect.check()
    }

    @Test("Strings", arguments: [
        Defect("no empty string first", "STRINGS does not begin with the empty string") { $0.setByte($0.element(RTBL_SECTION_STRINGS), to: 1) },
        Defect("no strings at all", "STRINGS does not begin with the empty string") { $0.replace(RTBL_SECTION_STRINGS, with: []) },
        Defect("beyond the section", "a string of STRINGS reaches beyond its section") {
            $0.replace(RTBL_SECTION_STRINGS, with: $0.section(RTBL_SECTION_STRINGS) + [3, 0, 0x61])
        },
        Defect("half a length", "STRINGS ends inside a string") { $0.replace(RTBL_SECTION_STRINGS, with: $0.section(RTBL_SECTION_STRINGS) + [3]) },
        Defect("not UTF-8", "a string of STRINGS is not UTF-8") { _ = $0.add(string: [0x61, 0xc3]) },
        Defect("overlong UTF-8", "a string of STRINGS is not UTF-8") { _ = $0.add(string: [0xc0, 0x80]) },
        Defect("a surrogate", "a string of STRINGS is not UTF-8") { _ = $0.add(string: Array("12345678".utf8) + [0xed, 0xa0, 0x80]) },
        Defect("list", "STRING_LISTS[1] points to byte 1 of STRINGS, where no string begins") { $0.store(1 as UInt32, at: $0.element(RTBL_SECTION_STRING_LISTS, 1)) },
        Defect("debug file name", "DEBUG_RULES[1].file points to byte 3 of DEBUG_FILES") {
            $0.set(RTBL_SECTION_DEBUG_RULES, 1, \rtbl_position.file, to: 3)
        },
        Defect("debug files", "a string of DEBUG_FILES reaches beyond its section") { $0.replace(RTBL_SECTION_DEBUG_FILES, with: [0, 0, 1, 0]) },
        Defect("some debug sections", "only some of the debug sections are there") { $0.replace(RTBL_SECTION_DEBUG_FILES, with: nil) },
        Defect("debug, too few", "DEBUG_POOLS has 1 elements for 2") {
            $0.replace(RTBL_SECTION_DEBUG_POOLS, with: Array($0.section(RTBL_SECTION_DEBUG_POOLS).prefix(8)))
        },
        Defect("debug, too many", "DEBUG_APIS has 2 elements for 1") { $0.replace(RTBL_SECTION_DEBUG_APIS, with: .init(repeating: 0, count: 16)) },
    ])
    func strings(defect: Defect) throws { try defect.check() }

    /// Fields of the first element of a section that mean a string.
    private static let stringFields: [(kind: Int, section: String, fields: [(String, Int)])] = [
        (RTBL_SECTION_HOSTS, "HOSTS", [("name", 0)]),
        (RTBL_SECTION_NODES, "NODES", [("path", 4)]),
        (RTBL_SECTION_RULES, "RULES", [("rewrite_value", 4)]),
        (RTBL_SECTION_APIS, "APIS", [("object_namespace", 0), ("object_name", 4), ("api_name", 8), ("api_version", 12), ("base_path", 16), ("organization", 20)]),
        (RTBL_SECTION_POOLS, "POOLS", [("owner_namespace", 12), ("owner_name", 16)]),
        (RTBL_SECTION_TARGETS, "TARGETS", [("model", 8), ("model_literal", 12)]),
        (RTBL_SECTION_BACKENDS, "BACKENDS", [("object_namespace", 0), ("object_name", 4), ("host", 8), ("host_header", 12), ("base_path", 16)]),
        (RTBL_SECTION_CREDENTIALS, "CREDENTIALS", [("secret_namespace", 0), ("secret_name", 4), ("name", 8), ("key", 12), ("password_key", 16)]),
        (RTBL_SECTION_PROVIDERS, "PROVIDERS", [("object_namespace", 0), ("object_name", 4)]),
    ]

    @Test("Every field that means a string: into one, beyond the section, far beyond", arguments: [1, 0x7fff, .max] as [UInt32])
    func stringField(offset: UInt32) throws {
        for (kind, section, fields) in Self.stringFields {
            for (name, place) in fields {
                try Defect("\(section).\(name)", "\(section)[0].\(name) points to byte \(offset) of STRINGS") {
                    $0.store(offset, at: $0.element(kind) + place)
                }.check()
            }
        }
    }

    @Test("Another minor version, and a section that need not be understood, are no faults")
    func newerMinor() throws {
        var file = TableFileEditor(try emitTable(Fixtures.small()))
        file.store(7 as UInt16, at: 10)
        file.insert(63, flags: 0, elementBytes: 3, content: [1, 2, 3, 4, 5, 6])
        file.insert(200, flags: 0, elementBytes: 1, content: [1])
        file.repairDigest()
        let mapped = try MappedTable(bytes: file.bytes)
        #expect(mapped.header.minor == 7)
        #expect(mapped.directory.map(\.kind).suffix(2).last == 200)
        #expect(mapped.directory.first { $0.kind == 63 }?.byteCount == 6)
        TableWalker.walk(mapped)
    }
}
