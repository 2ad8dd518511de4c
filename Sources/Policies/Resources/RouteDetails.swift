/// What a rule or match of an HTTPRoute may hold beside path, method and backends. Most have none of it: each kind
/// is a list, which costs a word where it is empty.
extension HTTPRoute {
    /// A header or query parameter that a request must have.
    package struct Condition: Sendable {
        package let isRegularExpression: Bool
        package let name: Located<String>
        package let value: Located<String>
    }

    /// A RequestHeaderModifier or ResponseHeaderModifier.
    package struct HeaderModifier: Sendable {
        package struct Value: Sendable { package let name: Located<String>; package let value: String }
        package let isResponse: Bool
        package let set: [Value]
        package let add: [Value]
        package let remove: [Located<String>]
    }

    package struct Redirect: Sendable {
        package let scheme: String?
        package let hostname: Located<String>?
        package let path: Rewrite?
        package let port: Int?
        package let statusCode: Located<Int>?
        package let place: Place
    }

    package struct Timeout: Sendable {
        /// backendRequest, not request.
        package let isBackend: Bool
        /// 0: none.
        package let milliseconds: Int
        package let place: Place
    }
}

extension HTTPRoute.Condition {
    init?(_ reader: ObjectReader, name field: Field) {
        guard let name = reader.string(field), let value = reader.string(HTTPRouteSchema.conditionValue) else { return nil }
        self.init(isRegularExpression: reader.string(HTTPRouteSchema.conditionType)?.value == "RegularExpression", name: name, value: value)
    }
}

extension HTTPRoute.HeaderModifier {
    /// nil: the filter is of another type.
    init?(_ filter: ObjectReader) {
        let isResponse = filter.string(HTTPRouteSchema.filterType)?.value == "ResponseHeaderModifier"
        guard let reader = filter.object(isResponse ? HTTPRouteSchema.responseHeaderModifier : HTTPRouteSchema.requestHeaderModifier) else { return nil }
        self.init(isResponse: isResponse, set: Self.values(reader, HTTPRouteSchema.setHeaders), add: Self.values(reader, HTTPRouteSchema.addHeaders),
                  remove: reader.strings(HTTPRouteSchema.removeHeaders) ?? [])
    }

    private static func values(_ reader: ObjectReader, _ field: Field) -> [Value] {
        (reader.objects(field) ?? []).compactMap { entry in
            guard let name = entry.string(HTTPRouteSchema.headerName), let value = entry.string(HTTPRouteSchema.headerValue) else { return nil }
            return Value(name: name, value: value.value)
        }
    }
}

extension HTTPRoute.Redirect {
    init?(_ filter: ObjectReader) {
        guard let reader = filter.object(HTTPRouteSchema.requestRedirect) else { return nil }
        self.init(
            scheme: reader.string(HTTPRouteSchema.scheme)?.value, hostname: reader.string(HTTPRouteSchema.redirectHostname),
            path: reader.object(HTTPRouteSchema.redirectPath).flatMap(HTTPRoute.Rewrite.init), port: reader.integer(HTTPRouteSchema.redirectPort)?.value,
            statusCode: reader.integer(HTTPRouteSchema.statusCode), place: reader.place)
    }
}

extension HTTPRoute.Timeout {
    static func all(_ rule: ObjectReader) -> [HTTPRoute.Timeout] {
        guard let reader = rule.object(HTTPRouteSchema.timeouts) else { return [] }
        return [(HTTPRouteSchema.requestTimeout, false), (HTTPRouteSchema.backendTimeout, true)].compactMap { field, isBackend in
            guard let text = reader.string(field), let milliseconds = Duration.milliseconds(text.value.utf8) else { return nil }
            return HTTPRoute.Timeout(isBackend: isBackend, milliseconds: milliseconds, place: text.place)
        }
    }
}
