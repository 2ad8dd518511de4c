/// Every field of every kind and what becomes of it, read off the schemas that check documents.
package struct FieldList: Sendable {
    package struct Entry: Sendable {
        /// `spec.production[].routeRefs`.
        package let path: String
        /// What its value may be.
        package let type: String
        package let isRequired: Bool
        /// Empty: all versions of the kind.
        package let versions: [String]
        package let outcome: Field.Support
        package let summary: String
        /// A member whose members are the same as this one's are; they are listed there.
        package let sameMembersAs: String?
    }

    package let schema: KindSchema
    package let entries: [Entry]

    /// Of every kind, in the order in which `Kind` lists them.
    package static let all: [FieldList] = Kind.allCases.compactMap { KindSchema.all[$0].map(FieldList.init) }

    init(_ schema: KindSchema) {
        self.schema = schema
        var entries: [Entry] = []
        Self.append(schema.members, under: "", inherited: schema.refusal.map { .covered($0) }, to: &entries)
        self.entries = entries
    }

    private static func append(_ object: ObjectSchema, under prefix: String, inherited: Field.Support?, to entries: inout [Entry]) {
        for (index, field) in object.fields.enumerated() {
            let path = prefix + field.name + (field.value.isList ? "[]" : "")
            let members = field.value.members
            let twin = members.flatMap { members in
                object.fields[..<index].first { $0.value.members.map { hasSameFields($0, members) } ?? false }
            }
            entries.append(Entry(path: path, type: field.value.description, isRequired: field.presence == .required, versions: field.versions, outcome: inherited ?? field.support,
                                 summary: field.summary, sameMembersAs: twin.map { prefix + $0.name }))
            if let members, twin == nil {
                // What is below a field that has no effect has none either.
                append(members, under: path + ".", inherited: inherited ?? (field.support == .served ? nil : field.support), to: &entries)
            }
        }
    }

    private static func hasSameFields(_ a: ObjectSchema, _ b: ObjectSchema) -> Bool {
        a.fields.count == b.fields.count && zip(a.fields, b.fields).allSatisfy { $0 === $1 }
    }
}

extension ValueSchema {
    var isList: Bool { if case .list = self { true } else { false } }

    /// Of an object, or of the objects in a list.
    var members: ObjectSchema? {
        switch self {
        case .object(let schema): schema
        case .list(let element, _): element.members
        default: nil
        }
    }

    var description: String {
        switch self {
        case .string(let length, let pattern):
            if let pattern { "string: \(pattern.description)" } else { length.upperBound < Limits.text ? "string, \(length.lowerBound) to \(length.upperBound) characters" : "string" }
        case .enumeration(let values): values.joined(separator: ", ")
        case .integer(let range): "integer, \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "boolean"
        case .object: "object"
        case .list(let element, _): "list: \(element.description)"
        case .stringMap: "map of strings"
        case .anything: "anything"
        }
    }
}

extension FieldList {
    /// What `rtblc schema --fields` prints.
    package static func markdown() -> String {
        var out = """
            # Every field, and what becomes of it

            Made from the schemas that check every document (`rtblc schema --fields`). *served*: it goes into the table, or decides what does. *error*: a document that has it is refused, with this code. *warning*: it has no effect, and the compiler says so; *about the object*: one diagnostic for all fields of the object. Fields in bold are required. `metadata` is Kubernetes' own (`name`, `namespace` and the annotations `rtbl/…` are read); `status` is ignored. An empty list or object counts as absent where a field is not served.

            """
        for list in all { list.append(to: &out) }
        return out
    }

    private func append(to out: inout String) {
        let group = schema.kind.group.isEmpty ? "" : schema.kind.group + "/"
        out += "\n## \(schema.kind.rawValue)\n\(schema.versions.map { "`\(group)\($0)`" }.joined(separator: ", ")): \(schema.summary).\n\n"
        out += "| field | value | becomes | meaning |\n|---|---|---|---|\n"
        for entry in entries {
            let path = entry.isRequired ? "**`\(entry.path)`**" : "`\(entry.path)`"
            let versions = entry.versions.isEmpty ? "" : " (\(entry.versions.joined(separator: ", ")))"
            let meaning = entry.summary + (entry.sameMembersAs.map { "; its members are those of `\($0)`" } ?? "")
            out += "| \(path)\(versions) | \(Self.cell(entry.type)) | \(Self.cell(entry.outcomeText)) | \(Self.cell(meaning)) |\n"
        }
    }

    private static func cell(_ text: String) -> String { text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|") }
}

extension FieldList.Entry {
    /// `served`, `error RT0508: …`, `warning RT0526: …`.
    package var outcomeText: String {
        switch outcome {
        case .served: "served"
        case .notServed(let code): "error \(code.name): \(code.title)"
        case .covered(let code): "\(code.severity.rawValue) \(code.name), about the object: \(code.title)"
        case .informative: "nothing: it is for people"
        case .ignored(let reason): "warning \(DiagnosticCode.ignoredField.name): \(reason)"
        }
    }
}
