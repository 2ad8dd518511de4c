/// A route with what a comparison needs beside it.
struct RouteEntry {
    /// Two routes of two tables are the same one if these agree.
    struct Key: Hashable, Comparable {
        let environment: String
        let host: String
        let path: String
        let match: String
        let methods: String

        var text: String { "\(environment): \(methods.isEmpty ? "any method" : methods) \(host), \(match) \(path)" }

        static func < (a: Key, b: Key) -> Bool {
            (a.environment, a.host, a.path, a.match, a.methods) < (b.environment, b.host, b.path, b.match, b.methods)
        }
    }

    let route: TableReport.Route
    let api: String
    let models: String?
    let backends: String?
    let cors: IntermediateRepresentation.CORS?
    /// What the rule refers to by number, spelled out: CORS, authentication, rate limits.
    let shared: [(what: String, text: String?)]

    func text(_ what: String) -> String? { shared.first { $0.what == what }?.text }

    var key: Key {
        Key(environment: route.environment, host: route.host, path: route.pathText + route.conditionText, match: route.match, methods: route.methods.joined(separator: ","))
    }

    /// - Parameter names: of pools, by their number.
    static func all(of report: TableReport, _ names: [Int: String]) -> [RouteEntry] {
        report.apis.flatMap { api in
            api.routes.map { route in
                RouteEntry(
                    route: route, api: api.object, models: route.modelPool.flatMap { names[$0] }, backends: route.backendPool.flatMap { names[$0] },
                    cors: route.features?.cors.flatMap { report.shared?.corsPolicies?[$0] }, shared: report.shared(of: route))
            }
        }
    }

    /// What the route belongs to and leads to.
    static func differences(_ before: RouteEntry?, _ after: RouteEntry?) -> [TableDiff.Detail] {
        guard let after else { return [] }
        let all: [(String, String?, String?)] = [
            ("API", before?.api, after.api), ("models", before?.models, after.models), ("backends", before?.backends, after.backends),
        ] + after.shared.enumerated().map { number, part in (part.what, before?.shared[number].text, part.text) }
        return all.filter { $0.1 != $0.2 }.map { TableDiff.Detail(what: $0.0, before: $0.1, after: $0.2) }
    }
}

extension TableReport {
    /// CORS, authentication and rate limits of a route, as text; nil where it has none.
    fileprivate func shared(of route: Route) -> [(what: String, text: String?)] {
        let features = route.features
        let limits = features?.rateLimits?.compactMap { shared?.rateLimits?[$0] } ?? []
        return [
            ("CORS", features?.cors.flatMap { shared?.corsPolicies?[$0] }.map(\.text)),
            ("authentication", features?.authentication.flatMap { shared?.authentications?[$0] }.map { authentication in
                let issuers = authentication.issuers.compactMap { shared?.tokenIssuers?[$0] }.map { issuer in
                    "tokens of \(issuer.text)" + Self.digests([issuer.certificates, issuer.keySet, issuer.keySetURLCertificates])
                }
                return ([authentication.schemes + Self.digests([authentication.mutualTLS?.certificates]) + " (\(authentication.source))"] + issuers).joined(separator: "; ")
            }),
            ("rate limits", limits.isEmpty ? nil : limits.map(\.limit.text).joined(separator: "; ")),
        ]
    }

    /// Keys and certificates, told apart without being shown.
    private static func digests(_ texts: [String?]) -> String {
        let known = texts.compactMap { $0 }.filter { !$0.isEmpty }
        return known.isEmpty ? "" : " [\(known.map { Facts.digest($0) }.joined(separator: ", "))]"
    }
}
