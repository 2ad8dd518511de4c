import Compiler
import Foundation
import RoutingTable
import Testing

@Suite("Drawing a table")
struct GraphTests {
    @Test("Every box lies inside of the picture, none on another", arguments: ExampleTables.names)
    func boxes(_ name: String) throws {
        let graph = RouteGraph(try ExampleTables.report(name))
        let svg = graph.svg
        #expect(SVGCheck(svg).isWellFormed)
        let boxes = svg.split(separator: "\n").filter { $0.hasPrefix("<rect") }.map { Self.numbers($0) }
        #expect(boxes.count == graph.nodeCount)
        let size = Self.numbers(try #require(svg.split(separator: "\n").first))
        for (index, a) in boxes.enumerated() {
            #expect(a["x"]! >= 0 && a["y"]! >= 0 && a["x"]! + a["width"]! <= size["width"]! && a["y"]! + a["height"]! <= size["height"]!)
            for b in boxes[..<index] {
                let apart = a["x"]! + a["width"]! <= b["x"]! || b["x"]! + b["width"]! <= a["x"]! || a["y"]! + a["height"]! <= b["y"]! || b["y"]! + b["height"]! <= a["y"]!
                #expect(apart, "\(a) \(b)")
            }
        }
    }

    @Test("Hosts, APIs, routes, pools, models and backends are there; --api leaves the others out")
    func content() throws {
        let report = try ExampleTables.report("weights")
        let all = RouteGraph(report).dot
        for text in ["chat.example.com", "Support 2.1", "POST /support/2.1/llm", "APIPolicy default/support-models", "71.4 %  atlas-large", "default/provider-b"] {
            #expect(all.contains(text), "\(text)")
        }
        #expect(!RouteGraph(report, apis: ["default/drafts"]).dot.contains("Support"))
        #expect(!RouteGraph(report, apis: ["default/drafts"]).dot.contains("sandbox backends"))
    }

    @Test("A name with quotes, backslashes and markup stays a name")
    func escapes() throws {
        var ir = EmitFixtures.minimal()
        ir.apis[0].pools[0].targets[0].model = "a\"b\\c<d>&\u{1}"
        let graph = RouteGraph(try TableReport(MappedTable(bytes: emitTable(ir))))
        #expect(graph.dot.contains(#"a\"b\\c<d>& \l"#))
        #expect(SVGCheck(graph.svg).isWellFormed)
        try Self.parse(graph.dot)
    }

    @Test("Graphviz reads the DOT", arguments: ExampleTables.names)
    func graphviz(_ name: String) throws { try Self.parse(RouteGraph(ExampleTables.report(name)).dot) }

    /// Where graphviz is installed.
    private static func parse(_ dot: String) throws {
        let program = URL(filePath: "/usr/bin/dot")
        guard FileManager.default.isExecutableFile(atPath: program.path) else { return }
        let file = FileManager.default.temporaryDirectory.appending(path: "rtblc-\(UUID().uuidString).dot")
        try Data(dot.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = try Process.run(program, arguments: ["-Tcanon", "-o", "/dev/null", file.path])
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    private static func numbers(_ tag: Substring) -> [String: Double] {
        var found: [String: Double] = [:]
        for part in tag.split(separator: " ") {
            let pair = part.split(separator: "=")
            if pair.count == 2 { found[String(pair[0])] = Double(pair[1].filter { $0 != "\"" && $0 != "/" && $0 != ">" }) }
        }
        return found
    }
}
