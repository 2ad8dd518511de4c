import ArgumentParser
import Policies

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Prints the JSON Schema of a kind, or of every kind.",
        discussion: """
            For editors and for checks without rtblc: JSON Schema, draft 2020-12. With KIND it describes documents of that \
            kind in all versions that are accepted, without KIND any document. Put the result into a file and name it on \
            the first line of a policy:

              # yaml-language-server: $schema=apipolicy.schema.json

            EXAMPLES
              rtblc schema APIPolicy > apipolicy.schema.json
              rtblc schema > any.schema.json
              rtblc schema --fields > fields.md
            """)

    @Argument(help: "A kind, such as APIPolicy, in any case; without it: a document of any kind.", completion: .list(Kind.allCases.map(\.rawValue)))
    var kind: String?

    @Flag(help: "Print every field of every kind, and what becomes of it, as Markdown.")
    var fields = false

    func validate() throws {
        if fields, kind != nil { throw ValidationError("--fields lists every kind: leave KIND out") }
        if let kind, Self.named(kind) == nil {
            let near = NearName.of(kind, in: Kind.allCases.map(\.rawValue))
            throw ValidationError("no kind is named \(Text.quoted(kind))" + (near.map { "; did you mean \($0)?" } ?? ": there are \(Kind.allCases.map(\.rawValue).joined(separator: ", "))"))
        }
    }

    func run() throws {
        try Console.output(Array((fields ? FieldList.markdown() : JSONSchema.text(kind.flatMap(Self.named))).utf8))
    }

    private static func named(_ text: String) -> Kind? {
        Kind.allCases.first { $0.rawValue.lowercased() == text.lowercased() }
    }
}
