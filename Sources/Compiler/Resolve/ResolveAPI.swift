import Policies

extension Resolver {
    /// One API with its rules and pools, in document order.
    mutating func resolveAPI(_ index: Int, _ reachability: inout Reachability) -> IR.API {
        let api = resources.apis[index]
        checkAPI(api)
        var out = IR.API(
            object: reference(api.header), apiName: api.apiName ?? "", apiVersion: api.apiVersion?.value ?? "", basePath: api.basePath?.value ?? "",
            organization: api.organization, isDefaultVersion: api.isDefaultVersion?.value ?? false, isOpen: true, environments: [], pools: [], rules: [],
            position: position(api.header.place))
        var pools = PoolBuilder(apiPolicy: apiPolicies.ofObject[index])
        for (environment, refs) in [(IR.Environment.production, api.production), (.sandbox, api.sandbox)] {
            guard let refs else { continue }
            out.environments.append(environment)
            for (order, route) in routes(refs, api, environment).enumerated() {
                resolveRoute(route, api, environment, &pools, &out, &reachability, RouteOrder(api: index, environment: environment, route: order))
            }
            releaseRoutes(refs, api)
        }
        out.pools = pools.pools.fitted
        out.rules = out.rules.fitted
        out.isOpen = out.rules.allSatisfy { $0.authentication == nil }
        reportUnservedEnvironments(index, out.environments)
        return out
    }

    mutating func countRouteUses() {
        routeUsesLeft = [Int](repeating: 0, count: resources.httpRoutes.count)
        for api in resources.apis {
            for ref in [api.production, api.sandbox].compactMap({ $0 }).flatMap(\.routes) {
                if let index = tables.routes[api.header.namespace, ref.value] { routeUsesLeft[index] += 1 }
            }
        }
    }

    private mutating func releaseRoutes(_ refs: API.RouteRefs, _ api: API) {
        for ref in refs.routes {
            guard let index = tables.routes[api.header.namespace, ref.value] else { continue }
            routeUsesLeft[index] -= 1
            if routeUsesLeft[index] == 0 { resources.httpRoutes[index].release() }
        }
    }

    private mutating func checkAPI(_ api: API) {
        let id = api.header.id
        if let type = api.apiType, type.value != "REST" {
            report(.apiType, "\(id): an API of type \(Text.quotable(type.value)) is not served", at: type.place, help: "only REST is served")
        }
        if let path = api.basePath {
            if let version = api.apiVersion, !path.value.hasSuffix(version.value) {
                report(.basePathVersion, "\(id): basePath \(Text.quoted(path.value)) does not end with the version \(Text.quoted(version.value))", at: path.place,
                       help: "write \(Text.quoted(path.value + (path.value.hasSuffix("/") ? "" : "/") + version.value))")
            }
            do throws(PathText.Fault) { _ = try PathText.normalise(path.value) } catch {
                report(.path, "\(id): basePath \(Text.quoted(path.value)) \(error.reason)", at: path.place)
            }
        }
        if let flag = api.isDefaultVersion, flag.value, let version = api.apiVersion, let path = api.basePath, path.value.hasSuffix(version.value),
           Self.basePathWithoutVersion(api) == nil {
            report(.basePathVersion, "\(id): isDefaultVersion needs the version as a segment of its own at the end of basePath \(Text.quoted(path.value))", at: flag.place,
                   help: "let basePath end with \(Text.quoted("/" + version.value))")
        }
        if api.production == nil, api.sandbox == nil {
            report(.noEnvironment, "\(id) has routes in neither production nor sandbox", at: api.header.place, help: "give at least one of them an entry with routeRefs")
        }
        for refs in [api.production, api.sandbox].compactMap({ $0 }) where refs.entries > 1 {
            report(.environmentEntries, "\(id): an environment takes one entry with routeRefs, here are \(refs.entries)", at: refs.place, help: "put all routeRefs into one entry")
        }
    }

    private mutating func routes(_ refs: API.RouteRefs, _ api: API, _ environment: IR.Environment) -> [Int] {
        var out: [Int] = []
        for ref in refs.routes {
            guard let index = tables.routes[api.header.namespace, ref.value] else {
                reportMissing(.routeNotFound, "\(api.header.id): \(environment.rawValue)", .httpRoute, tables.routes, api.header.namespace, ref)
                continue
            }
            usedRoutes.insert(index)
            if out.contains(index) {
                report(.repeatedRoute, "\(api.header.id): \(environment.rawValue) names \(resources.httpRoutes[index].header.id) twice", at: ref.place, help: "remove one of the two")
            } else {
                out.append(index)
            }
        }
        return out
    }

    private mutating func reportUnservedEnvironments(_ index: Int, _ served: [IR.Environment]) {
        guard let policy = apiPolicies.ofObject[index], !served.isEmpty else { return }
        let (header, resolution) = (resources.apiPolicies[policy].header, policies[policy])
        for layer in [resolution.override, resolution.default] {
            for environment in [IR.Environment.production, .sandbox] where !served.contains(environment) {
                guard let list = layer.list(environment), !list.targets.isEmpty else { continue }
                report(.environmentNotServed, "\(header.id): \(resources.apis[index].header.id) has no \(environment.rawValue) routes: these models are never used", at: list.place,
                       help: "remove the list, or give the API \(environment.rawValue) routes")
            }
        }
    }

    // MARK: across APIs

    /// One API for each organization, environment and basePath; one default version for each path without it.
    mutating func checkBasePaths() {
        struct Key: Hashable { let organization: String; let environment: String; let path: String }
        var taken: [Key: Int] = [:]
        var defaults: [Key: Int] = [:]
        let order = resources.apis.indices.sorted { resources.apis[$0].header.place < resources.apis[$1].header.place }
        for index in order {
            let api = resources.apis[index]
            guard let path = api.basePath else { continue }
            if let first = taken.updateValue(index, forKey: Key(organization: api.organization, environment: api.environment, path: path.value)) {
                let other = resources.apis[first]
                report(.basePathTaken, "\(api.header.id): basePath \(Text.quoted(path.value)) is taken by \(other.header.id) (\(resources.describe(other.header.place)))",
                       at: path.place, help: "give one of the two another basePath or version")
            }
            guard let flag = api.isDefaultVersion, let shorter = Self.basePathWithoutVersion(api) else { continue }
            let key = Key(organization: api.organization, environment: api.environment, path: shorter)
            if let first = defaults.updateValue(index, forKey: key) {
                let other = resources.apis[first]
                report(.defaultVersionTaken, "\(api.header.id): \(Text.quoted(shorter.isEmpty ? "/" : shorter)) has a default version already, \(other.header.id) (\(resources.describe(other.header.place)))",
                       at: flag.place, help: "leave isDefaultVersion to one of them")
            }
        }
    }
}
