import ArgumentParser
import Compiler
import RoutingTable

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Shows what a table says.",
        discussion: """
            The table is checked whole, as the dataplane does it, then shown: header, digests, sections with sizes, APIs \
            with their routes, pools with their rotation spelled out, targets with backends, credentials and shares.

            EXAMPLES
              rtblc inspect routes.rtbl
              rtblc inspect routes.rtbl --json | jq '.apis[].pools[].targets[].model'
            """)

    @Argument(help: "The table.", completion: .file(extensions: ["rtbl"]))
    var table: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let report = try TableReport(TableArgument.open(table))
        if json {
            try Console.output(StableJSON.encode(report))
        } else {
            var lines: [String] = []
            report.text { lines.append($0) }
            try Console.output(lines: lines)
        }
    }
}
