/// The schemas of documents as JSON Schema (draft 2020-12), for editors and for checks before the compiler runs.
///
/// A document that it refuses draws an error from the compiler; the compiler also sees what a schema cannot say.
package enum JSONSchema {
    /// - Parameter kind: nil: for a document of any kind, and for a `v1` List of them.
    package static func text(_ kind: Kind?) -> String {
        let body = if let kind { document(kind) } else { anyDocument() }
        return JSONText.object([("$schema", .string("https://json-schema.org/draft/2020-12/schema"))] + body).pretty() + "\n"
    }

    // MARK: documents

    private static func document(_ kind: Kind) -> [(String, JSONText)] {
        guard let schema = KindSchema.all[kind] else { return [] }
        let prefix = kind.group.isEmpty ? "" : kind.group + "/"
        var members: [(String, JSONText)] = [
            ("title", .string(kind.rawValue)), ("description", .string(schema.summary)), ("type", .string("object")),
        ]
        let head: [(String, JSONText)] = [
            ("apiVersion", .object([("enum", .array(schema.versions.map { .string(prefix + $0) }))])),
            ("kind", .object([("const", .string(kind.rawValue))])), ("metadata", metadata), ("status", .object([])),
        ]
        let required = ["apiVersion", "kind", "metadata"]
        guard schema.members.variesByVersion else {
            return members + object(schema.members, version: schema.versions[0], head: head, required: required)
        }
        members += [("properties", .object(head)), ("required", .array(required.map(JSONText.string)))]
        members.append(("allOf", .array(schema.versions.map { version in
            let condition = JSONText.object([("properties", .object([("apiVersion", .object([("const", .string(prefix + version))]))]))])
            return .object([("if", condition), ("then", .object(object(schema.members, version: version, head: head.map { ($0.0, .boolean(true)) }, required: [])))])
        })))
        return members
    }

    private static func anyDocument() -> [(String, JSONText)] {
        let kinds = Kind.allCases.filter { KindSchema.all[$0] != nil }
        var cases = kinds.map { kind in
            let apiVersion: JSONText = kind.group.isEmpty ? .object([("const", .string("v1"))]) : .object([("pattern", .string("^" + escaped(kind.group) + "/"))])
            let condition = JSONText.object([("properties", .object([("apiVersion", apiVersion), ("kind", .object([("const", .string(kind.rawValue))]))]))])
            return JSONText.object([("if", condition), ("then", .object([("$ref", .string("#/$defs/\(kind.rawValue)"))]))])
        }
        for group in Kind.ownGroups.sorted() {
            let own = kinds.filter { $0.group == group }.map { JSONText.string($0.rawValue) }
            cases.append(.object([
                ("if", .object([("properties", .object([("apiVersion", .object([("pattern", .string("^" + escaped(group) + "/"))]))]))])),
                ("then", .object([("properties", .object([("kind", .object([("enum", .array(own))]))]))])),
            ]))
        }
        cases.append(.object([
            ("if", .object([("properties", .object([("apiVersion", .object([("const", .string("v1"))])), ("kind", .object([("const", .string("List"))]))]))])),
            ("then", .object([("properties", .object([
                ("apiVersion", .boolean(true)), ("kind", .boolean(true)), ("metadata", .boolean(true)),
                ("items", .object([("type", .array([.string("array"), .string("null")])), ("items", .object([("$ref", .string("#"))]))])),
            ])), ("additionalProperties", .boolean(false))])),
        ]))
        return [
            ("title", .string("A custom resource that rtblc compiles")), ("type", .string("object")),
            ("properties", .object([("apiVersion", .object([("type", .string("string"))])), ("kind", .object([("type", .string("string"))]))])),
            ("required", .array([.string("apiVersion"), .string("kind")])), ("allOf", .array(cases)),
            ("$defs", .object(kinds.map { ($0.rawValue, .object(document($0))) })),
        ]
    }

    private static func escaped(_ group: String) -> String { group.split(separator: ".").joined(separator: "\\.") }

    private static let metadata = JSONText.object([
        ("type", .string("object")), ("required", .array([.string("name")])),
        ("properties", .object([
            ("name", .object([("type", .string("string")), ("minLength", .integer(1)), ("maxLength", .integer(Limits.objectName)), ("pattern", .string(Pattern.objectName.expression))])),
            ("namespace", .object([("type", .array([.string("string"), .string("null")])), ("maxLength", .integer(63)), ("pattern", .string(Pattern.label.expression))])),
            ("labels", stringMap), ("annotations", stringMap),
        ])),
    ])

    private static let stringMap = JSONText.object([
        ("type", .array([.string("object"), .string("null")])), ("additionalProperties", .object([("type", .array([.string("string"), .string("null")]))])),
    ])

    // MARK: values

    /// The members of an object's schema. null stands for an absent member, so a required one refuses it.
    private static func object(_ schema: ObjectSchema, version: String, head: [(String, JSONText)] = [], required: [String] = []) -> [(String, JSONText)] {
        let fields = schema.fields.filter { $0.versions.isEmpty || $0.versions.contains(version) }
        let needed = required + fields.filter { $0.presence == .required }.map(\.name)
        var out: [(String, JSONText)] = [
            ("type", .string("object")), ("properties", .object(head + fields.map { ($0.name, .object(property($0, version: version))) })),
            ("additionalProperties", .boolean(false)),
        ]
        if !needed.isEmpty { out.append(("required", .array(needed.map(JSONText.string)))) }
        return head.isEmpty ? out : out.filter { $0.0 != "type" }
    }

    private static func property(_ field: Field, version: String) -> [(String, JSONText)] {
        switch field.support {
        case .notServed(let code):
            // Present and empty counts as absent.
            return [("description", .string("\(field.summary) (\(code.name): \(code.title))")), ("enum", .array([.null, .array([]), .object([])]))]
        case .ignored(let reason):
            return [("description", .string("\(field.summary) (without effect: \(reason))"))] + value(field.value, version: version, orNull: field.presence == .optional)
        case .served, .covered, .informative:
            return [("description", .string(field.summary))] + value(field.value, version: version, orNull: field.presence == .optional)
        }
    }

    private static func value(_ schema: ValueSchema, version: String, orNull: Bool) -> [(String, JSONText)] {
        func type(_ name: String) -> (String, JSONText) { ("type", orNull ? .array([.string(name), .string("null")]) : .string(name)) }
        switch schema {
        case .string(let length, let pattern):
            var out = [type("string")]
            if length.lowerBound > 0 { out.append(("minLength", .integer(length.lowerBound))) }
            out.append(("maxLength", .integer(length.upperBound)))
            if let pattern { out.append(("pattern", .string(pattern.expression))) }
            return out
        case .enumeration(let values): return [("enum", .array(values.map(JSONText.string) + (orNull ? [.null] : [])))]
        case .integer(let range): return [type("integer"), ("minimum", .integer(range.lowerBound)), ("maximum", .integer(range.upperBound))]
        case .boolean: return [type("boolean")]
        case .object(let members): return object(members, version: version).map { $0.0 == "type" ? type("object") : $0 }
        case .list(let element, let count):
            var out = [type("array"), ("items", .object(value(element, version: version, orNull: false)))]
            if count.lowerBound > 0 { out.append(("minItems", .integer(count.lowerBound))) }
            if count.upperBound < .max { out.append(("maxItems", .integer(count.upperBound))) }
            return out
        case .stringMap: return [type("object"), ("additionalProperties", .object([("type", .array([.string("string"), .string("null")]))]))]
        case .anything: return []
        }
    }
}

extension ObjectSchema {
    /// Some field, at any depth, belongs to some versions only.
    var variesByVersion: Bool {
        fields.contains { !$0.versions.isEmpty || $0.value.members?.variesByVersion ?? false }
    }
}

/// JSON whose members keep their order.
indirect enum JSONText {
    case null, boolean(Bool), integer(Int), string(String), array([JSONText]), object([(String, JSONText)])

    /// Two blanks for each level; an array of scalars on one line.
    func pretty(_ indent: String = "") -> String {
        switch self {
        case .null: return "null"
        case .boolean(let flag): return flag ? "true" : "false"
        case .integer(let number): return String(number)
        case .string(let text): return jsonString(text)
        case .array(let elements):
            if elements.allSatisfy(\.isScalar) { return "[" + elements.map { $0.pretty() }.joined(separator: ", ") + "]" }
            return "[\n" + elements.map { indent + "  " + $0.pretty(indent + "  ") }.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            return "{\n" + members.map { "\(indent)  \(jsonString($0.0)): " + $0.1.pretty(indent + "  ") }.joined(separator: ",\n") + "\n\(indent)}"
        }
    }

    private var isScalar: Bool {
        switch self {
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        default: true
        }
    }
}
