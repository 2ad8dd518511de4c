import Compiler
import RoutingTable
import TestSupport

/// A table: refused, or as safe to serve and to ask as any other.
struct TableFuzz: FuzzBody {
    mutating func run(_ input: [UInt8]) throws(Finding) {
        if let mapped = try? MappedTable(bytes: input) { Self.read(mapped) }
        var file = TableFileEditor(input)
        file.repair()
        if let mapped = try? MappedTable(bytes: file.bytes) { Self.read(mapped) }
    }

    /// Everything that reads tables.
    static func read(_ mapped: borrowing MappedTable) {
        TableWalker.walk(mapped)
        let report = TableReport(mapped)
        _ = try? StableJSON.encode(report)
        let graph = RouteGraph(report)
        _ = graph.dot
        if graph.nodeCount <= RouteGraph.maxPictureNodes { _ = graph.svg }
        TableDiff(report, report).text { _ in }
        _ = try? TableObjects.checkedYAML(of: mapped)
        for route in report.apis.flatMap(\.routes).prefix(8) { ask(route, mapped) }
    }

    private static func ask(_ route: TableReport.Route, _ mapped: borrowing MappedTable) {
        let host = route.host.hasPrefix("*") ? "a" + route.host.dropFirst() : route.host
        guard let request = try? RequestLine(method: route.methods.first ?? "POST", url: "http://\(host)\(route.path)") else { return }
        Explanation(request, in: mapped).text { _ in }
        if let simulation = try? Simulation(request, count: 20, suspensions: [], in: mapped) { simulation.text { _ in } }
    }
}
