import Policies

/// What the layers of the Authentications of one rule say together, field by field.
struct AuthenticationFields {
    var disabled: Bool?
    var oauth2Mandatory: Bool?, oauth2Disabled: Bool?, oauth2Header: Located<String>?, oauth2Sends: Bool?
    var apiKeys: [Authentication.APIKey]?
    var jwtDisabled: Bool?, jwtHeader: Located<String>?, jwtSends: Bool?, audience: [Located<String>]?
    var mtls: Authentication.MutualTLS?
    var mtlsOwner: Int?
    /// The Authentication that decided first.
    var owner: Int?

    /// What has been said already wins.
    mutating func add(_ layer: Authentication.Layer, of policy: Int) {
        disabled = disabled ?? layer.disabled?.value
        guard let types = layer.types else {
            if layer.disabled != nil { owner = owner ?? policy }
            return
        }
        owner = owner ?? policy
        if let oauth2 = types.oauth2 {
            oauth2Mandatory = oauth2Mandatory ?? oauth2.isMandatory
            oauth2Disabled = oauth2Disabled ?? oauth2.isDisabled
            oauth2Header = oauth2Header ?? oauth2.header
            oauth2Sends = oauth2Sends ?? oauth2.sendsToken
        }
        apiKeys = apiKeys ?? types.apiKeys
        if let jwt = types.jwt {
            jwtDisabled = jwtDisabled ?? jwt.isDisabled
            jwtHeader = jwtHeader ?? jwt.header
            jwtSends = jwtSends ?? jwt.sendsToken
            audience = audience ?? jwt.audience
        }
        if mtls == nil, let found = types.mtls { (mtls, mtlsOwner) = (found, policy) }
    }
}

extension Resolver {
    /// What a rule demands of its callers: an index into the representation's list; nil: it is open.
    mutating func resolveAuthentication(_ apiIndex: Int, _ route: HTTPRoute, rule: Int?, at place: Place) -> Int? {
        let api = resources.apis[apiIndex]
        let layers = authentications.layers(api: apiIndex, route: route, rule: rule)
        guard !layers.isEmpty else { return resolveIssuersAlone(api, route) }
        var fields = AuthenticationFields()
        for layer in layers {
            let authentication = resources.authentications[layer.policy]
            fields.add(layer.isOverride ? authentication.override : authentication.default, of: layer.policy)
        }
        guard fields.disabled != true else { return nil }
        let owner = resources.authentications[fields.owner ?? layers[0].policy].header
        var out = schemes(fields, owner)
        guard out.oauth2 != nil || out.jwt != nil || !out.apiKeys.isEmpty || out.mutualTLS != nil else {
            // A faulty mtls is no reason to call the API open: that fault is reported.
            guard fields.mtls == nil || fields.mtls?.isDisabled == true else { return nil }
            report(.openAPI, "\(api.header.id) is open: \(owner.id) disables every type of authentication", at: api.header.place,
                   help: "write disabled: true to say so, or enable a type")
            return nil
        }
        if out.oauth2 != nil || out.jwt != nil || !out.apiKeys.isEmpty {
            let found = issuers(of: api, route)
            if found.isEmpty { reportNoIssuer(api, "\(owner.id) asks for tokens of \(api.header.id)", at: owner.place) }
            out.issuers = use(found)
        }
        return lists.authentications.index(of: out)
    }

    /// No Authentication: a TokenIssuer alone asks for tokens.
    private mutating func resolveIssuersAlone(_ api: API, _ route: HTTPRoute) -> Int? {
        guard !resources.tokenIssuers.isEmpty else {
            report(.openAPI, "\(api.header.id) is open: no TokenIssuer and no Authentication is in the input", at: api.header.place,
                   help: "the dataplane serves it on loopback only, unless --allow-open is given")
            return nil
        }
        let found = issuers(of: api, route)
        if found.isEmpty { reportNoIssuer(api, "\(api.header.id) needs tokens, because a TokenIssuer is in the input", at: api.header.place) }
        return lists.authentications.index(of: IR.Authentication(oauth2: IR.TokenScheme(), issuers: use(found)))
    }

    private mutating func use(_ found: [Int]) -> [Int] {
        found.compactMap { index in
            usedIssuers.insert(index)
            return issuers[index].map { lists.issuers.index(of: $0) }
        }
    }

    private mutating func reportNoIssuer(_ api: API, _ message: String, at place: Place) {
        // An issuer that has faults is missing from the list; one in an unreadable document may be.
        guard !resources.isIncomplete, !issuers.contains(where: { $0 == nil }) else { return }
        let wanted = "organization \(Text.quoted(api.organization))" + (api.environment.isEmpty ? "" : " and environment \(Text.quoted(api.environment))")
        report(.noIssuer, "\(message), and no TokenIssuer is for its \(wanted)", at: place, help: noIssuerHelp(api))
    }

    private func noIssuerHelp(_ api: API) -> String {
        guard !resources.tokenIssuers.isEmpty else { return "add a TokenIssuer, or disable oauth2" }
        guard issuersOfOrganization[api.organization] == nil else { return "the TokenIssuers of that organization are for other environments or Gateways" }
        let names = issuersOfOrganization.keys.sorted().prefix(5).map { Text.quoted($0) }
        return "the TokenIssuers are for the \(names.count == 1 ? "organization" : "organizations") \(names.joined(separator: ", "))"
    }

    // MARK: schemes

    private mutating func schemes(_ fields: AuthenticationFields, _ owner: ObjectHeader) -> IR.Authentication {
        var out = IR.Authentication(object: reference(owner))
        if let mtls = fields.mtls, mtls.isDisabled != true {
            out.mutualTLS = mutualTLS(mtls, resources.authentications[fields.mtlsOwner ?? 0].header)
        }
        // Several types: any one passes, unless more than one is mandatory (SEMANTICS: authentication). oauth2 is
        // mandatory by default, which alone means nothing; a client certificate only where somebody asks for it.
        let needsCertificate = out.mutualTLS?.isMandatory == true
        if fields.oauth2Disabled != true {
            let header = fields.oauth2Header.map { tokenHeader($0, owner.id) } ?? "authorization"
            out.oauth2 = IR.TokenScheme(header: header, sendsTokenUpstream: fields.oauth2Sends ?? false, isMandatory: needsCertificate && fields.oauth2Mandatory ?? true)
        }
        if fields.jwtDisabled == false {
            let header = fields.jwtHeader.map { tokenHeader($0, owner.id) } ?? "internal-key"
            out.jwt = IR.TokenScheme(header: header, sendsTokenUpstream: fields.jwtSends ?? false, audiences: (fields.audience ?? []).map(\.value))
        }
        for key in fields.apiKeys ?? [] {
            let name = key.isHeader ? tokenHeader(key.name, owner.id, isKey: true) : key.name.value
            if !key.isHeader, !HeaderText.isQueryName(name) {
                report(.tokenHeader, "\(owner.id): \(Text.quoted(name)) is no name for a query parameter", at: key.name.place)
            }
            out.apiKeys.append(IR.APIKeyScheme(in: key.isHeader ? .header : .query, name: name, sendsTokenUpstream: key.sendsToken))
        }
        return out
    }

    /// In lower case.
    private mutating func tokenHeader(_ name: Located<String>, _ id: ObjectID, isKey: Bool = false) -> String {
        let lower = name.value.lowercased()
        // A header that is no name at all has been refused by the schema, but for an apiKey's.
        if HeaderText.isFraming(lower) || (isKey && !Pattern.headerName.matches(Array(lower.utf8)[...])) {
            report(.tokenHeader, "\(id): \(Text.quoted(name.value)) is no header that a token can stand in", at: name.place)
        }
        return lower
    }

    private mutating func mutualTLS(_ mtls: Authentication.MutualTLS, _ header: ObjectHeader) -> IR.MutualTLS? {
        guard !mtls.inline.isEmpty || !mtls.secrets.isEmpty || !mtls.configMaps.isEmpty else {
            report(.certificateCount, "\(header.id): mtls lists no certificates", at: mtls.place, help: "give certificatesInline, secretRefs or configMapRefs, or disabled: true")
            return nil
        }
        let sources = mtls.secrets.compactMap { certificate(inSecret: $0, header) }
        let texts = mtls.inline.map { normalised($0.value, header.id, "the certificate", at: $0.place) } + sources.map(\.text)
            + mtls.configMaps.map { certificate(inConfigMap: $0, header) }
        return IR.MutualTLS(certificates: texts.compactMap { $0 }.joined(), certificateSecrets: sources.compactMap(\.secret), isMandatory: mtls.isMandatory ?? false)
    }
}

/// Names of headers and query parameters.
enum HeaderText {
    /// Fields that frame, address or describe the transfer of a message (RFC 9110, 9112): nobody else may write them.
    static func isFraming(_ lowerCase: String) -> Bool { framing.contains(lowerCase) }

    /// What needs no encoding in a query.
    static func isQueryName(_ text: String) -> Bool {
        text.utf8.allSatisfy { Pattern.isAlphanumeric($0) || "-._~[]".utf8.contains($0) }
    }

    private static let framing: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect", "proxy-connection",
    ]
}
