extension DataKey {
    init?(_ reader: ObjectReader) {
        guard let name = reader.string(ReferenceSchema.name), let key = reader.string(CertificateSchema.key) else { return nil }
        self.init(name: name, key: key)
    }
}

extension CertificateText {
    init?(_ parent: ObjectReader, _ field: Field) {
        guard let reader = parent.object(field), let place = parent.keyPlace(field) else { return nil }
        self.init(inline: reader.string(CertificateSchema.inline), secret: reader.object(CertificateSchema.secretRef).flatMap(DataKey.init),
                  configMap: reader.object(CertificateSchema.configMapRef).flatMap(DataKey.init), place: place)
    }
}

extension Authentication {
    init(_ header: ObjectHeader, _ spec: ObjectReader) {
        self.header = header
        `default` = Layer(spec.object(AuthenticationSchema.default))
        override = Layer(spec.object(AuthenticationSchema.override))
        target = spec.object(ReferenceSchema.targetRef).flatMap(ReferenceText.init)
    }
}

extension Authentication.Layer {
    init(_ reader: ObjectReader?) {
        guard let reader else { return }
        disabled = reader.boolean(AuthenticationSchema.disabled) ?? reader.object(AuthenticationSchema.ext)?.boolean(AuthenticationSchema.disabled)
        types = reader.object(AuthenticationSchema.authTypes).map(Authentication.Types.init)
    }
}

extension Authentication.Types {
    convenience init(_ reader: ObjectReader) {
        self.init(
            oauth2: reader.object(AuthenticationSchema.oauth2).map(Authentication.OAuth2.init),
            apiKeys: reader.objects(AuthenticationSchema.apiKey)?.compactMap(Authentication.APIKey.init),
            jwt: reader.object(AuthenticationSchema.jwt).map(Authentication.JWT.init),
            mtls: reader.object(AuthenticationSchema.mtls).map(Authentication.MutualTLS.init), place: reader.place)
    }
}

extension Authentication.OAuth2 {
    init(_ reader: ObjectReader) {
        self.init(
            isMandatory: reader.string(AuthenticationSchema.oauth2Required).map { $0.value == "mandatory" },
            isDisabled: reader.boolean(AuthenticationSchema.typeDisabled)?.value, header: reader.string(AuthenticationSchema.header),
            sendsToken: reader.boolean(AuthenticationSchema.sendTokenToUpstream)?.value, place: reader.place)
    }
}

extension Authentication.APIKey {
    init?(_ reader: ObjectReader) {
        guard let place = reader.string(AuthenticationSchema.keyIn), let name = reader.string(AuthenticationSchema.keyName) else { return nil }
        self.init(isHeader: place.value == "Header", name: name, sendsToken: reader.boolean(AuthenticationSchema.sendTokenToUpstream)?.value ?? false)
    }
}

extension Authentication.JWT {
    init(_ reader: ObjectReader) {
        self.init(
            isDisabled: reader.boolean(AuthenticationSchema.jwtDisabled)?.value, header: reader.string(AuthenticationSchema.jwtHeader),
            sendsToken: reader.boolean(AuthenticationSchema.sendTokenToUpstream)?.value, audience: reader.strings(AuthenticationSchema.audience), place: reader.place)
    }
}

extension Authentication.MutualTLS {
    init(_ reader: ObjectReader) {
        self.init(
            isMandatory: reader.string(AuthenticationSchema.mtlsRequired).map { $0.value == "mandatory" },
            isDisabled: reader.boolean(AuthenticationSchema.typeDisabled)?.value, inline: reader.strings(AuthenticationSchema.certificatesInline) ?? [],
            secrets: (reader.objects(AuthenticationSchema.secretRefs) ?? []).compactMap(DataKey.init),
            configMaps: (reader.objects(AuthenticationSchema.configMapRefs) ?? []).compactMap(DataKey.init), place: reader.place)
    }
}

extension TokenIssuer {
    init(_ header: ObjectHeader, _ spec: ObjectReader) {
        self.header = header
        name = spec.string(TokenIssuerSchema.name)?.value ?? ""
        organization = spec.string(TokenIssuerSchema.organization)
        issuer = spec.string(TokenIssuerSchema.issuer)
        consumerKeyClaim = spec.string(TokenIssuerSchema.consumerKeyClaim)?.value ?? ""
        scopesClaim = spec.string(TokenIssuerSchema.scopesClaim)?.value ?? ""
        claimMappings = (spec.objects(TokenIssuerSchema.claimMappings) ?? []).compactMap { mapping in
            guard let remote = mapping.string(TokenIssuerSchema.remoteClaim), let local = mapping.string(TokenIssuerSchema.localClaim) else { return nil }
            return ClaimMapping(remote: remote.value, local: local.value)
        }
        environments = (spec.strings(TokenIssuerSchema.environments) ?? []).map(\.value)
        let keys = spec.object(TokenIssuerSchema.signatureValidation)
        jwks = keys?.object(TokenIssuerSchema.jwks).flatMap(JWKS.init)
        certificate = keys.flatMap { CertificateText($0, TokenIssuerSchema.certificate) }
        keysPlace = spec.keyPlace(TokenIssuerSchema.signatureValidation) ?? header.place
        target = spec.object(TokenIssuerSchema.targetRef).flatMap(ReferenceText.init)
    }
}

extension TokenIssuer.JWKS {
    init?(_ reader: ObjectReader) {
        guard let url = reader.string(TokenIssuerSchema.url) else { return nil }
        self.init(url: url, trust: CertificateText(reader, TokenIssuerSchema.tls))
    }
}

extension LimitText {
    /// An object with a unit of its own.
    init?(in parent: ObjectReader?, _ field: Field) {
        guard let parent, let reader = parent.object(field), let place = parent.keyPlace(field) else { return nil }
        self.init(count: RateLimitPolicySchema.requestsPerUnit, of: reader, at: place)
    }

    /// One count among others that share a unit.
    init?(count: Field, of reader: ObjectReader, at place: Place? = nil) {
        guard let number = reader.integer(count), let unit = reader.string(RateLimitPolicySchema.unit).flatMap({ Unit(rawValue: $0.value) }) else { return nil }
        self.init(count: number.value, unit: unit, place: place ?? number.place)
    }
}

extension RateLimitPolicy {
    init(_ header: ObjectHeader, _ spec: ObjectReader) {
        self.header = header
        `default` = LimitText(in: spec.object(RateLimitPolicySchema.default), RateLimitPolicySchema.api)
        override = LimitText(in: spec.object(RateLimitPolicySchema.override), RateLimitPolicySchema.api)
        target = spec.object(ReferenceSchema.targetRef).flatMap(ReferenceText.init)
    }
}

extension AIRateLimitPolicy {
    init(_ header: ObjectHeader, _ spec: ObjectReader) {
        self.header = header
        `default` = Layer(spec.object(AIRateLimitPolicySchema.default))
        override = Layer(spec.object(AIRateLimitPolicySchema.override))
        target = spec.object(ReferenceSchema.targetRef).flatMap(ReferenceText.init)
    }
}

extension AIRateLimitPolicy.Layer {
    init(_ reader: ObjectReader?) {
        guard let reader else { return }
        requests = LimitText(in: reader, AIRateLimitPolicySchema.requestCount)
        guard let tokens = reader.object(AIRateLimitPolicySchema.tokenCount) else { return }
        requestTokens = LimitText(count: AIRateLimitPolicySchema.requestTokens, of: tokens)
        responseTokens = LimitText(count: AIRateLimitPolicySchema.responseTokens, of: tokens)
        totalTokens = LimitText(count: AIRateLimitPolicySchema.totalTokens, of: tokens)
    }
}
