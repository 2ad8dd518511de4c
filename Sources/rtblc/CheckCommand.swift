import ArgumentParser

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Says what compile would say, and writes no table.",
        discussion: """
            EXAMPLES
              rtblc check policies
              rtblc check policies --strict --diagnostics github
              rtblc check policies --diagnostics sarif > rtblc.sarif
            """)

    @OptionGroup var options: CompilationOptions

    func run() throws {
        let run = try CompilationRun(options)
        try run.writeSideOutputs()
        Console.message(run.summary)
    }
}
