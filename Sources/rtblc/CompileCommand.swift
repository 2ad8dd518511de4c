import ArgumentParser

struct CompileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compile",
        abstract: "Compiles custom resources into a routing table.",
        discussion: """
            The table is written whole or not at all: on any error FILE stays as it was. The same input makes the same \
            bytes, from whatever folder and on whatever day it is compiled.

            EXAMPLES
              rtblc compile policies/chat -o routes.rtbl
              rtblc compile api.yaml backends.yaml -o routes.rtbl --strict
              kubectl get apis,httproutes,backends,apipolicies -A -o yaml | rtblc compile - -o routes.rtbl
              rtblc compile policies/chat -o routes.rtbl --secrets-out secrets
            """)

    @OptionGroup var options: CompilationOptions

    @Option(name: [.short, .long], help: ArgumentHelp("The table to write; - is standard output.", valueName: "FILE"), completion: .file())
    var output: String

    func run() throws {
        let run = try CompilationRun(options)
        try run.writeSideOutputs()
        try Console.write(run.table, to: output)
        Console.message("\(output): \(run.summary)")
    }
}
