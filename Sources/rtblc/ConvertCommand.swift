import ArgumentParser
import Compiler
import Policies

struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Prints the custom resources that an apk-conf stands for.",
        discussion: """
            Objects get the names that WSO2 APK's generator gives them. compile and check convert .apk-conf files \
            themselves, and name the lines of the apk-conf. Every field is converted, or a diagnostic names it; what the \
            custom resources can say and Roundtable does not serve (scopes, interceptors, mirrors, tokens for the \
            backend) is converted here and refused there.

            EXAMPLES
              rtblc convert chat.apk-conf > chat.yaml
              rtblc convert chat.apk-conf | rtblc check -
            """)

    @Argument(help: "The apk-conf.", completion: .file())
    var file: String

    @Option(help: ArgumentHelp("The API's organization; part of names and hosts.", valueName: "ORG"))
    var organization = "default"

    func run() throws {
        let source = SourceFile(displayName: file, relativeName: file.split(separator: "/").last.map(String.init) ?? file, bytes: try TableArgument.bytes(of: file))
        var diagnostics = Diagnostics(keepsAllWarnings: true)
        let yaml = ApkConf.convert(source, file: 0, organization: organization, &diagnostics)?.yaml
        Console.message(raw: DiagnosticRenderer(files: [source]).render(diagnostics.report(strict: false), as: .text, color: Console.hasColor))
        guard let yaml else { throw ExitCode.inputFault }
        try Console.output(Array(yaml.utf8))
    }
}
