/// Typed objects out of checked documents. What the check has refused reads as absent, so that one fault does not hide
/// the others.
extension ReferenceText {
    init?(_ reader: ObjectReader) {
        guard let name = reader.string(ReferenceSchema.name) else { return nil }
        self.init(group: reader.string(ReferenceSchema.group)?.value, kind: reader.string(ReferenceSchema.kind), name: name,
                  namespace: reader.string(ReferenceSchema.namespace))
    }
}

extension API {
    init(_ header: ObjectHeader, _ spec: ObjectReader) {
        self.header = header
        apiName = spec.string(APISchema.apiName)?.value
        apiVersion = spec.string(APISchema.apiVersion)
        apiType = spec.string(APISchema.apiType)
        basePath = spec.string(APISchema.basePath)
        organization = spec.string(APISchema.organization)?.value ?? ""
        environment = spec.string(APISchema.environment)?.value ?? ""
        isDefaultVersion = spec.boolean(APISchema.isDefaultVersion)
        production = RouteRefs(spec, APISchema.production)
        sandbox = RouteRefs(spec, APISchema.sandbox)
    }
}

extension API.RouteRefs {
    /// nil: the environment is absent, or none of its entries has routes.
    init?(_ spec: ObjectReader, _ field: Field) {
        guard let entries = spec.objects(field), let place = spec.keyPlace(field) else { return nil }
        let lists = entries.map { ($0.strings(APISchema.routeRefs) ?? []) + ($0.strings(APISchema.httpRouteRefs) ?? []) }.filter { !$0.isEmpty }
        guard !lists.isEmpty else { return nil }
        self.init(place: place, routes: lists.flatMap { $0 }, entries: lists.count)
    }
}

extension HTTPRoute {
    init(_ header: ObjectHeader, _ spec: ObjectReader) {
        self.header = header
        parents = (spec.objects(HTTPRouteSchema.parentRefs) ?? []).compactMap { reader in
            ReferenceText(reader).map { Parent(reference: $0, sectionName: reader.string(HTTPRouteSchema.sectionName)) }
        }
        hostnames = spec.strings(HTTPRouteSchema.hostnames) ?? []
        rules = (spec.objects(HTTPRouteSchema.rules) ?? []).map(Rule.init)
    }
}

extension HTTPRoute.Rule {
    init(_ reader: ObjectReader) {
        let filters = reader.objects(HTTPRouteSchema.filters) ?? []
        let rules = reader.objects(HTTPRouteSchema.matches) ?? []
        let all = HTTPRoute.Match(path: HTTPRoute.PathMatch(kind: .prefix, value: Located("/", reader.place)), method: nil, headers: [], queryParams: [], place: reader.place)
        matches = rules.isEmpty ? [all] : rules.map(HTTPRoute.Match.init)
        rewrites = filters.compactMap { $0.object(HTTPRouteSchema.urlRewrite)?.object(HTTPRouteSchema.rewritePath).flatMap(HTTPRoute.Rewrite.init) }
        filterFaults = filters.compactMap(HTTPRoute.FilterFault.init)
        headerModifiers = filters.compactMap(HTTPRoute.HeaderModifier.init)
        redirects = filters.compactMap(HTTPRoute.Redirect.init)
        timeouts = HTTPRoute.Timeout.all(reader)
        extensions = filters.compactMap { $0.object(HTTPRouteSchema.extensionRef).flatMap(ReferenceText.init) }
        backendRefs = (reader.objects(HTTPRouteSchema.backendRefs) ?? []).compactMap { reader in
            ReferenceText(reader).map { HTTPRoute.BackendRef(reference: $0, weight: reader.integer(HTTPRouteSchema.weight)?.value ?? 1) }
        }
        place = reader.place
    }
}

extension HTTPRoute.FilterFault {
    /// nil: the filter has the member of its type, and no other.
    init?(_ filter: ObjectReader) {
        guard let type = filter.string(HTTPRouteSchema.filterType) else { return nil }
        guard let member = HTTPRouteSchema.filterMembers[type.value] else { return nil }
        if !filter.has(member) {
            self.init(type: type, missing: member.name)
        } else if HTTPRouteSchema.filterMembers.values.contains(where: { $0 !== member && filter.has($0) }) {
            self.init(type: type, missing: nil)
        } else {
            guard let path = filter.object(HTTPRouteSchema.urlRewrite)?.object(HTTPRouteSchema.rewritePath),
                  let kind = path.string(HTTPRouteSchema.rewriteType) else { return nil }
            let value = kind.value == "ReplaceFullPath" ? HTTPRouteSchema.replaceFullPath : HTTPRouteSchema.replacePrefixMatch
            guard path.string(value) == nil else { return nil }
            self.init(type: kind, missing: value.name)
        }
    }
}

extension HTTPRoute.Match {
    init(_ reader: ObjectReader) {
        let path = reader.object(HTTPRouteSchema.path)
        let kind = path?.string(HTTPRouteSchema.pathType).flatMap { HTTPRoute.PathMatch.Kind(rawValue: $0.value) } ?? .prefix
        let value = path?.string(HTTPRouteSchema.pathValue) ?? Located("/", reader.place)
        self.init(
            path: HTTPRoute.PathMatch(kind: kind, value: value), method: reader.string(HTTPRouteSchema.method)?.value,
            headers: (reader.objects(HTTPRouteSchema.headers) ?? []).compactMap { HTTPRoute.Condition($0, name: HTTPRouteSchema.headerName) },
            queryParams: (reader.objects(HTTPRouteSchema.queryParams) ?? []).compactMap { HTTPRoute.Condition($0, name: HTTPRouteSchema.parameterName) },
            place: reader.place)
    }
}

extension HTTPRoute.Rewrite {
    init?(_ reader: ObjectReader) {
        switch reader.string(HTTPRouteSchema.rewriteType)?.value {
        case "ReplaceFullPath": self = .fullPath(reader.string(HTTPRouteSchema.replaceFullPath) ?? Located("", reader.place))
        case "ReplacePrefixMatch": self = .prefixMatch(reader.string(HTTPRouteSchema.replacePrefixMatch) ?? Located("", reader.place))
        default: return nil
        }
    }
}

extension Gateway {
    init(_ header: ObjectHeader, _ spec: ObjectReader) {
        self.header = header
        listeners = (spec.objects(GatewaySchema.listeners) ?? []).map {
            Listener(name: $0.string(GatewaySchema.listenerName)?.value, hostname: $0.string(GatewaySchema.hostname))
        }
    }
}

extension ReferenceGrant {
    init(_ header: ObjectHeader, _ spec: ObjectReader) {
        self.header = header
        from = (spec.objects(ReferenceGrantSchema.from) ?? []).map {
            Source(kind: $0.string(ReferenceSchema.targetKind)?.value ?? "", namespace: $0.string(ReferenceGrantSchema.fromNamespace)?.value ?? "")
        }
        to = (spec.objects(ReferenceGrantSchema.to) ?? []).map {
            Target(kind: $0.string(ReferenceSchema.targetKind)?.value ?? "", name: $0.string(ReferenceGrantSchema.toName)?.value)
        }
    }
}

extension Backend {
    init(_ header: ObjectHeader, _ spec: ObjectReader) {
        self.header = header
        services = (spec.objects(BackendSchema.services) ?? []).compactMap { service in
            guard let host = service.string(BackendSchema.host), let port = service.integer(BackendSchema.port) else { return nil }
            return Service(host: host, port: port)
        }
        servicesPlace = (spec.objects(BackendSchema.services)?.count).flatMap { $0 == 1 ? nil : spec.keyPlace(BackendSchema.services) }
        scheme = spec.string(BackendSchema.protocolName)
        basePath = spec.string(BackendSchema.basePath)
        let security = spec.object(BackendSchema.security)
        securityPlace = spec.keyPlace(BackendSchema.security)
        credentials = [
            security?.object(BackendSchema.apiKey).flatMap(Backend.apiKey),
            security?.object(BackendSchema.basic)?.object(BackendSchema.secretRef).flatMap(Backend.basic),
        ].compactMap { $0 }
        responseTimeoutSeconds = spec.object(BackendSchema.timeout)?.integer(BackendSchema.upstreamResponseTimeout)?.value
        idleTimeoutSeconds = spec.object(BackendSchema.timeout)?.integer(BackendSchema.downstreamRequestIdleTimeout)?.value
        details = Details(spec)
    }

    private static func apiKey(_ reader: ObjectReader) -> Credential? {
        guard let place = reader.string(BackendSchema.keyIn), let name = reader.string(BackendSchema.keyName),
              let source = reader.object(BackendSchema.valueFrom), let secret = source.string(ReferenceSchema.name),
              let key = source.string(BackendSchema.valueKey) else { return nil }
        return .apiKey(isHeader: place.value == "Header", name: name, secret: secret, key: key)
    }

    private static func basic(_ reader: ObjectReader) -> Credential? {
        guard let secret = reader.string(ReferenceSchema.name), let user = reader.string(BackendSchema.usernameKey),
              let password = reader.string(BackendSchema.passwordKey) else { return nil }
        return .basic(secret: secret, userKey: user, passwordKey: password)
    }
}

extension AIProvider {
    init(_ header: ObjectHeader, _ spec: ObjectReader) {
        self.header = header
        supportedModels = (spec.strings(AIProviderSchema.supportedModels) ?? []).map(\.value)
        requestModel = spec.object(AIProviderSchema.requestModel).flatMap(ValuePlace.init)
        responseModel = (spec.object(AIProviderSchema.responseModel) ?? spec.object(AIProviderSchema.model)).flatMap(ValuePlace.init)
        let counts = spec.object(AIProviderSchema.rateLimitFields)
        promptTokens = counts?.object(AIProviderSchema.promptTokens).flatMap(ValuePlace.init)
        completionTokens = counts?.object(AIProviderSchema.completionToken).flatMap(ValuePlace.init)
        totalTokens = counts?.object(AIProviderSchema.totalToken).flatMap(ValuePlace.init)
    }
}

extension AIProvider.ValuePlace {
    init?(_ reader: ObjectReader) {
        guard let place = reader.string(AIProviderSchema.place), let value = reader.string(AIProviderSchema.name) else { return nil }
        self.init(isHeader: place.value == "Header", value: value)
    }
}

extension APIPolicy {
    init(_ header: ObjectHeader, _ spec: ObjectReader, annotations: [Annotation]) {
        self.header = header
        self.annotations = annotations
        `default` = Layer(spec.object(APIPolicySchema.default))
        override = Layer(spec.object(APIPolicySchema.override))
        target = spec.object(ReferenceSchema.targetRef).flatMap(ReferenceText.init)
    }
}

extension APIPolicy.Layer {
    init(_ reader: ObjectReader?) {
        guard let reader else { return }
        aiProvider = reader.object(APIPolicySchema.aiProvider)?.string(ReferenceSchema.name)
        if let roundRobin = reader.object(APIPolicySchema.modelBasedRoundRobin) {
            roundRobinPlace = reader.keyPlace(APIPolicySchema.modelBasedRoundRobin)
            suspendSeconds = roundRobin.integer(APIPolicySchema.suspendDuration)?.value
            productionModels = APIPolicy.ModelList(roundRobin, APIPolicySchema.productionModels)
            sandboxModels = APIPolicy.ModelList(roundRobin, APIPolicySchema.sandboxModels)
        }
        if let cors = reader.object(APIPolicySchema.cORSPolicy), let place = reader.keyPlace(APIPolicySchema.cORSPolicy) {
            self.cors = APIPolicy.CORS(cors, place)
        }
        if let validation = reader.boolean(APIPolicySchema.subscriptionValidation), let place = reader.keyPlace(APIPolicySchema.subscriptionValidation) {
            subscriptionValidation = Located(validation.value, place)
        }
    }
}

extension APIPolicy.ModelList {
    init?(_ roundRobin: ObjectReader, _ field: Field) {
        guard let entries = roundRobin.objects(field), let place = roundRobin.keyPlace(field) else { return nil }
        self.init(place: place, models: entries.compactMap { entry in
            guard let model = entry.string(APIPolicySchema.model), !model.value.isEmpty,
                  let backend = entry.object(APIPolicySchema.backendRef).flatMap(ReferenceText.init) else { return nil }
            // 0 and less has been refused: 1 stands in for it, so that what follows sees a weight.
            return APIPolicy.Model(model: model, backend: backend, weight: max(1, entry.integer(APIPolicySchema.weight)?.value ?? 1), place: entry.place)
        })
    }
}

extension Secret {
    /// Reports values that are not base64, and keys that could not be a file's name.
    init(_ header: ObjectHeader, _ root: ObjectReader, _ diagnostics: inout Diagnostics) {
        self.header = header
        var values: [String: [UInt8]?] = [:]
        for (key, value) in root.pairs(DataSchema.data) {
            let bytes = Base64.decode(value.value.utf8)
            values.updateValue(bytes, forKey: key.value)
            if bytes == nil {
                diagnostics.report(.secretNotBase64, "\(header.id): the value of \(Text.quoted(key.value)) is not base64: it is never used", at: value.place,
                                   help: "encode the value, or write it under stringData; the dataplane reads the one in --secrets")
            }
        }
        for (key, value) in root.pairs(DataSchema.stringData) { values.updateValue(Array(value.value.utf8), forKey: key.value) }
        for (key, _) in root.pairs(DataSchema.data) + root.pairs(DataSchema.stringData) where !Pattern.dataKey.matches(Array(key.value.utf8)[...]) {
            diagnostics.report(.malformed, "\(header.id): key \(Text.quoted(key.value)) is not of the form that it takes", at: key.place,
                               help: "it takes \(Pattern.dataKey.description)")
            values.removeValue(forKey: key.value)
        }
        self.values = values.sorted { $0.key < $1.key }.map { Value(key: $0.key, bytes: $0.value) }
    }
}

extension ConfigMap.Value {
    /// - Parameter text: nil: it is none.
    fileprivate init(key: String, text: String?) {
        self.init(key: key, pem: text.flatMap { $0.contains("-----BEGIN ") || $0.contains("\"keys\"") ? $0 : nil })
    }
}

extension ConfigMap {
    init(_ header: ObjectHeader, _ root: ObjectReader) {
        self.header = header
        values = root.pairs(DataSchema.data).map { Value(key: $0.value, text: $1.value) }
            + root.pairs(DataSchema.binaryData).map { Value(key: $0.value, text: Base64.decode($1.value.utf8).flatMap { String(validating: $0, as: UTF8.self) }) }
    }
}
