import CTable
import RoutingTable

/// The custom resources that a table stands for: the content of `rtblc inspect --crs`.
///
/// They compile to the same traffic. Names that carry identities (APIs, policies, Backends, HTTPRoutes with
/// backendRefs) are kept; an HTTPRoute whose name no pool has kept gets one of its own. Written are API, HTTPRoute,
/// APIPolicy, AIProvider, Backend, Authentication, TokenIssuer, RateLimitPolicy, AIRateLimitPolicy, and ReferenceGrants
/// where references leave a namespace; values of Secrets are in no table, and neither are comments, labels and what has
/// no bearing on traffic. A new kind is one more line in `documents`.
///
/// A policy is written with what it came to, not with the precedence that made it so. Where several policies came
/// together on one rule so that one object would say several things (the provider or annotations of a pool differ by
/// environment or API, an Authentication asks for different things), or where a policy is for a Gateway, that is refused
/// with its name.
package struct TableObjects {
    /// Why a table cannot be written as custom resources.
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    let table: RoutingTable
    let policies: PolicyPlan
    let authentications: AuthenticationPlan
    let limits: LimitPlan
    let routes: [RouteDocument]

    package init(_ mapped: borrowing MappedTable) throws(Fault) {
        let table = mapped.table
        self.table = table
        routes = try RouteDocument.all(of: table)
        policies = try PolicyPlan(table, routes)
        authentications = try AuthenticationPlan(table)
        limits = try LimitPlan(table)
        try checkCopies()
    }

    /// YAML, one document for each object.
    package var yaml: String {
        let head = "# Custom resources that compile to the traffic of a routing table; written by rtblc inspect --crs.\n# Secrets are not in a table: their values are the dataplane's, in --secrets.\n"
        return head + documents.map { "---\n" + $0.document() }.joined()
    }

    private var documents: [YAMLText] {
        apiDocuments + routesOnce.map { routeDocument($0) } + policyDocuments + providerDocuments + backendDocuments + authenticationDocuments + issuerDocuments
            + rateLimitDocuments + aiRateLimitDocuments + grantDocuments
    }

    private var routesOnce: [RouteDocument] {
        var seen: Set<ObjectName> = []
        return routes.filter { seen.insert($0.object).inserted }
    }

    /// Of an HTTPRoute that serves several APIs there is a copy for each: they are written once, so they must say the same.
    private func checkCopies() throws(Fault) {
        for (object, copies) in Dictionary(grouping: routes, by: \.object).sorted(by: { $0.key < $1.key }) where copies.count > 1 {
            guard Set(copies.map { routeDocument($0).document() }).count == 1 else {
                throw Fault(description: "HTTPRoute \(object.namespace)/\(object.name) serves more than one API or environment, and does other things in each, which is not written as custom resources")
            }
        }
    }

    // MARK: - Parts that kinds have in common

    /// A group's object with its head.
    static func object(_ apiVersion: String, _ kind: String, _ object: ObjectName, annotations: [(String, YAMLText?)] = [], spec: [(String, YAMLText?)]) -> YAMLText {
        .map([
            ("apiVersion", .string(apiVersion)), ("kind", .string(kind)),
            ("metadata", .map([
                ("name", .string(object.name)), ("namespace", .string(object.namespace)),
                ("annotations", annotations.isEmpty ? nil : .map(annotations)),
            ])),
            ("spec", .map(spec)),
        ])
    }

    static func reference(_ kind: String, _ name: String, namespace: String? = nil, weight: Int? = nil) -> YAMLText {
        .map([
            ("group", .string("dp.wso2.com")), ("kind", .string(kind)), ("name", .string(name)), ("namespace", namespace.map { .string($0) }),
            ("weight", weight.map { .number($0) }),
        ])
    }
}

/// Namespace and name of an object of a table.
struct ObjectName: Hashable, Comparable {
    let namespace: String
    let name: String

    static func < (a: Self, b: Self) -> Bool { (a.namespace, a.name) < (b.namespace, b.name) }
}

extension RoutingTable {
    func name(_ api: rtbl_api) -> ObjectName { ObjectName(namespace: text(api.object_namespace), name: text(api.object_name)) }
    func name(_ backend: rtbl_backend) -> ObjectName { ObjectName(namespace: text(backend.object_namespace), name: text(backend.object_name)) }
    func owner(_ pool: rtbl_pool) -> ObjectName { ObjectName(namespace: text(pool.owner_namespace), name: text(pool.owner_name)) }

    /// A reference from an object in `namespace`: the Backend's own is named only where it is another.
    func backendReference(_ index: Index<rtbl_backend>, from namespace: String, weight: Int? = nil) -> YAMLText {
        let name = name(backends[index])
        return TableObjects.reference("Backend", name.name, namespace: name.namespace == namespace ? nil : name.namespace, weight: weight)
    }
}
