import ArgumentParser
import Compiler

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Says which route answers a request, and why.",
        discussion: """
            The table is asked with the dataplane's own code: host, path rule, what it goes before, API, policy, pool with \
            its rotation, and for each target the URL that is called, the credential's reference, model and share; each \
            with the file and line of the custom resource. Exit code 1: no route answers, and what is near.

            EXAMPLES
              rtblc explain routes.rtbl POST https://chat.example.com/chat/1.0/chat/completions
              rtblc explain routes.rtbl GET /chat/1.0/models -H 'Host: chat.example.com'
              rtblc explain routes.rtbl POST chat.example.com/chat/1.0/chat/completions --json | jq '.pools[0].targets[].url'
            """)

    @OptionGroup var arguments: RequestArguments

    func run() throws {
        let request = try arguments.request()
        let explanation = try Explanation(request, in: TableArgument.open(arguments.table))
        if arguments.json {
            try Console.output(StableJSON.encode(explanation))
        } else {
            var lines: [String] = []
            explanation.text { lines.append($0) }
            try Console.output(lines: lines)
        }
        if explanation.failure != nil { throw ExitCode.inputFault }
    }
}
