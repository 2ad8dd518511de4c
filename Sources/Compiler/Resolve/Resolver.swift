import Policies
import Threading

/// Turns the objects of an input into the intermediate representation: every reference is followed, every precedence
/// decided (SEMANTICS: resolution, matching, upstream path).
///
/// Nothing depends on the order in which objects were read: they are visited by namespace and name. Diagnostics are
/// put in the order of the input at the end.
package struct Resolver {
    typealias IR = IntermediateRepresentation

    /// Objects that nothing later looks at are let go as soon as they are resolved.
    var resources: Resources
    private(set) var tables: NameTables
    /// By the namespace that they open.
    let grants: [String: [ReferenceGrant]]
    var diagnostics: Diagnostics
    /// What has been reported: an HTTPRoute or a policy may be visited for several APIs.
    private var reported: Set<Reported> = []
    var nearNameSearches = 0

    var backends: [BackendResolution] = []
    var providers: [IR.Provider?] = []
    var policies: [PolicyResolution] = []
    var apiPolicies = PolicyAttachments()
    var authentications = PolicyAttachments()
    var rateLimitPolicies = PolicyAttachments()
    var aiRateLimitPolicies = PolicyAttachments()
    /// nil: it has faults.
    var issuers: [IR.TokenIssuer?] = []
    var issuersOfOrganization: [String: [Int]] = [:]
    var lists = Lists()
    var expressions: [String: Result<ExpressionFacts, RegexError>] = [:]
    var usedBackends: Set<Int> = []
    var usedRoutes: Set<Int> = []
    /// How many routeRefs still lead to each route: behind the last one the route is let go.
    var routeUsesLeft: [Int] = []
    var usedIssuers: Set<Int> = []
    /// Production and sandbox, and a rule's matches, often have the same paths.
    let paths = StringCache()

    /// What rules refer to by index.
    struct Lists {
        var authentications = InternedList<IR.Authentication>()
        var issuers = InternedList<IR.TokenIssuer>()
        var cors = InternedList<IR.CORS>()
        var rateLimits = InternedList<IR.RateLimit>()
    }

    private struct Reported: Hashable { let code: DiagnosticCode; let place: Place? }

    /// - Returns: nil if there are errors; `diagnostics` says which.
    package static func resolve(
        _ resources: consuming Resources, progress: Progress? = nil, diagnostics: inout Diagnostics
    ) -> IntermediateRepresentation? {
        progress?.begin(.resolving, total: resources.apis.count)
        let tables = NameTables(copy resources)
        var resolver = Resolver(resources: resources, tables: tables, diagnostics: diagnostics)
        let ir = resolver.resolve(progress)
        diagnostics = resolver.diagnostics
        return diagnostics.hasErrors ? nil : ir
    }

    private init(resources: consuming Resources, tables: NameTables, diagnostics: Diagnostics) {
        grants = Dictionary(grouping: resources.referenceGrants, by: \.header.namespace)
        self.resources = resources
        (self.tables, self.diagnostics) = (tables, diagnostics)
    }

    private mutating func resolve(_ progress: Progress?) -> IR {
        attachPolicies()
        backends = resources.backends.indices.map { resolveBackend($0) }
        issuers = resources.tokenIssuers.indices.map { resolveIssuer($0) }
        indexIssuers()
        providers = resources.aiProviders.indices.map { resolveProvider($0) }
        policies = resources.apiPolicies.indices.map { resolvePolicy($0) }
        resources.backends = []
        for index in resources.apiPolicies.indices { resources.apiPolicies[index].releaseModels() }
        checkRecognised()
        checkLimits()
        checkBasePaths()

        countRouteUses()
        var ir = IR()
        let order = resources.apis.indices.sorted { reference(resources.apis[$0].header) < reference(resources.apis[$1].header) }
        var reachability = Reachability()
        ir.apis.reserveCapacity(order.count)
        for index in order {
            ir.apis.append(resolveAPI(index, &reachability))
            progress?.done.add(1)
        }
        if resources.apis.isEmpty, !resources.isIncomplete {
            diagnostics.report(.noAPI, "the input holds no object of kind API: there is nothing to serve", at: nil,
                               help: "give at least one API of dp.wso2.com")
        }
        reportReachability(consume reachability)
        reportUnused()
        (ir.authentications, ir.tokenIssuers) = (lists.authentications.elements, lists.issuers.elements)
        (ir.corsPolicies, ir.rateLimits) = (lists.cors.elements, lists.rateLimits.elements)
        takeBackends(into: &ir)
        return ir
    }

    /// Those that are used, by namespace and name.
    private mutating func takeBackends(into ir: inout IR) {
        let headers = tables.backends.headers
        let order = usedBackends.sorted { reference(headers[$0]) < reference(headers[$1]) }
        release()
        ir.backends.reserveCapacity(order.count)
        for index in order {
            if let backend = backends[index].backend { ir.backends.append(backend) }
        }
    }

    /// Lets go of the input: what is made of it is complete but for the backends.
    private mutating func release() {
        resources = Resources(files: resources.files)
        tables = NameTables(resources)
        (policies, providers, issuers, reported) = ([], [], [], [])
    }

    // MARK: helpers

    /// Once for each code and place.
    mutating func report(_ code: DiagnosticCode, _ message: String, at place: Place?, help: String? = nil) {
        guard reported.insert(Reported(code: code, place: place)).inserted else { return }
        diagnostics.report(code, message, at: place, help: help)
    }

    func reference(_ header: ObjectHeader) -> IR.Reference { IR.Reference(namespace: header.namespace, name: header.name) }

    func position(_ place: Place) -> IR.Position {
        IR.Position(file: resources.files[Int(place.file)].relativeName, line: Int(place.line))
    }

    /// What has no effect; not while there are errors, which may be the reason.
    private mutating func reportUnused() {
        guard !resources.isIncomplete, !diagnostics.hasErrors else { return }
        for (index, route) in resources.httpRoutes.enumerated() where !usedRoutes.contains(index) {
            report(.unusedRoute, "\(route.header.id) is in no API's routeRefs: it serves nothing", at: route.header.place)
        }
        reportUnusedPolicies()
        reportUnusedIssuers()
    }
}
