import ArgumentParser

@main
struct Rtblc: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rtblc",
        abstract: "Compiles Kubernetes custom resources into a routing table for the dataplane.",
        discussion: """
            EXAMPLES
              rtblc compile policies/chat -o routes.rtbl
              kubectl get apis,httproutes,backends,apipolicies,aiproviders -o yaml | rtblc compile - -o routes.rtbl
              rtblc check policies --strict --diagnostics github
              rtblc inspect routes.rtbl
              rtblc explain routes.rtbl POST https://chat.example.com/chat/1.0/chat/completions
              rtblc diff deployed.rtbl routes.rtbl --format markdown

            EXIT CODES
              0  success, warnings included
              1  the input is at fault
              64 wrong usage
              66 a named input does not exist
              70 a fault of rtblc's own
              73 the output cannot be written
            """,
        subcommands: [
            CompileCommand.self, CheckCommand.self, InspectCommand.self, ExplainCommand.self, DiffCommand.self, SimulateCommand.self, GraphCommand.self,
            ConvertCommand.self, SchemaCommand.self, ExplainCodeCommand.self, MatchRegexCommand.self, KeygenCommand.self, SignCommand.self, VerifyCommand.self,
        ])
}
