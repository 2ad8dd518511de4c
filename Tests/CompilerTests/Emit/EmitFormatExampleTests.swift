import Compiler
import FoundationEssentials
import Testing

@Suite("FORMAT.md")
struct EmitFormatExampleTests {
    @Test("The worked example is what the compiler emits")
    func example() throws {
        let table = try emitTable(EmitFixtures.minimal(), debug: false)
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let format = String(decoding: try Data(contentsOf: root.appending(path: "Sources/RoutingTable/FORMAT.md")), as: UTF8.self)
        let lines = try #require(format.split(separator: "## An example").last).split(separator: "\n").filter { $0.hasPrefix("    ") }
        #expect(lines.count > 30)
        for line in lines {
            // Offset, bytes in groups of four, meaning: two blanks between them.
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            let offset = try #require(Int(words[0]))
            let groups = words.dropFirst().prefix { $0.count.isMultiple(of: 2) && $0.allSatisfy(\.isHexDigit) }
            let bytes = try Self.bytes(groups.joined())
            #expect(Array(table[offset..<min(offset + bytes.count, table.count)]) == bytes, "\(line)")
        }
    }

    private static func bytes(_ hex: String) throws -> [UInt8] {
        try stride(from: 0, to: hex.count, by: 2).map { start in
            let from = hex.index(hex.startIndex, offsetBy: start)
            return try #require(UInt8(hex[from..<hex.index(from, offsetBy: 2)], radix: 16))
        }
    }
}
