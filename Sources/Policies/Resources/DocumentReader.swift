import Threading

/// Reads the documents of files or of pieces into `Resources`: each is parsed, held against its kind's schema, and decoded.
///
/// What one document says about another (two of one name) is not its matter.
struct DocumentReader {
    private(set) var resources = Resources(files: [])
    private(set) var diagnostics: Diagnostics
    private(set) var foreign = ForeignObjects()
    private let defaultNamespace: String

    init(defaultNamespace: String, keepsAllWarnings: Bool) {
        self.defaultNamespace = defaultNamespace
        diagnostics = Diagnostics(keepsAllWarnings: keepsAllWarnings)
    }

    mutating func read(_ parser: YAMLParser, file: UInt32, progress: Progress?) -> YAMLParser.Outcome {
        // Lent out whole: a copy beside it would be copied at each report.
        var found = Diagnostics(keepsAllWarnings: diagnostics.keepsAllWarnings)
        swap(&found, &diagnostics)
        let outcome = parser.readPiece(&found) { content, diagnostics in
            document(ObjectReader(document: content, file: file, index: 0), &diagnostics)
            progress?.done.add(1)
        }
        swap(&found, &diagnostics)
        if outcome != .complete { resources.isIncomplete = true }
        return outcome
    }

    // MARK: documents

    private static let apiVersion = Field("apiVersion", .string(length: 1...Limits.objectName), "group and version of the kind", .required)
    private static let kind = Field("kind", .string(length: 1...63), "what kind of object this is", .required)
    private static let metadata = Field("metadata", .object(ObjectSchema([])), "who it is", .required)
    private static let items = Field("items", .list(.anything), "the objects of a List")
    private static let name = Field("name", .string(), "the object's name", .required)
    private static let namespace = Field("namespace", .string(), "the object's namespace")
    private static let annotations = Field("annotations", .stringMap, "settings")
    private static let labels = Field("labels", .stringMap, "for people and tools")

    private mutating func document(_ root: ObjectReader, _ diagnostics: inout Diagnostics) {
        guard root.tree.nodes[root.index].kind == .mapping else {
            diagnostics.report(.notAnObject, "this document is not a Kubernetes object", at: root.place,
                               help: "an object has apiVersion, kind and metadata")
            resources.isIncomplete = true
            return
        }
        guard let kind = root.string(Self.kind), let apiVersion = root.string(Self.apiVersion) else {
            reportMissingKind(root, &diagnostics)
            resources.isIncomplete = true
            return
        }
        if kind.value == "List", apiVersion.value == "v1" { return list(root, &diagnostics) }
        guard let schema = schema(kind, apiVersion, &diagnostics) else { return }
        let version = String(apiVersion.value.split(separator: "/").last ?? "")
        guard let header = header(root, schema, version, kind.place, &diagnostics) else { resources.isIncomplete = true; return }
        var checker = SchemaChecker(document: root.document, file: root.file, object: header.id, version: version)
        checker.check(root.index, schema.members, owner: kind.place, alsoKnown: ["apiVersion", "kind", "metadata", "status"], &diagnostics)
        if let metadata = root.object(Self.metadata) { checker.checkMetadata(metadata, [Self.annotations, Self.labels], &diagnostics) }
        guard schema.members.fields.allSatisfy({ $0.presence == .optional || root.object($0) != nil }) else { resources.isIncomplete = true; return }
        add(header, root, schema.members, &diagnostics)
    }

    private func reportMissingKind(_ root: ObjectReader, _ diagnostics: inout Diagnostics) {
        for field in [Self.apiVersion, Self.kind] where root.string(field) == nil {
            let place = root.keyPlace(field) ?? root.place
            diagnostics.report(.missingKind, "this document has no \(field.name) that is a string", at: place, help: "an object has apiVersion, kind and metadata")
        }
    }

    private mutating func list(_ root: ObjectReader, _ diagnostics: inout Diagnostics) {
        for (key, _) in root.tree.entries(root.index) {
            let name = root.tree.string(key)
            if !["apiVersion", "kind", "metadata", "items"].contains(name) {
                diagnostics.report(.unknownField, "List: unknown field \(Text.quoted(name))", at: root.tree.place(key, file: root.file), help: nil)
            }
        }
        guard let items = root.objects(Self.items) else {
            if root.has(Self.items) { diagnostics.report(.strayItems, "List: items is not a list", at: root.keyPlace(Self.items)) }
            return
        }
        for item in items { document(item, &diagnostics) }
    }

    // MARK: kind, name, duplicates

    private mutating func schema(_ kind: Located<String>, _ apiVersion: Located<String>, _ diagnostics: inout Diagnostics) -> KindSchema? {
        let parts = apiVersion.value.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let (group, version) = parts.count == 2 ? (parts[0], parts[1]) : ("", parts[0])
        guard let known = Kind(rawValue: kind.value), known.group == group, let schema = KindSchema.all[known] else {
            if Kind.ownGroups.contains(group) { unknownKind(kind, group, &diagnostics) } else {
                foreign.add("\(apiVersion.value) \(kind.value)", kind.place)
            }
            return nil
        }
        if !schema.versions.contains(version) {
            resources.isIncomplete = true
            diagnostics.report(.unknownVersion, "\(kind.value) has no version \(Text.quoted(version)) here", at: apiVersion.place,
                               help: "known versions are \(schema.versions.joined(separator: ", "))")
            return nil
        }
        return schema
    }

    private mutating func unknownKind(_ kind: Located<String>, _ group: String, _ diagnostics: inout Diagnostics) {
        resources.isIncomplete = true
        let kinds = Kind.allCases.filter { $0.group == group }.map(\.rawValue)
        let help = Kind(rawValue: kind.value).map { "\(kind.value) belongs to the group \($0.group.isEmpty ? "v1" : $0.group)" }
            ?? NearName.of(kind.value, in: kinds).map { "did you mean \($0)?" } ?? "known kinds are \(kinds.joined(separator: ", "))"
        diagnostics.report(.unknownKind, "\(group) has no kind \(Text.quoted(kind.value)) here", at: kind.place, help: help)
    }

    private func header(_ root: ObjectReader, _ schema: KindSchema, _ version: String, _ place: Place, _ diagnostics: inout Diagnostics) -> ObjectHeader? {
        let kind = schema.kind.rawValue
        guard let metadata = root.object(Self.metadata), let name = metadata.string(Self.name) else {
            let found = root.object(Self.metadata)?.keyPlace(Self.name)
            diagnostics.report(.objectName, found == nil ? "\(kind): metadata.name is missing" : "\(kind): metadata.name takes a string", at: found ?? place,
                               help: found == nil ? nil : "put it in quotes")
            return nil
        }
        let namespace = metadata.string(Self.namespace)
        if namespace == nil, let found = metadata.keyPlace(Self.namespace) {
            diagnostics.report(.objectName, "\(kind): metadata.namespace takes a string", at: found, help: "put it in quotes")
        }
        for (value, pattern, limit) in [(name, Pattern.objectName, Limits.objectName), (namespace ?? name, Pattern.label, 63)] {
            if value.value == name.value && pattern.expression == Pattern.label.expression && namespace == nil { continue }
            let bytes = Array(value.value.utf8)
            if bytes.count > limit || !pattern.matches(bytes[...]) {
                diagnostics.report(.objectName, "\(kind): \(Text.quoted(value.value)) is no name for \(value.place == name.place ? "an object" : "a namespace")",
                                   at: value.place, help: "it takes at most \(limit) \(pattern.description)")
                return nil
            }
        }
        return ObjectHeader(id: ObjectID(kind: schema.kind, namespace: namespace?.value ?? defaultNamespace, name: name.value), version: version, place: name.place)
    }

    // MARK: decoding

    private mutating func add(_ header: ObjectHeader, _ root: ObjectReader, _ members: ObjectSchema, _ diagnostics: inout Diagnostics) {
        let body = members.fields.first { $0.name == "spec" }.flatMap { root.object($0) } ?? ObjectReader(document: root.document, file: root.file, index: root.index)
        switch header.id.kind {
        case .api: resources.apis.append(API(header, body))
        case .httpRoute: resources.httpRoutes.append(HTTPRoute(header, body))
        case .gateway: resources.gateways.append(Gateway(header, body))
        case .referenceGrant: resources.referenceGrants.append(ReferenceGrant(header, body))
        case .backend: resources.backends.append(Backend(header, body))
        case .aiProvider: resources.aiProviders.append(AIProvider(header, body))
        case .apiPolicy: resources.apiPolicies.append(APIPolicy(header, body, annotations: annotations(root)))
        case .authentication: resources.authentications.append(Authentication(header, body))
        case .tokenIssuer: resources.tokenIssuers.append(TokenIssuer(header, body))
        case .rateLimitPolicy: resources.rateLimitPolicies.append(RateLimitPolicy(header, body))
        case .aiRateLimitPolicy: resources.aiRateLimitPolicies.append(AIRateLimitPolicy(header, body))
        case .secret: resources.secrets.append(Secret(header, root, &diagnostics))
        case .configMap: resources.configMaps.append(ConfigMap(header, root))
        case .scope, .backendJWT, .interceptorService, .gqlRoute, .subscription, .application, .applicationMapping: resources.recognised.append(header)
        }
    }

    private func annotations(_ root: ObjectReader) -> [Annotation] {
        (root.object(Self.metadata)?.pairs(Self.annotations) ?? []).compactMap { key, value in
            guard key.value.hasPrefix("rtbl/") else { return nil }
            return Annotation(name: Located(String(key.value.dropFirst(5)), key.place), value: value)
        }
    }
}
