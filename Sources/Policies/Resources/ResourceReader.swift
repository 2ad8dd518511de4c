import Threading

/// Reads files into `Resources`, on several threads: large files in pieces.
///
/// What comes out does not depend on the number of threads or the size of the pieces: pieces are put together in the
/// order of the input, and a file in which a piece cannot be read by itself is read again as a whole.
package struct ResourceReader {
    package struct Options: Sendable {
        /// Of documents that name none.
        package var defaultNamespace = "default"
        package var threads = Parallel.processors
        /// About as many to a piece of a file.
        package var pieceBytes = Limits.pieceBytes
        package var progress: Progress?
        package init(defaultNamespace: String = "default") { self.defaultNamespace = defaultNamespace }
    }

    private var resources: Resources
    private var foreign = ForeignObjects()
    private var seen: [ObjectID: Place] = [:]

    package static func read(_ files: [SourceFile], _ options: Options = Options(), _ diagnostics: inout Diagnostics) -> Resources {
        let work = PieceQueue(files, options, keepsAllWarnings: diagnostics.keepsAllWarnings)
        Parallel.run(threads: options.threads) { work.readPieces() }
        var reader = ResourceReader(resources: Resources(files: files))
        work.takeResults { reader.resources.reserve($0) } _: { reader.add($0, &diagnostics) }
        reader.resources.unreadable = work.unreadable
        reader.foreign.report(&diagnostics)
        return reader.resources
    }

    private init(resources: Resources) { self.resources = resources }

    private mutating func add(_ part: DocumentReader, _ diagnostics: inout Diagnostics) {
        diagnostics.add(part.diagnostics)
        foreign.add(part.foreign)
        let found = part.resources
        resources.isIncomplete = resources.isIncomplete || found.isIncomplete
        add(found.apis, to: \.apis, &diagnostics)
        add(found.httpRoutes, to: \.httpRoutes, &diagnostics)
        add(found.gateways, to: \.gateways, &diagnostics)
        add(found.referenceGrants, to: \.referenceGrants, &diagnostics)
        add(found.backends, to: \.backends, &diagnostics)
        add(found.aiProviders, to: \.aiProviders, &diagnostics)
        add(found.apiPolicies, to: \.apiPolicies, &diagnostics)
        add(found.authentications, to: \.authentications, &diagnostics)
        add(found.tokenIssuers, to: \.tokenIssuers, &diagnostics)
        add(found.rateLimitPolicies, to: \.rateLimitPolicies, &diagnostics)
        add(found.aiRateLimitPolicies, to: \.aiRateLimitPolicies, &diagnostics)
        add(found.secrets, to: \.secrets, &diagnostics)
        add(found.configMaps, to: \.configMaps, &diagnostics)
        add(found.recognised, to: \.recognised, &diagnostics)
    }

    /// Adds those whose names are new.
    private mutating func add<Object: NamedObject>(
        _ objects: [Object], to list: WritableKeyPath<Resources, [Object]>, _ diagnostics: inout Diagnostics
    ) {
        let new = objects.filter { isNew($0.header, &diagnostics) }
        resources[keyPath: list] += new
    }

    private mutating func isNew(_ header: ObjectHeader, _ diagnostics: inout Diagnostics) -> Bool {
        guard let first = seen.updateValue(header.place, forKey: header.id) else { return true }
        seen[header.id] = first
        diagnostics.report(.duplicateObject, "\(header.id) is already given at \(resources.describe(first))", at: header.place, help: "remove one of the two")
        return false
    }
}

/// What has a name that no other object of its kind may have.
protocol NamedObject { var header: ObjectHeader { get } }

extension API: NamedObject {}
extension HTTPRoute: NamedObject {}
extension Gateway: NamedObject {}
extension ReferenceGrant: NamedObject {}
extension Backend: NamedObject {}
extension AIProvider: NamedObject {}
extension APIPolicy: NamedObject {}
extension Authentication: NamedObject {}
extension TokenIssuer: NamedObject {}
extension RateLimitPolicy: NamedObject {}
extension AIRateLimitPolicy: NamedObject {}
extension Secret: NamedObject {}
extension ConfigMap: NamedObject {}
extension ObjectHeader: NamedObject { var header: ObjectHeader { self } }
