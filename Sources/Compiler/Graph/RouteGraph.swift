/// What leads where in a table: host, API, route, pool, model, backend; each a layer of its own.
package struct RouteGraph {
    enum Layer: Int, CaseIterable {
        case host, api, route, pool, target, backend

        var title: String { ["hosts", "APIs", "routes", "pools", "models", "backends"][rawValue] }
    }

    struct Node {
        let layer: Layer
        /// The first is the title.
        let lines: [String]
    }

    struct Edge: Hashable {
        let from: Int
        let to: Int
        /// Taken by requests without a body only, or when all models are suspended.
        let isSecondary: Bool
    }

    private(set) var nodes: [Node] = []
    private(set) var edges: [Edge] = []
    private var edgeSet: Set<Edge> = []
    private var numbers: [String: Int] = [:]

    /// - Parameter apis: `namespace/name` of those to show; nil: all.
    package init(_ report: TableReport, apis: Set<String>? = nil) {
        let backends = Dictionary(report.backends.map { ($0.object, $0) }, uniquingKeysWith: { first, _ in first })
        for api in report.apis where apis?.contains(api.object) ?? true { add(api, backends) }
    }

    private mutating func add(_ api: TableReport.API, _ backends: [String: TableReport.Backend]) {
        let own = node(.api, api.object, ["\(api.name) \(api.version)", api.object, api.basePath] + (api.isOpen ? ["open"] : []))
        let pools = Dictionary(uniqueKeysWithValues: api.pools.map { ($0.number, $0) })
        for (number, route) in api.routes.enumerated() {
            let host = node(.host, "\(route.environment) \(route.host)", [route.host, route.environment])
            let method = route.methods.isEmpty ? "any method" : route.methods.joined(separator: " ")
            let here = node(.route, "\(api.object) \(number)", ["\(method) \(route.pathText)", "\(route.match), \(route.host)\(route.conditionText)", "→ \(route.upstreamPath)"])
            edge(host, own)
            edge(own, here)
            let models = route.modelPool.flatMap { pools[$0] }
            if let models { edge(here, pool(models, backends)) }
            if let own = route.backendPool.flatMap({ pools[$0] }), models == nil || Self.usesBackends(route, models) {
                edge(here, pool(own, backends), isSecondary: models != nil)
            }
        }
    }

    /// Whether requests can get to the rule's backendRefs although there is a rotation of models.
    private static func usesBackends(_ route: TableReport.Route, _ models: TableReport.Pool?) -> Bool {
        route.methods.isEmpty || !Set(route.methods).isDisjoint(with: ["GET", "HEAD", "OPTIONS", "DELETE"]) || models?.options.allSuspended == "passthrough"
    }

    private mutating func pool(_ pool: TableReport.Pool, _ backends: [String: TableReport.Backend]) -> Int {
        let isNew = numbers["\(Layer.pool) \(pool.number)"] == nil
        let suspension = pool.provider == nil ? [] : [pool.options.suspendSeconds == 0 ? "never suspends" : "suspends for \(grouped(pool.options.suspendSeconds)) s"]
        let here = node(.pool, "\(pool.number)", ["pool \(pool.number), \(pool.environment)", pool.owner] + suspension)
        guard isNew else { return here }
        for target in pool.targets {
            let title = "\(percent(target.share))  \(target.model ?? "client's model")"
            let own = node(.target, "\(pool.number) \(target.id)", [title] + (target.tier > 0 ? ["tier \(target.tier)"] : []))
            edge(here, own)
            let backend = backends[target.backend]
            let credential = target.credential.map { [$0] } ?? []
            edge(own, node(.backend, target.backend, [target.backend, backend?.upstream ?? target.upstream] + credential))
        }
        return here
    }

    private mutating func node(_ layer: Layer, _ name: String, _ lines: [String]) -> Int {
        let key = "\(layer) \(name)"
        if let number = numbers[key] { return number }
        nodes.append(Node(layer: layer, lines: lines))
        numbers[key] = nodes.count - 1
        return nodes.count - 1
    }

    private mutating func edge(_ from: Int, _ to: Int, isSecondary: Bool = false) {
        let edge = Edge(from: from, to: to, isSecondary: isSecondary)
        if edgeSet.insert(edge).inserted { edges.append(edge) }
    }
}
