@testable import Policies
import Testing

@Suite struct OriginsTests {
    private func place(_ line: UInt32) -> Place { Place(file: 0, line: line, column: 3, length: 2) }

    @Test func eachMarkHoldsUpToTheNext() {
        var origins = Origins()
        #expect(origins.isEmpty && origins.place(line: 1, column: 1) == nil)
        origins.add(2, 1, place(20))
        origins.add(2, 5, place(25))
        origins.add(4, 1, place(40))
        origins.add(4, 1, place(41))
        for (line, column, expected) in [(1, 9, nil), (2, 1, 20), (2, 4, 20), (2, 5, 25), (3, 1, 25), (4, 1, 41), (9, 9, 41)] as [(UInt32, UInt32, UInt32?)] {
            #expect(origins.place(line: line, column: column)?.line == expected, "\(line):\(column)")
        }
    }

    @Test func everyNodeOfAFileThatWasMadeStandsWhereItWasWrittenFirst() {
        var origins = Origins()
        origins.add(1, 1, place(7))
        origins.add(2, 6, place(9))
        let source = SourceFile(displayName: "a", relativeName: "a", bytes: Array("a:\n  b: c\n".utf8), origins: origins)
        var diagnostics = Diagnostics()
        var lines: [UInt32] = []
        let isComplete = YAMLParser(source: source, file: 0).read(&diagnostics) { document, _ in
            lines = document.tree.nodes.indices.map { document.tree.place($0, file: 0).line }
        }
        #expect(isComplete && lines == [7, 7, 7, 7, 9])
    }
}
