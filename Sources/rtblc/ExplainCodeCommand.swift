import ArgumentParser
import Policies

struct ExplainCodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain-code",
        abstract: "Explains a diagnostic: what it means, a mistake that draws it, and how to mend it.",
        discussion: """
            Without CODE it lists all of them.

            EXAMPLES
              rtblc explain-code RT0203
              rtblc explain-code
            """)

    @Argument(help: "The code in the brackets of a diagnostic.", completion: .list(DiagnosticCode.allCases.map(\.name)))
    var code: String?

    func validate() throws {
        if let code, DiagnosticCode(name: code) == nil { throw ValidationError("no diagnostic has the code \(Text.quoted(code)); rtblc explain-code lists them") }
    }

    func run() throws {
        guard let code = code.flatMap(DiagnosticCode.init(name:)) else {
            return try Console.output(lines: DiagnosticCode.allCases.map { "\($0.name)  \($0.severity.rawValue)  \($0.title)" })
        }
        try Console.output(lines: ["\(code.name): \(code.title) (\(code.severity.rawValue))", "", "  Mend: \(code.remedy)", "", "Mistake:"]
            + Self.indented(code.example.mistake) + ["", "Mended:"] + Self.indented(code.example.mend))
    }

    private static func indented(_ text: String) -> [String] { text.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 } }
}
