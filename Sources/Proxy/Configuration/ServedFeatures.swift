import RoutingTable

extension Server {
    /// What this version serves of the features that a table can need. A table that needs another is refused at the
    /// start: silently leaving out, say, authentication would let everybody in.
    static let servedFeatures: Set<TableRequirements.Feature> = [.regularExpressions, .conditions]

    static func checkRequirements(_ table: RoutingTable, path: String) throws(Exit) {
        let missing = TableRequirements(table).missing(from: servedFeatures)
        guard !missing.isEmpty else { return }
        let names = missing.map { "\($0.feature.rawValue), first in \($0.first)" }
        throw Exit(code: 1, message: """
            \(path) is refused: it needs what this version of the dataplane does not serve: \(names.joined(separator: "; ")); \
            remove it from the policies, or use a newer dataplane
            """)
    }
}
