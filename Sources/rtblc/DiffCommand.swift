import ArgumentParser
import Compiler
import RoutingTable

struct DiffCommand: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case text, markdown }

    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Says what changes for traffic between two tables.",
        discussion: """
            APIs, routes added, removed and changed; the share of each model before and after; suspension, failover, \
            rewrites, Backends, timeouts and references of credentials. Positions and the order of files do not count. \
            Exit code 0: no difference, 1: they differ.

            EXAMPLES
              rtblc diff deployed.rtbl routes.rtbl
              rtblc diff deployed.rtbl routes.rtbl --format markdown >> comment.md
              rtblc diff deployed.rtbl routes.rtbl --json | jq '.pools[].shares[]'
            """)

    @Argument(help: "The table before.", completion: .file(extensions: ["rtbl"]))
    var old: String

    @Argument(help: "The table after.", completion: .file(extensions: ["rtbl"]))
    var new: String

    @Option(help: "text, or markdown for a pull request.")
    var format = Format.text

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let before = try TableArgument.open(old), after = try TableArgument.open(new)
        let digest = after.header.trafficDigest
        let diff = before.header.trafficDigest == digest ? TableDiff(sameTraffic: digest.hex) : TableDiff(TableReport(before), TableReport(after))
        if json {
            try Console.output(StableJSON.encode(diff))
        } else {
            var lines: [String] = []
            if format == .markdown { diff.markdown { lines.append($0) } } else { diff.text { lines.append($0) } }
            try Console.output(lines: lines)
        }
        if !diff.isEmpty { throw ExitCode.inputFault }
    }
}
