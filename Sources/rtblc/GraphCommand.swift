import ArgumentParser
import Compiler

struct GraphCommand: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case dot, svg }

    static let configuration = CommandConfiguration(
        commandName: "graph",
        abstract: "Draws a table: host, API, route, pool, model, backend.",
        discussion: """
            SVG is a finished picture; DOT is for graphviz. Dashed lines are taken by requests without a body, and by \
            those that find every model suspended if the policy says passthrough.

            EXAMPLES
              rtblc graph routes.rtbl --format svg -o routes.svg
              rtblc graph routes.rtbl --api default/chat | dot -Tpdf -o chat.pdf
            """)

    @Argument(help: "The table.", completion: .file(extensions: ["rtbl"]))
    var table: String

    @Option(help: "dot or svg.")
    var format = Format.dot

    @Option(help: ArgumentHelp("Show this API only; repeatable.", valueName: "NAMESPACE/NAME"))
    var api: [String] = []

    @Option(name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "FILE"), completion: .file())
    var output = "-"

    func run() throws {
        let report = try TableReport(TableArgument.open(table))
        for name in api where !report.apis.contains(where: { $0.object == name }) {
            Console.message("rtblc: \(table) has no API \(name); it has \(report.apis.prefix(10).map(\.object).joined(separator: ", "))")
            throw ExitCode.usage
        }
        let graph = RouteGraph(report, apis: api.isEmpty ? nil : Set(api))
        if format == .svg, graph.nodeCount > RouteGraph.maxPictureNodes {
            Console.message("rtblc: \(grouped(graph.nodeCount)) boxes, a picture holds at most \(grouped(RouteGraph.maxPictureNodes)): choose APIs with --api, or use --format dot")
            throw ExitCode.inputFault
        }
        try Console.write(Array((format == .svg ? graph.svg : graph.dot).utf8), to: output)
    }
}
