import Compiler
import Foundation
import Policies
import RoutingTable

/// The tables of policies/, as generated/ keeps them.
enum ExampleTables {
    static let names = GeneratedTests.names

    static func path(_ name: String) -> String { Rtblc.root.appending(path: "generated/\(name)/routes.rtbl").path }
    static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path(name)))) }
    static func mapped(_ name: String) throws -> MappedTable { try MappedTable(bytes: bytes(name)) }
    static func report(_ name: String) throws -> TableReport { try TableReport(mapped(name)) }

    /// The files of policies/NAME, one text.
    static func policies(_ name: String) throws -> String {
        try Inputs.collect([Rtblc.root.appending(path: "policies/\(name)").path])
            .map { String(decoding: try $0.text(), as: UTF8.self) }.joined(separator: "\n---\n")
    }

    static func lines(_ write: ((String) -> Void) -> Void) -> String {
        var lines: [String] = []
        write { lines.append($0) }
        return lines.joined(separator: "\n")
    }
}
