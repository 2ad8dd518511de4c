import RoutingTable
@testable import Compiler

/// Lends the table of a representation, which lives as long as the mapping that this function holds.
func withTable<Result>(_ ir: IR, _ body: (RoutingTable) throws -> Result) throws -> Result {
    let mapped = try MappedTable(bytes: emitTable(ir))
    return try withExtendedLifetime(mapped) { try body($0.table) }
}

/// Lends bytes to something that does not keep them.
func withBytes<Result>(_ text: String, _ body: (Bytes) throws -> Result) rethrows -> Result {
    try withBytes(Array(text.utf8), body)
}

func withBytes<Result>(_ bytes: [UInt8], _ body: (Bytes) throws -> Result) rethrows -> Result {
    // The array outlives the closure, and nothing of it leaves.
    try unsafe bytes.withUnsafeBytes { unsafe try body(Bytes($0)) }
}
