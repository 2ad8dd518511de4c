import Compiler
import Foundation
import Policies
import RoutingTable
import Testing

@Suite("generated/")
struct GeneratedTests {
    static let names = ["chat", "resource-policy", "tokens", "weights"]

    @Test("policies/ compiles without a warning to the files that are kept", arguments: names)
    func upToDate(_ name: String) throws {
        let folder = Rtblc.root.appending(path: "policies/\(name)").path
        let compilation = Compilation(try Inputs.collect([folder]))
        #expect(compilation.report.diagnostics.isEmpty)
        let ir = try #require(compilation.representation)
        let table = try emitTable(ir)
        #expect(try ir.json() == kept(name, "ir.json"))
        #expect(try table == kept(name, "routes.rtbl"), "run tools/generate")
        var text = ""
        try TableReport(MappedTable(bytes: table)).text { text += $0 + "\n" }
        #expect(try Array(text.utf8) == kept(name, "inspect.txt"))
    }

    @Test("The kept representation emits the kept table", arguments: names)
    func fromRepresentation(_ name: String) throws {
        #expect(try emitTable(IntermediateRepresentation(json: kept(name, "ir.json"))) == kept(name, "routes.rtbl"))
    }

    @Test("No folder is forgotten")
    func complete() throws {
        let kept = try FileManager.default.contentsOfDirectory(atPath: Rtblc.root.appending(path: "generated").path)
        #expect(kept.filter { !["bench", "profile", "fields.md"].contains($0) }.sorted() == Self.names) // tools/bench and tools/profile make these
    }

    private func kept(_ name: String, _ file: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: Rtblc.root.appending(path: "generated/\(name)/\(file)")))
    }
}
