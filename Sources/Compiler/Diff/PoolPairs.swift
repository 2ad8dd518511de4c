/// Which pool of one table is which of another: by API, environment and owner; what is then left over by API and
/// environment, so that a policy that was only renamed is seen as that.
struct PoolPairs {
    struct Entry {
        let api: String
        let pool: TableReport.Pool

        var subject: String { "API \(api), \(pool.environment) \(pool.kind)" }
    }

    struct Pair {
        let old: Entry?
        let new: Entry?
    }

    private struct Key: Hashable, Comparable {
        let api: String
        let environment: String
        let kind: String
        let owner: String

        init(_ entry: Entry, withOwner: Bool) {
            api = entry.api
            environment = entry.pool.environment
            kind = entry.pool.kind
            owner = withOwner ? entry.pool.owner : ""
        }

        static func < (a: Key, b: Key) -> Bool { (a.api, a.environment, a.kind, a.owner) < (b.api, b.environment, b.kind, b.owner) }
    }

    private(set) var pairs: [Pair] = []
    /// By the number of the pool in its table; pools of one pair have one name.
    private(set) var oldNames: [Int: String] = [:]
    private(set) var newNames: [Int: String] = [:]

    init(_ old: TableReport, _ new: TableReport) {
        let before = Self.entries(old), after = Self.entries(new)
        // The same identity first: an HTTPRoute owns a pool for each of its rules.
        let identities = Set(before.map(\.pool.id)).intersection(after.map(\.pool.id))
        var found = Self.pair(before.filter { identities.contains($0.pool.id) }, after.filter { identities.contains($0.pool.id) }) { $0.pool.id }
        var rest = (before.filter { !identities.contains($0.pool.id) }, after.filter { !identities.contains($0.pool.id) })
        for withOwner in [true, false] {
            let pairs = Self.pair(rest.0, rest.1) { Key($0, withOwner: withOwner) }
            found += pairs.filter { $0.old != nil && $0.new != nil }
            let left = pairs.filter { $0.old == nil || $0.new == nil }
            rest = (left.compactMap(\.old), left.compactMap(\.new))
        }
        found += rest.0.map { Pair(old: $0, new: nil) } + rest.1.map { Pair(old: nil, new: $0) }
        pairs = found.sorted { Self.order($0) < Self.order($1) }
        for pair in pairs {
            let name = (pair.new ?? pair.old).map(Self.name) ?? ""
            if let number = pair.old?.pool.number { oldNames[number] = name }
            if let number = pair.new?.pool.number { newNames[number] = name }
        }
    }

    private static func entries(_ report: TableReport) -> [Entry] {
        report.apis.flatMap { api in api.pools.map { Entry(api: api.object, pool: $0) } }
    }

    private static func pair<Name: Hashable & Comparable>(_ old: [Entry], _ new: [Entry], by key: (Entry) -> Name) -> [Pair] {
        TableDiff.pair(old, new, by: key).map { Pair(old: $0.old, new: $0.new) }
    }

    private static func order(_ pair: Pair) -> (String, Int) {
        let entry = pair.new ?? pair.old
        return (entry?.api ?? "", entry?.pool.number ?? 0)
    }

    private static func name(_ entry: Entry) -> String {
        entry.pool.kind == "models" ? entry.pool.owner : entry.pool.targets.map(\.backend).joined(separator: ", ")
    }
}
