/// What a kind of object may hold: data that drives the check of a document, its decoding, the JSON Schema for
/// editors and the list of fields in the documentation.
package struct KindSchema: Sendable {
    package let kind: Kind
    /// Oldest first.
    package let versions: [String]
    /// The members beside apiVersion, kind, metadata and status: for most kinds `spec` alone.
    package let members: ObjectSchema
    package let summary: String
    /// The diagnostic about every object of the kind, where no field of it is served.
    package let refusal: DiagnosticCode?

    init(_ kind: Kind, _ versions: [String], _ summary: String, members: [Field], refusal: DiagnosticCode? = nil) {
        (self.kind, self.versions, self.summary, self.refusal) = (kind, versions, summary, refusal)
        self.members = ObjectSchema(members)
    }
}

/// The members of an object. A class: schemas are shared, and looked at for every key that is read.
package final class ObjectSchema: Sendable {
    package let fields: [Field]
    private let hashes: [UInt32]

    init(_ fields: [Field]) {
        precondition(fields.count <= 64, "the check keeps a bit for each field")
        precondition(Set(fields.map(\.hash)).count == fields.count, "two names with one hash")
        self.fields = fields
        hashes = fields.map(\.hash)
    }

    /// The index of the field that a key names.
    func index(ofKey key: Int, in tree: NodeTree) -> Int? {
        let hash = tree.nodes[key].hash
        guard let index = hashes.firstIndex(of: hash), tree.text(key, equals: fields[index].nameBytes, hash: hash) else { return nil }
        return index
    }
}

/// One member of an object.
package final class Field: Sendable {
    package enum Support: Sendable, Equatable {
        case served
        /// Present: the error of this code, because traffic or security would differ.
        case notServed(DiagnosticCode)
        /// Present and not empty: a warning that says what happens instead.
        case ignored(String)
        /// Checked only; the warning of this code about the object names what happens.
        case covered(DiagnosticCode)
        /// For people: it means nothing to traffic anywhere.
        case informative
    }

    package enum Presence: Sendable { case required, optional }

    package let name: String
    package let value: ValueSchema
    package let presence: Presence
    package let support: Support
    /// Versions of the kind that have the field; empty: all.
    package let versions: [String]
    package let summary: String
    let nameBytes: ArraySlice<UInt8>
    let hash: UInt32

    init(_ name: String, _ value: ValueSchema, _ summary: String, _ presence: Presence = .optional,
         _ support: Support = .served, versions: [String] = []) {
        (self.name, self.value, self.presence, self.support) = (name, value, presence, support)
        (self.versions, self.summary) = (versions, summary)
        nameBytes = Array(name.utf8)[...]
        hash = NodeTree.hash(name.utf8)
    }
}

/// What a member's value may be. null stands for an absent member everywhere, as in Kubernetes.
package indirect enum ValueSchema: Sendable {
    /// The length counts characters.
    case string(length: ClosedRange<Int> = 0...Limits.text, Pattern? = nil)
    case enumeration([String])
    case integer(ClosedRange<Int>)
    case boolean
    case object(ObjectSchema)
    case list(ValueSchema, count: ClosedRange<Int> = 0...Int.max)
    /// Any keys, string values.
    case stringMap
    /// Not looked into: the field is not served, or belongs to others.
    case anything
}

/// A form that a string has, as a function and as the regular expression that a JSON Schema shows.
package struct Pattern: Sendable {
    package let expression: String
    package let description: String
    package let matches: @Sendable (ArraySlice<UInt8>) -> Bool
}
