extension TableDiff {
    /// Who may call what less guarded than before, what is no longer served, and credentials that go elsewhere.
    static func risks(_ old: TableReport, _ new: TableReport, _ pools: PoolPairs) -> [Risk] {
        var risks: [Risk] = []
        func add(_ what: String, _ subjects: [String]) {
            if !subjects.isEmpty { risks.append(Risk(what: what, subjects: subjects)) }
        }
        let apis = pair(old.apis, new.apis, by: \.object)
        let opened = apis.filter { $0.new?.isOpen == true && $0.old?.isOpen != true }
        add("open to everybody: no authentication is asked for any more", opened.filter { $0.old != nil }.map { "API \($0.key)" })
        add("new, and open to everybody", opened.filter { $0.old == nil }.map { "API \($0.key)" })
        let routes = pair(RouteEntry.all(of: old, pools.oldNames), RouteEntry.all(of: new, pools.newNames), by: \.key)
        let known = Set(opened.map(\.key))
        add("no authentication is asked for any more", subjects(routes) { before, after in
            before.text("authentication") != nil && after.text("authentication") == nil && !known.contains(after.api)
        })
        for (origins, subjects) in newOrigins(routes) { add("pages of \(origins) may read answers in a browser", subjects) }
        add("no longer limited in the number of requests", subjects(routes) { $0.text("rate limits") != nil && $1.text("rate limits") == nil })
        let remaining = Set(new.apis.map(\.object))
        add("removed: 404, unless another route takes its requests", routes.filter { $0.new == nil && remaining.contains($0.old?.api ?? "") }.map(\.key.text))
        add("removed with all its routes: 404", apis.filter { $0.new == nil }.map { "API \($0.key)" })
        addBackends(old, new, add)
        return risks
    }

    private typealias RoutePair = (key: RouteEntry.Key, old: RouteEntry?, new: RouteEntry?)

    private static func subjects(_ pairs: [RoutePair], where isRisk: (RouteEntry, RouteEntry) -> Bool) -> [String] {
        pairs.compactMap { pair in
            guard let old = pair.old, let new = pair.new, isRisk(old, new) else { return nil }
            return pair.key.text
        }
    }

    /// Routes by the origins that are new to them.
    private static func newOrigins(_ pairs: [RoutePair]) -> [(origins: String, subjects: [String])] {
        var found: [(origins: String, subjects: [String])] = []
        for pair in pairs {
            guard let cors = pair.new?.cors, let entry = pair.old else { continue }
            let before = entry.cors?.origins ?? []
            let credentials = cors.allowsCredentials && entry.cors?.allowsCredentials != true
            let origins = credentials ? cors.origins : cors.origins.filter { !before.contains($0) }
            guard !origins.isEmpty, !before.contains("*") || credentials else { continue }
            let text = (origins.contains("*") ? "every origin" : origins.joined(separator: ", ")) + (cors.allowsCredentials ? ", with the user's credentials," : "")
            if let index = found.firstIndex(where: { $0.origins == text }) { found[index].subjects.append(pair.key.text) } else { found.append((text, [pair.key.text])) }
        }
        return found
    }

    private static func addBackends(_ old: TableReport, _ new: TableReport, _ add: (String, [String]) -> Void) {
        let pairs = pair(old.backends, new.backends, by: \.object)
        func host(_ backend: TableReport.Backend) -> Substring {
            let end = backend.hostHeader.lastIndex(of: ":") ?? backend.hostHeader.endIndex
            return backend.hostHeader[end...].contains("]") ? backend.hostHeader[...] : backend.hostHeader[..<end]
        }
        func subjects(where isRisk: (TableReport.Backend, TableReport.Backend) -> Bool) -> [String] {
            pairs.compactMap { pair in
                guard let before = pair.old, let after = pair.new, isRisk(before, after) else { return nil }
                return "Backend \(pair.key)"
            }
        }
        add("called without TLS", subjects { $0.upstream.hasPrefix("https://") && $1.upstream.hasPrefix("http://") })
        add("its credential is sent to another host", subjects { host($0) != host($1) && $1.credential != nil && $0.credential == $1.credential })
        add("called without a credential", subjects { $0.credential != nil && $1.credential == nil })
        add("other certificates are trusted, or other names", subjects { before, after in
            guard let features = before.features?.tls else { return false }
            return features != after.features?.tls
        })
    }
}
