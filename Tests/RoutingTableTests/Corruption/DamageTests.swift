import RoutingTable
import TestSupport
import Testing
@testable import Compiler

/// A file that is not, byte for byte, what the compiler wrote is refused.
@Suite("Damaged tables")
struct DamageTests {
    @Test("Cut off after any number of bytes", arguments: [Fixture.small, .typical])
    func truncated(fixture: Fixture) throws {
        let whole = try emitTable(fixture.ir)
        for count in 0..<whole.count {
            let file = TableFileEditor(Array(whole.prefix(count)))
            #expect(file.fault != nil, "cut after \(count) bytes")
        }
    }

    @Test("Cut off after any number of bytes, with size and digest repaired")
    func truncatedAndRepaired() throws {
        let whole = try emitTable(Fixtures.small())
        for count in 0..<whole.count {
            var file = TableFileEditor(Array(whole.prefix(count)))
            file.repair()
            #expect(file.fault != nil, "cut after \(count) bytes")
        }
    }

    @Test("A larger one cut off at the ends of sections and at random")
    func largeTruncated() throws {
        let seed = Seed(of: "large truncated")
        var random = seed.generator()
        let whole = try emitTable(Fixture.medium.ir)
        let ends = try MappedTable(bytes: whole).directory.flatMap { [$0.offset - 1, $0.offset, $0.offset + $0.byteCount, $0.offset + 1] }
        for count in ends + (0..<500).map({ _ in Int.random(in: 0..<whole.count, using: &random) }) where count < whole.count {
            var file = TableFileEditor(Array(whole.prefix(count)))
            #expect(file.fault != nil, "cut after \(count) bytes")
            file.repair()
            #expect(file.fault != nil, "cut after \(count) bytes and repaired")
        }
    }

    @Test("Any bit of the small one flipped")
    func flipped() throws {
        let whole = try emitTable(Fixtures.small())
        for offset in whole.indices {
            for bit in 0..<8 {
                var file = TableFileEditor(whole)
                file.setByte(offset, to: whole[offset] ^ 1 << UInt8(bit))
                #expect(file.fault != nil, "bit \(bit) of byte \(offset)")
            }
        }
    }

    @Test("A bit of any byte of larger ones flipped", arguments: [(Fixture.typical, 1), (.medium, 97)])
    func largeFlipped(fixture: Fixture, step: Int) throws {
        let seed = Seed(of: "large flipped")
        var random = seed.generator()
        let whole = try emitTable(fixture.ir)
        for offset in stride(from: Int.random(in: 0..<step, using: &random), to: whole.count, by: step) {
            var file = TableFileEditor(whole)
            file.setByte(offset, to: whole[offset] ^ 1 << UInt8.random(in: 0..<8, using: &random))
            #expect(file.fault != nil, "byte \(offset), \(seed)")
        }
    }

    @Test("Bytes behind the end, with and without a header that knows of them")
    func appended() throws {
        for more in [[0], [1], [UInt8](repeating: 0, count: 8), [UInt8](repeating: 0xff, count: 4096)] as [[UInt8]] {
            var file = TableFileEditor(try emitTable(Fixtures.small()))
            file.append(more)
            #expect(file.fault != nil)
            file.repair()
            #expect(file.fault?.reason == "\(more.count) bytes follow the last section")
        }
    }

    @Test("An empty file, a short one, another kind of file, one that is not there")
    func otherFiles() {
        #expect(TableFileEditor([]).fault?.reason == "the file is empty")
        #expect(TableFileEditor(Array("apiVersion: v1\n".utf8)).fault?.reason.contains("not a routing table") == true)
        #expect(TableFileEditor([0x89]).fault?.reason.contains("not a routing table") == true)
        let missing = #expect(throws: TableFault.self) { _ = try MappedTable(path: "/nowhere/routes.rtbl") }
        #expect(missing?.isMissing == true)
        #expect(missing?.reason.contains("/nowhere/routes.rtbl") == true)
        let folder = #expect(throws: TableFault.self) { _ = try MappedTable(path: "/") }
        #expect(folder?.isMissing == true)
    }
}
