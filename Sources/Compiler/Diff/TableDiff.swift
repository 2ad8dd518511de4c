/// What changes for traffic between two tables: the content of `rtblc diff`.
///
/// Positions, numbers and the order in which things were written do not count. A file whose traffic digest is the same
/// has no difference.
package struct TableDiff: Encodable {
    package enum Kind: String, Encodable { case added, removed, changed }

    package struct Detail: Encodable, Equatable {
        package var what: String
        /// nil: there was nothing.
        package var before: String?
        package var after: String?
    }

    package struct Share: Encodable, Equatable {
        /// nil in a pool of backends.
        package var model: String?
        /// nil: the model on all its backends together.
        package var backend: String?
        /// In percent; nil: it was not there.
        package var before: Double?
        package var after: Double?
    }

    package struct Change: Encodable {
        package var kind: Kind
        /// `API default/chat`, `POST chat.example.com, exact /a`, …
        package var subject: String
        package var details: [Detail] = []
        /// Of a pool.
        package var shares: [Share] = []
        /// Where the new table, or for what is removed the old one, has it from.
        package var position: String?
    }

    /// What somebody should look at twice, worst first.
    package struct Risk: Encodable {
        package var what: String
        /// APIs, routes or Backends.
        package var subjects: [String]
    }

    package var oldTrafficDigest: String
    package var newTrafficDigest: String
    package var risks: [Risk] = []
    package var apis: [Change] = []
    package var routes: [Change] = []
    package var pools: [Change] = []
    package var backends: [Change] = []

    package var isEmpty: Bool { apis.isEmpty && routes.isEmpty && pools.isEmpty && backends.isEmpty }

    /// Of two tables with the same traffic digest, which need not be looked at further.
    package init(sameTraffic digest: String) { (oldTrafficDigest, newTrafficDigest) = (digest, digest) }

    package init(_ old: TableReport, _ new: TableReport) {
        oldTrafficDigest = old.trafficDigest
        newTrafficDigest = new.trafficDigest
        guard old.trafficDigest != new.trafficDigest else { return }
        let pairs = PoolPairs(old, new)
        apis = Self.apis(old, new)
        routes = Self.routes(old, new, pairs)
        pools = pairs.pairs.compactMap { Self.pool($0, old, new) }
        backends = Self.backends(old, new)
        risks = Self.risks(old, new, pairs)
    }

    // MARK: - Kinds

    private static func apis(_ old: TableReport, _ new: TableReport) -> [Change] {
        pair(old.apis, new.apis, by: \.object).compactMap { key, before, after in
            change(before, after, subject: "API \(key)", except: ["object", "routes", "pools", "position"], at: after?.position ?? before?.position)
        }
    }

    private static func backends(_ old: TableReport, _ new: TableReport) -> [Change] {
        pair(old.backends, new.backends, by: \.object).compactMap { key, before, after in
            change(before, after, subject: "Backend \(key)", except: ["object", "aiRateLimitID", "position"], at: after?.position ?? before?.position)
        }
    }

    private static func routes(_ old: TableReport, _ new: TableReport, _ pools: PoolPairs) -> [Change] {
        let before = RouteEntry.all(of: old, pools.oldNames), after = RouteEntry.all(of: new, pools.newNames)
        return pair(before, after, by: \.key).compactMap { key, before, after in
            let found = change(
                before?.route, after?.route, subject: "\(key.text)", except: ["environment", "host", "methods", "match", "path", "pattern", "headers", "queryParameters", "modelPool", "backendPool", "cors", "authentication", "rateLimits", "position"],
                at: after?.route.position ?? before?.route.position)
            let further = RouteEntry.differences(before, after)
            guard var found = found ?? (further.isEmpty ? nil : Change(kind: .changed, subject: key.text, position: after?.route.position)) else { return nil }
            found.details = further + found.details
            return found
        }
    }

    private static func pool(_ pair: PoolPairs.Pair, _ old: TableReport, _ new: TableReport) -> Change? {
        let (before, after) = (pair.old, pair.new)
        guard let any = after ?? before else { return nil }
        let found = change(
            before?.pool, after?.pool, subject: any.subject, except: ["number", "id", "kind", "environment", "rotation", "targets", "position"],
            at: any.pool.position)
        let shares = SharePairs.of(before?.pool, after?.pool)
        let others = SharePairs.differences(before?.pool, after?.pool)
        let moved = shares.contains { $0.before != $0.after }
        guard found != nil || moved || !others.isEmpty else { return nil }
        var change = found ?? Change(kind: .changed, subject: any.subject, position: any.pool.position)
        change.details += others
        change.shares = shares
        return change
    }

    // MARK: - Pairs

    private static func change<Record: Encodable>(_ before: Record?, _ after: Record?, subject: String, except: Set<String>, at position: String?) -> Change? {
        switch (before, after) {
        case (nil, let new?):
            return Change(kind: .added, subject: subject, details: Facts.notable(Facts(new, except: except)), position: position)
        case (_?, nil): return Change(kind: .removed, subject: subject, position: position)
        case (let old?, let new?):
            let details = Facts.differences(Facts(old, except: except), Facts(new, except: except))
            return details.isEmpty ? nil : Change(kind: .changed, subject: subject, details: details, position: position)
        case (nil, nil): return nil
        }
    }

    /// Records of the same key, in ascending order of key; of several with one key the first with the first, and so on.
    static func pair<Record, Key: Hashable & Comparable>(
        _ old: [Record], _ new: [Record], by key: (Record) -> Key
    ) -> [(key: Key, old: Record?, new: Record?)] {
        let before = Dictionary(grouping: old, by: key), after = Dictionary(grouping: new, by: key)
        return Set(before.keys).union(after.keys).sorted().flatMap { key in
            let (old, new) = (before[key] ?? [], after[key] ?? [])
            return (0..<max(old.count, new.count)).map { (key, $0 < old.count ? old[$0] : nil, $0 < new.count ? new[$0] : nil) }
        }
    }
}
