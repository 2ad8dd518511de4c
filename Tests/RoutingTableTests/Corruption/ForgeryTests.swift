import RoutingTable
import TestSupport
import Testing
@testable import Compiler

/// A file whose digest fits and whose content nobody's compiler wrote: refused, or as safe to serve as any other.
/// A trap ends the process, and with it the test run.
@Suite("Forged tables")
struct ForgeryTests {
    /// Everything in the table is touched if the reader accepts it. Returns whether it does.
    @discardableResult
    private func serve(_ file: TableFileEditor) -> Bool {
        guard let mapped = try? MappedTable(bytes: file.bytes) else { return false }
        TableWalker.walk(mapped)
        return true
    }

    @Test("The fixtures themselves are accepted, and the walk reaches all of them", arguments: Fixture.allCases)
    func accepted(fixture: Fixture) throws {
        let mapped = try MappedTable(bytes: emitTable(fixture.ir))
        #expect(TableWalker.walk(mapped) > 1000)
        let stripped = try MappedTable(bytes: emitTable(fixture.ir, debug: false))
        #expect(TableWalker.walk(stripped) > 1000)
    }

    @Test("Any byte of the small one set to a value that asks for trouble")
    func everyByte() throws {
        let whole = try emitTable(Fixtures.small())
        var accepted = 0, refused = 0
        for offset in whole.indices where !(32..<64).contains(offset) {
            for value in Set([0, 1, 0x7f, 0x80, 0xff, whole[offset] &+ 1] as [UInt8]) where value != whole[offset] {
                var file = TableFileEditor(whole)
                file.setByte(offset, to: value)
                file.repairDigest()
                if serve(file) { accepted += 1 } else { refused += 1 }
            }
        }
        #expect(accepted > 0 && refused > 0)
    }

    @Test("Several numbers of the typical one changed at random")
    func severalNumbers() throws {
        let seed = Seed(of: "several numbers")
        let whole = try emitTable(Fixtures.typical())
        for round in 0..<20_000 {
            var random = seed.generator(round: round)
            var file = TableFileEditor(whole)
            for _ in 0..<Int.random(in: 1...4, using: &random) { Self.edit(&file, &random) }
            file.repairDigest()
            serve(file)
        }
    }

    /// A small change somewhere: a byte, a number of 2, 4 or 8 bytes near what it was or at an extreme, a copy.
    private static func edit(_ file: inout TableFileEditor, _ random: inout SplitMix64) {
        let width = [1, 2, 4, 8].randomElement(using: &random)!
        let offset = Int.random(in: 64..<file.bytes.count - 8, using: &random) / width * width
        switch width {
        case 1: file.setByte(offset, to: .random(in: .min ... .max, using: &random))
        case 2: file.store(near(file.load(UInt16.self, at: offset), &random), at: offset)
        case 4: file.store(near(file.load(UInt32.self, at: offset), &random), at: offset)
        default:
            let from = Int.random(in: 64..<file.bytes.count - 8, using: &random) / 8 * 8
            file.store(file.load(UInt64.self, at: from), at: offset)
        }
    }

    private static func near<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number, _ random: inout SplitMix64) -> Number {
        [number &+ 1, number &- 1, number &+ 8, 0, .max, .max - 1, .max / 2, number &* 2].randomElement(using: &random)!
    }
}
