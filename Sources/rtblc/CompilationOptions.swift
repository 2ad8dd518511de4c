import ArgumentParser
import Compiler
import Policies

/// What `compile` and `check` have in common.
struct CompilationOptions: ParsableArguments {
    @Argument(help: "A file, a folder (with its folders: .yaml, .yml, .json, .apk-conf), or - for standard input.", completion: .file())
    var paths: [String]

    @Option(help: ArgumentHelp("Namespace of documents that name none.", valueName: "NS"))
    var namespace = "default"

    @Flag(help: "Warnings are errors.")
    var strict = false

    @Option(help: "Form of the diagnostics: text on standard error; json, sarif and github on standard output.")
    var diagnostics = DiagnosticRenderer.Form.text

    @Flag(help: "Show every warning, not only 20 of each code.")
    var allWarnings = false

    @Option(help: ArgumentHelp("Write the intermediate representation as JSON.", valueName: "FILE"), completion: .file())
    var ir: String?

    @Option(help: ArgumentHelp("Write the values of the input's Secrets for the dataplane's --secrets.", valueName: "DIR"), completion: .directory)
    var secretsOut: String?
}

extension DiagnosticRenderer.Form: ExpressibleByArgument {}
