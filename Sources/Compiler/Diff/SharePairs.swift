/// The targets of two versions of a pool, side by side.
enum SharePairs {
    private struct Key: Hashable {
        let model: String?
        let backend: String
    }

    /// One for each target, in the order of the new pool, then what is gone; where a model stands on several Backends
    /// one more, before them, for all of them.
    static func of(_ old: TableReport.Pool?, _ new: TableReport.Pool?) -> [TableDiff.Share] {
        let before = shares(old), after = shares(new)
        let keys = (new?.targets.map(key) ?? []) + (old?.targets.map(key) ?? []).filter { after[$0] == nil }
        var shares: [TableDiff.Share] = []
        var seen: Set<String> = []
        for key in keys {
            if let model = key.model, seen.insert(model).inserted {
                let same = keys.filter { $0.model == model }
                if same.count > 1 {
                    shares.append(TableDiff.Share(model: model, backend: nil, before: sum(same, before), after: sum(same, after)))
                }
            }
            shares.append(TableDiff.Share(model: key.model, backend: key.backend, before: before[key], after: after[key]))
        }
        return shares
    }

    /// What a target says beside its share, and the order of turns where nothing else differs.
    static func differences(_ old: TableReport.Pool?, _ new: TableReport.Pool?) -> [TableDiff.Detail] {
        guard let old, let new else { return [] }
        // The Backend's own fields are compared once, with the Backend.
        let other: Set<String> = ["id", "model", "backend", "share", "weight", "upstream", "credential", "position"]
        let after = Dictionary(new.targets.map { (key($0), $0) }, uniquingKeysWith: { first, _ in first })
        var details: [TableDiff.Detail] = []
        for target in old.targets {
            guard let counterpart = after[key(target)] else { continue }
            for detail in Facts.differences(Facts(target, except: other), Facts(counterpart, except: other)) {
                details.append(TableDiff.Detail(what: "\(detail.what) of \(name(target))", before: detail.before, after: detail.after))
            }
        }
        if details.isEmpty, shares(old) == shares(new), turns(old) != turns(new) {
            details.append(TableDiff.Detail(what: "order of turns", before: order(old), after: order(new)))
        }
        return details
    }

    private static func key(_ target: TableReport.Target) -> Key { Key(model: target.model, backend: target.backend) }

    private static func name(_ target: TableReport.Target) -> String { target.model.map { "\($0) on \(target.backend)" } ?? target.backend }

    private static func shares(_ pool: TableReport.Pool?) -> [Key: Double] {
        Dictionary((pool?.targets ?? []).map { (key($0), $0.share) }, uniquingKeysWith: +)
    }

    private static func sum(_ keys: [Key], _ shares: [Key: Double]) -> Double? {
        let found = keys.compactMap { shares[$0] }
        return found.isEmpty ? nil : (found.reduce(0, +) * 1000).rounded() / 1000
    }

    private static func turns(_ pool: TableReport.Pool) -> [Key] { pool.rotation.map { key(pool.targets[$0]) } }

    private static func order(_ pool: TableReport.Pool) -> String { pool.targets.map { $0.model ?? $0.backend }.joined(separator: ", ") }
}
