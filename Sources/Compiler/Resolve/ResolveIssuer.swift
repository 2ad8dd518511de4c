import Policies

extension Resolver {
    /// nil: it has faults, which are reported.
    mutating func resolveIssuer(_ index: Int) -> IR.TokenIssuer? {
        let issuer = resources.tokenIssuers[index]
        let id = issuer.header.id
        if let kind = issuer.target?.kind, kind.value != "Gateway" {
            report(.referenceKind, "\(id): targetRef names kind \(Text.quoted(kind.value)); a TokenIssuer is for a Gateway", at: kind.place, help: "write kind: Gateway")
        }
        guard let organization = issuer.organization, let name = issuer.issuer else { return nil }
        var out = IR.TokenIssuer(
            object: reference(issuer.header), name: issuer.name, issuer: name.value, organization: organization.value, environments: issuer.environments.sorted(),
            consumerKeyClaim: issuer.consumerKeyClaim, scopesClaim: issuer.scopesClaim,
            claimMappings: issuer.claimMappings.map { IR.TokenIssuer.ClaimMapping(remote: $0.remote, local: $0.local) }, position: position(issuer.header.place))
        if issuer.certificate == nil, issuer.jwks == nil {
            report(.certificateCount, "\(id): signatureValidation names no keys", at: issuer.keysPlace, help: "give jwks or certificate")
        }
        switch issuer.certificate.flatMap({ self.certificate($0, issuer.header) }) {
        case .text(let text)? where Self.isKeySet(text): out.keySet = text
        case .text(let text)?: out.certificates = text
        case .secret(let secret)?: out.certificateSecret = secret
        case nil: break
        }
        if let jwks = issuer.jwks {
            if !HostText.isURL(jwks.url.value) {
                report(.jwksAddress, "\(id): \(Text.quoted(jwks.url.value)) is no address of a JWKS", at: jwks.url.place, help: "write https://host/path")
            }
            out.keySetURL = jwks.url.value
            let trust = jwks.trust.flatMap { self.certificate($0, issuer.header) }
            (out.keySetURLCertificates, out.keySetURLCertificateSecret) = (trust?.text, trust?.secret)
        }
        return out
    }

    /// Two issuers with the same claim for the same APIs: which keys hold would depend on chance.
    mutating func indexIssuers() {
        for (index, issuer) in issuers.enumerated() {
            guard let issuer else { continue }
            let others = issuersOfOrganization[issuer.organization] ?? []
            for other in others {
                guard let first = issuers[other], first.issuer == issuer.issuer,
                      first.environments.isEmpty || issuer.environments.isEmpty || first.environments.contains(where: issuer.environments.contains) else { continue }
                let headers = [other, index].map { resources.tokenIssuers[$0].header }.sorted { $0.place < $1.place }
                report(.issuerTwice, "\(headers[1].id): \(headers[0].id) (\(resources.describe(headers[0].place))) has the same issuer \(Text.quoted(issuer.issuer)) for the same APIs",
                       at: headers[1].place, help: "merge the two")
            }
            issuersOfOrganization[issuer.organization, default: []].append(index)
        }
        // The order of the table must not depend on the order of the files.
        let headers = resources.tokenIssuers.map(\.header)
        issuersOfOrganization = issuersOfOrganization.mapValues { indices in
            indices.sorted { (headers[$0].namespace, headers[$0].name) < (headers[$1].namespace, headers[$1].name) }
        }
    }

    /// Whose tokens an API takes on a route: those of its organization, its environment and a Gateway of the route.
    mutating func issuers(of api: API, _ route: HTTPRoute) -> [Int] {
        (issuersOfOrganization[api.organization] ?? []).filter { index in
            guard let issuer = issuers[index], issuer.environments.isEmpty || issuer.environments.contains(api.environment) else { return false }
            guard let gateway = resources.tokenIssuers[index].target, !route.parents.isEmpty else { return true }
            return route.parents.contains { $0.reference.name.value == gateway.name.value }
        }
    }

    mutating func reportUnusedIssuers() {
        for (index, issuer) in resources.tokenIssuers.enumerated() where !usedIssuers.contains(index) {
            report(.unusedIssuer, "\(issuer.header.id): no API takes its tokens", at: issuer.header.place,
                   help: "an API takes those of its own organization and environment, if its routes name the Gateway of targetRef")
        }
    }
}
