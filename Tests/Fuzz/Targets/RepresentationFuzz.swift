import Compiler
import RoutingTable
import TestSupport

/// The intermediate representation: what its reader accepts is refused with a reason, or makes a table that opens.
struct RepresentationFuzz: FuzzBody {
    mutating func run(_ input: [UInt8]) throws(Finding) {
        guard let representation = try? IntermediateRepresentation(json: input) else { return }
        try Self.compile(representation, mayBeRefused: true)
    }

    /// - Parameter mayBeRefused: whether the representation may be one that no table can hold, or none that is served:
    ///   one of other means has names and paths that the resolver has not seen. `rtblc` reads each table back.
    static func compile(_ representation: IntermediateRepresentation, mayBeRefused: Bool) throws(Finding) {
        let table: [UInt8]
        do {
            table = try emitTable(representation)
        } catch {
            return try check(mayBeRefused, "the resolver let through what the table cannot hold: \(error)")
        }
        try checkCoding(representation, table)
        let mapped: MappedTable
        do throws(TableFault) {
            mapped = try MappedTable(bytes: table)
        } catch {
            return try check(mayBeRefused, "the table that was made is refused: \(error)")
        }
        TableFuzz.read(mapped)
    }

    /// Written and read again it is the same, and makes the same bytes.
    private static func checkCoding(_ representation: IntermediateRepresentation, _ table: [UInt8]) throws(Finding) {
        guard let json = try? representation.json() else { throw Finding("the representation cannot be written as JSON") }
        let again: IntermediateRepresentation
        do {
            again = try IntermediateRepresentation(json: json)
        } catch {
            throw Finding("what was written as JSON cannot be read: \(error)")
        }
        try check(again == representation, "another representation comes back from JSON")
        try check((try? emitTable(again)) == table, "the representation that comes back makes another table")
    }
}
