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
              rtblc inspect routes.rtbl --crs > policies.yaml
              rtblc inspect routes.rtbl --json | jq '.apis[].pools[].targets[].model'
            """)

    @Argument(help: "The table.", completion: .file(extensions: ["rtbl"]))
    var table: String

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Print custom resources, as YAML, that compile to the same traffic.")
    var crs = false

    func validate() throws {
        if json && crs { throw ValidationError("choose one of --json and --crs") }
    }

    func run() throws {
        if crs { return try writeObjects() }
        let report = try TableReport(TableArgument.open(table))
        if json {
            try Console.output(StableJSON.encode(report))
        } else {
            var lines: [String] = []
            report.text { lines.append($0) }
            try Console.output(lines: lines)
        }
    }

    private func writeObjects() throws(ExitCode) {
        let mapped = try TableArgument.open(table)
        let yaml: String
        do {
            yaml = try TableObjects.checkedYAML(of: mapped)
        } catch {
            Console.message("rtblc: \(table) cannot be written as custom resources: \(error)")
            throw .internalFault
        }
        try Console.output(Array(yaml.utf8))
    }
}
