import Policies

/// Finds objects by namespace and name.
struct NameTables {
    typealias Reference = IntermediateRepresentation.Reference

    let apis, routes, gateways, backends, providers, policies, authentications, rateLimits, secrets, configMaps: Table

    init(_ resources: Resources) {
        apis = Table(resources.apis.map(\.header))
        routes = Table(resources.httpRoutes.map(\.header))
        gateways = Table(resources.gateways.map(\.header))
        backends = Table(resources.backends.map(\.header))
        providers = Table(resources.aiProviders.map(\.header))
        policies = Table(resources.apiPolicies.map(\.header))
        authentications = Table(resources.authentications.map(\.header))
        rateLimits = Table(resources.rateLimitPolicies.map(\.header))
        secrets = Table(resources.secrets.map(\.header))
        configMaps = Table(resources.configMaps.map(\.header))
    }

    /// The objects of one kind.
    struct Table {
        let headers: [ObjectHeader]
        /// Indices into `headers`.
        private var names = ProbeTable()

        /// - Parameter headers: no two of one namespace and name.
        init(_ headers: [ObjectHeader]) {
            self.headers = headers
            for (index, header) in headers.enumerated() {
                names.insert(hash: Self.hash(header.namespace, header.name), value: UInt32(index))
            }
        }

        subscript(namespace: String, name: String) -> Int? {
            names.find(hash: Self.hash(namespace, name)) { index in
                headers[Int(index)].name == name && headers[Int(index)].namespace == namespace
            }.map(Int.init)
        }

        private static func hash(_ namespace: String, _ name: String) -> UInt64 {
            var hasher = Hasher()
            hasher.combine(namespace)
            hasher.combine(name)
            return UInt64(bitPattern: Int64(hasher.finalize()))
        }

        /// The object that was probably meant: of a near name in the namespace, or of the same name in another.
        func near(_ namespace: String, _ name: String) -> (header: ObjectHeader, isElsewhere: Bool)? {
            let here = headers.lazy.filter { $0.namespace == namespace }
            if let found = NearName.of(name, in: here.map(\.name)), let index = self[namespace, found] { return (headers[index], false) }
            return headers.filter { $0.name == name }.min { $0.namespace < $1.namespace }.map { ($0, true) }
        }
    }
}

extension Resolver {
    /// Reports a reference that does not resolve.
    mutating func reportMissing(_ code: DiagnosticCode, _ subject: String, _ kind: Kind, _ table: NameTables.Table,
                                _ namespace: String, _ name: Located<String>, help general: String? = nil) {
        // What seems to be missing may stand in a document that could not be read: that is the error then.
        guard !resources.isIncomplete else { return }
        let help = nearHelp(table, namespace, name.value) ?? general
        let wanted = ObjectID(kind: kind, namespace: namespace, name: name.value)
        report(code, "\(subject) names \(wanted), which is not in the input", at: name.place, help: help)
    }

    private mutating func nearHelp(_ table: NameTables.Table, _ namespace: String, _ name: String) -> String? {
        guard nearNameSearches < Limits.nearNameSearches else { return nil }
        nearNameSearches += 1
        guard let near = table.near(namespace, name) else { return nil }
        let place = resources.describe(near.header.place)
        return near.isElsewhere
            ? "it is in namespace \(Text.quoted(near.header.namespace)) (\(place))"
            : "did you mean \(Text.quoted(near.header.name)) (\(place))?"
    }

    /// The namespace that a reference points into; one that is not the referrer's own needs a ReferenceGrant.
    mutating func namespace(_ reference: ReferenceText, from header: ObjectHeader) -> String {
        guard let other = reference.namespace, other.value != header.namespace else { return header.namespace }
        if resources.referenceGrants.isEmpty {
            report(.grantUnknown, "\(header.id) refers to \(Text.quoted(reference.name.value)) in namespace \(Text.quoted(other.value)), and no ReferenceGrant is in the input",
                   at: other.place, help: "in a cluster this needs a ReferenceGrant in that namespace")
        } else if !(grants[other.value] ?? []).contains(where: { allows($0, reference, header) }) {
            report(.grantMissing, "\(header.id) refers to \(Text.quoted(reference.name.value)) in namespace \(Text.quoted(other.value)), which no ReferenceGrant there allows",
                   at: other.place, help: "add a ReferenceGrant in \(Text.quoted(other.value)) from \(header.id.kind.rawValue) of \(Text.quoted(header.namespace)) to Backend")
        }
        return other.value
    }

    private func allows(_ grant: ReferenceGrant, _ reference: ReferenceText, _ header: ObjectHeader) -> Bool {
        grant.from.contains { $0.kind == header.id.kind.rawValue && $0.namespace == header.namespace }
            && grant.to.contains { $0.kind == "Backend" && ($0.name ?? reference.name.value) == reference.name.value }
    }
}
