import RoutingTable
import TestSupport
import Testing
@testable import Compiler

/// One illegal value of FORMAT.md, made by hand in the small table, and the words by which the reader names it.
struct Defect: Sendable, CustomTestStringConvertible {
    let name: String
    /// Part of the message; it says which section or field is at fault.
    let message: String
    let repairs: Bool
    let make: @Sendable (inout TableFileEditor) -> Void

    /// - Parameter repairs: whether the digest is made to fit afterwards.
    init(_ name: String, _ message: String, repairs: Bool = true, _ make: @escaping @Sendable (inout TableFileEditor) -> Void) {
        (self.name, self.message, self.repairs, self.make) = (name, message, repairs, make)
    }

    var testDescription: String { name }

    func check(sourceLocation: SourceLocation = #_sourceLocation) throws {
        var file = TableFileEditor(try emitTable(Fixtures.small()))
        try #require(file.fault == nil, "the table without the defect", sourceLocation: sourceLocation)
        make(&file)
        if repairs { file.repairDigest() }
        let fault = try #require(file.fault, "accepted", sourceLocation: sourceLocation)
        #expect(fault.description.contains(message), "\(fault)", sourceLocation: sourceLocation)
        #expect(!fault.isMissing, sourceLocation: sourceLocation)
    }
}
