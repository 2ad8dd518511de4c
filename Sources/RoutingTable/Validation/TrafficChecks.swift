import CTable

/// What a request is sent by: APIs, rules, pools, targets, backends and what they share.
extension RoutingTable {
    func validateAPIs(_ known: borrowing StringStarts) throws(TableFault) {
        let flags = UInt32(RTBL_API_OPEN | RTBL_API_DEFAULT_VERSION | RTBL_API_PRODUCTION | RTBL_API_SANDBOX)
        for i in apis.indices {
            let api = apis[i]
            for field in [api.object_namespace, api.object_name, api.api_name, api.api_version, api.base_path, api.organization] {
                try known.check(field, "a name in APIS[\(i)]")
            }
            guard api.flags & ~flags == 0 else { throw TableFault("APIS[\(i)].flags has unknown bits") }
            try checkAbsent(api.authentication, "APIS[\(i)].authentication")
        }
    }

    func validateRules(_ known: borrowing StringStarts) throws(TableFault) {
        for i in rules.indices {
            let rule = rules[i]
            try checkIndex(rule.api, below: apis.count, "RULES[\(i)].api")
            try known.check(rule.rewrite_value, "RULES[\(i)].rewrite_value")
            guard string(rule.rewrite_value).isRequestTarget else { throw TableFault("RULES[\(i)].rewrite_value has bytes that no path may have") }
            guard Int(rule.rewrite) <= RTBL_REWRITE_CAPTURES, rule.reserved == 0 else { throw TableFault("RULES[\(i)].rewrite is unknown") }
            try checkEnvironment(rule.environment, "RULES[\(i)]")
            try checkPool(rule.model_pool, of: rule, kind: RTBL_POOL_MODELS, "RULES[\(i)].model_pool")
            try checkPool(rule.backend_pool, of: rule, kind: RTBL_POOL_BACKENDS, "RULES[\(i)].backend_pool")
        }
    }

    private func checkEnvironment(_ environment: UInt8, _ owner: @autoclosure () -> String) throws(TableFault) {
        guard [RTBL_ENVIRONMENT_PRODUCTION, RTBL_ENVIRONMENT_SANDBOX].contains(Int(environment)) else {
            throw TableFault("\(owner()).environment is unknown")
        }
    }

    /// A rule's pool is of its own API and environment: production never reaches sandbox's targets.
    private func checkPool(_ raw: UInt32, of rule: rtbl_rule, kind: Int, _ field: @autoclosure () -> String) throws(TableFault) {
        guard raw != RTBL_NONE else { return }
        try checkIndex(raw, below: pools.count, field())
        let pool = pools[Int(raw)]
        guard Int(pool.kind) == kind, pool.api == rule.api, pool.environment == rule.environment else {
            throw TableFault("\(field()) is a pool of another kind, API or environment")
        }
    }

    func validatePools(_ known: borrowing StringStarts) throws(TableFault) {
        var nextTarget = 0
        for i in pools.indices {
            let pool = pools[i]
            try checkIndex(pool.api, below: apis.count, "POOLS[\(i)].api")
            try known.check(pool.owner_namespace, "POOLS[\(i)].owner_namespace")
            try known.check(pool.owner_name, "POOLS[\(i)].owner_name")
            try checkIndex(pool.rotation, below: rotations.count, "POOLS[\(i)].rotation")
            try checkIndex(pool.options, below: poolOptions.count, "POOLS[\(i)].options")
            try checkEnvironment(pool.environment, "POOLS[\(i)]")
            guard [RTBL_POOL_MODELS, RTBL_POOL_BACKENDS].contains(Int(pool.kind)), pool.reserved == 0 else {
                throw TableFault("POOLS[\(i)].kind is unknown")
            }
            let isModels = Int(pool.kind) == RTBL_POOL_MODELS
            guard isModels == (pool.provider != RTBL_NONE) else { throw TableFault("POOLS[\(i)].provider does not fit its kind") }
            try checkOptionalIndex(pool.provider, below: providers.count, "POOLS[\(i)].provider")
            guard Int(pool.first_target) == nextTarget else { throw TableFault("the targets of POOLS[\(i)] do not follow those of the pool before") }
            nextTarget += targetCount(of: pool)
            guard nextTarget <= targets.count else { throw TableFault("POOLS[\(i)] has targets beyond the last") }
            try validateTargetsOfPool(i, pool, isModels: isModels)
        }
        guard nextTarget == targets.count else { throw TableFault("\(targets.count) targets, but the pools have \(nextTarget)") }
    }

    /// Weights are those of the rotation; models are there or not, as the pool's kind says.
    private func validateTargetsOfPool(_ number: Int, _ pool: rtbl_pool, isModels: Bool) throws(TableFault) {
        let rotation = self.rotation(of: pool)
        for n in 0..<rotation.targetCount {
            let target = targets[pool.target(n)]
            guard Int(target.weight) == rotation.weight(of: n) else {
                throw TableFault("the weight of target \(n) of POOLS[\(number)] is not that of its rotation")
            }
            guard isModels == (target.model != 0), isModels == (target.model_literal != 0) else {
                throw TableFault("target \(n) of POOLS[\(number)] has a model where its pool has none, or none where it has one")
            }
        }
    }

    func validateTargets(_ known: borrowing StringStarts) throws(TableFault) {
        var identities = Set<UInt64>(minimumCapacity: targets.count)
        for i in targets.indices {
            let target = targets[i]
            try known.check(target.model, "TARGETS[\(i)].model")
            try known.check(target.model_literal, "TARGETS[\(i)].model_literal")
            try checkIndex(target.backend, below: backends.count, "TARGETS[\(i)].backend")
            guard target.weight > 0 else { throw TableFault("TARGETS[\(i)].weight is 0") }
            guard target.reserved == 0 else { throw TableFault("a reserved field of TARGETS[\(i)] is not 0") }
            guard target.model_literal == 0 || string(target.model_literal).isJSONString else {
                throw TableFault("TARGETS[\(i)].model_literal is not a JSON string")
            }
            guard identities.insert(target.identity).inserted else { throw TableFault("TARGETS[\(i)] has the identity of another target") }
        }
        var poolIdentities = Set<UInt64>(minimumCapacity: pools.count)
        for i in pools.indices where !poolIdentities.insert(pools[i].identity).inserted {
            throw TableFault("POOLS[\(i)] has the identity of another pool")
        }
    }

    func validateBackends(_ known: borrowing StringStarts) throws(TableFault) {
        for i in backends.indices {
            let backend = backends[i]
            for field in [backend.object_namespace, backend.object_name, backend.host, backend.host_header, backend.base_path] {
                try known.check(field, "a string in BACKENDS[\(i)]")
            }
            let basePath = string(backend.base_path), host = string(backend.host), hostHeader = string(backend.host_header)
            guard !host.isEmpty, host.isPrintable, !hostHeader.isEmpty, hostHeader.isPrintable else {
                throw TableFault("BACKENDS[\(i)] has no host, or one with bytes that may not stand there")
            }
            let startsWell = basePath.isEmpty || (basePath[0] == UInt8(ascii: "/") && basePath[basePath.count - 1] != UInt8(ascii: "/"))
            guard startsWell, basePath.isRequestTarget else { throw TableFault("BACKENDS[\(i)].base_path is not a path") }
            try checkOptionalIndex(backend.credential, below: credentials.count, "BACKENDS[\(i)].credential")
            try checkIndex(backend.settings, below: backendSettings.count, "BACKENDS[\(i)].settings")
            guard backend.port != 0 else { throw TableFault("BACKENDS[\(i)].port is 0") }
            guard [RTBL_SCHEME_HTTP, RTBL_SCHEME_HTTPS].contains(Int(backend.scheme)), backend.reserved == 0 else {
                throw TableFault("BACKENDS[\(i)].scheme is unknown")
            }
        }
        for i in backendSettings.indices where backendSettings[i].reserved != 0 {
            throw TableFault("a reserved field of BACKEND_SETTINGS[\(i)] is not 0")
        }
    }

    func validateCredentials(_ known: borrowing StringStarts) throws(TableFault) {
        for i in credentials.indices {
            let credential = credentials[i]
            for field in [credential.secret_namespace, credential.secret_name, credential.name, credential.key, credential.password_key] {
                try known.check(field, "a string in CREDENTIALS[\(i)]")
            }
            guard [RTBL_CREDENTIAL_HEADER, RTBL_CREDENTIAL_QUERY, RTBL_CREDENTIAL_BASIC].contains(Int(credential.kind)),
                credential.reserved.0 == 0, credential.reserved.1 == 0, credential.reserved.2 == 0
            else { throw TableFault("CREDENTIALS[\(i)].kind is unknown") }
            guard string(credential.name).isToken else { throw TableFault("CREDENTIALS[\(i)].name is not a name") }
        }
    }

    func validateProviders(_ known: borrowing StringStarts) throws(TableFault) {
        for i in providers.indices {
            let provider = providers[i]
            try known.check(provider.object_namespace, "PROVIDERS[\(i)].object_namespace")
            try known.check(provider.object_name, "PROVIDERS[\(i)].object_name")
            guard provider.request_model.location != 0 else { throw TableFault("PROVIDERS[\(i)] does not say where the model stands") }
            for field in [
                provider.request_model, provider.response_model, provider.prompt_tokens, provider.completion_tokens, provider.total_tokens,
            ] { try checkField(field, "PROVIDERS[\(i)]") }
        }
    }

    private func checkField(_ field: rtbl_field, _ owner: @autoclosure () -> String) throws(TableFault) {
        let first = Int(field.first_component), count = Int(field.component_count)
        guard Int(field.location) <= RTBL_FIELD_HEADER, field.reserved == 0, first + count <= stringLists.count else {
            throw TableFault("a field of \(owner()) is not one")
        }
        switch Int(field.location) {
        case RTBL_FIELD_NONE where count == 0 && first == 0: return
        case RTBL_FIELD_BODY where (1...RoutingTable.maxFieldComponents).contains(count): return
        case RTBL_FIELD_HEADER where count == 1 && string(stringLists[first]).isToken: return
        default: throw TableFault("a field of \(owner()) has \(count) components, or a name that is not one")
        }
    }

    /// Object keys in the path of a field, `$.a.b` having two.
    package static var maxFieldComponents: Int { 8 }

    func validatePoolOptions() throws(TableFault) {
        for i in poolOptions.indices {
            let options = poolOptions[i]
            let events = UInt32(RTBL_ON_ALL)
            guard options.failover_on & ~events == 0, options.suspend_on & ~events == 0, options.failover_attempts >= 1,
                Int(options.all_suspended) <= RTBL_ALL_SUSPENDED_PASSTHROUGH, Int(options.retry_after) <= RTBL_RETRY_AFTER_IGNORE,
                Int(options.suspend_for) <= RTBL_SUSPEND_FOR_RESET, Int(options.client_model) <= RTBL_CLIENT_MODEL_HONOUR,
                Int(options.missing_model) <= RTBL_MISSING_MODEL_REJECT, options.reserved == 0
            else { throw TableFault("POOL_OPTIONS[\(i)] has an unknown value") }
        }
    }
}

extension Bytes {
    /// Printable ASCII without blanks, `?` and `#`: what may stand in the path of a request target as it is.
    var isRequestTarget: Bool {
        for i in 0..<count where self[i] <= 0x20 || self[i] >= 0x7f || self[i] == UInt8(ascii: "?") || self[i] == UInt8(ascii: "#") { return false }
        return true
    }

    /// RFC 9110 5.6.2.
    var isToken: Bool {
        for i in 0..<count {
            switch self[i] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): continue
            case let other where Bytes("!#$%&'*+-.^_`|~").contains(other): continue
            default: return false
            }
        }
        return count > 0
    }

    package func contains(_ byte: UInt8) -> Bool {
        for i in 0..<count where self[i] == byte { return true }
        return false
    }

    /// A quoted string in which every quote, backslash and control character is escaped.
    var isJSONString: Bool {
        guard count >= 2, self[0] == UInt8(ascii: "\""), self[count - 1] == UInt8(ascii: "\"") else { return false }
        var i = 1
        while i < count - 1 {
            switch self[i] {
            case ..<0x20, UInt8(ascii: "\""): return false
            case UInt8(ascii: "\\"):
                let escape = self[i + 1]
                guard i + 2 < count else { return false }
                if escape == UInt8(ascii: "u") {
                    guard i + 6 < count, (i + 2..<i + 6).allSatisfy({ self[$0].isHexDigit }) else { return false }
                    i += 6
                } else {
                    guard Bytes("\"\\/bfnrt").contains(escape) else { return false }
                    i += 2
                }
            default: i += 1
            }
        }
        return true
    }
}

extension UInt8 {
    @inlinable
    package var isHexDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }
}
