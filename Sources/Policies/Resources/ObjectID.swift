/// An object's kind, namespace and name.
package struct ObjectID: Hashable, Sendable, CustomStringConvertible {
    package let kind: Kind
    package let namespace: String
    package let name: String

    package init(kind: Kind, namespace: String, name: String) {
        (self.kind, self.namespace, self.name) = (kind, namespace, name)
    }

    /// `API "default/chat"`.
    package var description: String { "\(kind.rawValue) \(Text.quoted("\(namespace)/\(name)"))" }
}
