import CTable

/// What a request is sent by: APIs, rules, pools, targets, backends and what they share.
extension RoutingTable {
    func validateAPIs(_ known: borrowing StringStarts) throws(TableFault) {
        let flags = UInt32(RTBL_API_OPEN | RTBL_API_DEFAULT_VERSION | RTBL_API_PRODUCTION | RTBL_API_SANDBOX)
        for i in apis.indices {
            let api = apis[i]
            try known.check(api.object_namespace, "APIS[\(i)].object_namespace")
            try known.check(api.object_name, "APIS[\(i)].object_name")
            try known.check(api.api_name, "APIS[\(i)].api_name")
            try known.check(api.api_version, "APIS[\(i)].api_version")
            try known.check(api.base_path, "APIS[\(i)].base_path")
            try known.check(api.organization, "APIS[\(i)].organization")
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
            try checkKnown(rule.rewrite, RTBL_REWRITE_NONE...RTBL_REWRITE_CAPTURES, "RULES[\(i)].rewrite")
            try checkReserved(rule.reserved == 0, "RULES[\(i)]")
            try checkKnown(rule.environment, RTBL_ENVIRONMENT_PRODUCTION...RTBL_ENVIRONMENT_SANDBOX, "RULES[\(i)].environment")
            try checkPool(rule.model_pool, of: rule, kind: RTBL_POOL_MODELS, "RULES[\(i)].model_pool")
            try checkPool(rule.backend_pool, of: rule, kind: RTBL_POOL_BACKENDS, "RULES[\(i)].backend_pool")
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
            try checkKnown(pool.environment, RTBL_ENVIRONMENT_PRODUCTION...RTBL_ENVIRONMENT_SANDBOX, "POOLS[\(i)].environment")
            try checkKnown(pool.kind, RTBL_POOL_MODELS...RTBL_POOL_BACKENDS, "POOLS[\(i)].kind")
            try checkReserved(pool.reserved == 0, "POOLS[\(i)]")
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
            try checkReserved(target.reserved == 0, "TARGETS[\(i)]")
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
            try known.check(backend.object_namespace, "BACKENDS[\(i)].object_namespace")
            try known.check(backend.object_name, "BACKENDS[\(i)].object_name")
            try known.check(backend.host, "BACKENDS[\(i)].host")
            try known.check(backend.host_header, "BACKENDS[\(i)].host_header")
            try known.check(backend.base_path, "BACKENDS[\(i)].base_path")
            guard string(backend.host).isAuthority else { throw TableFault("BACKENDS[\(i)].host is empty, or has bytes that may not stand there") }
            guard string(backend.host_header).isAuthority else {
                throw TableFault("BACKENDS[\(i)].host_header is empty, or has bytes that may not stand there")
            }
            let basePath = string(backend.base_path)
            let startsWell = basePath.isEmpty || (basePath[0] == UInt8(ascii: "/") && basePath[basePath.count - 1] != UInt8(ascii: "/"))
            guard startsWell, basePath.isRequestTarget else { throw TableFault("BACKENDS[\(i)].base_path is not a path") }
            try checkOptionalIndex(backend.credential, below: credentials.count, "BACKENDS[\(i)].credential")
            try checkIndex(backend.settings, below: backendSettings.count, "BACKENDS[\(i)].settings")
            guard backend.port != 0 else { throw TableFault("BACKENDS[\(i)].port is 0") }
            try checkKnown(backend.scheme, RTBL_SCHEME_HTTP...RTBL_SCHEME_HTTPS, "BACKENDS[\(i)].scheme")
            try checkReserved(backend.reserved == 0, "BACKENDS[\(i)]")
        }
        for i in backendSettings.indices { try checkReserved(backendSettings[i].reserved == 0, "BACKEND_SETTINGS[\(i)]") }
    }

    func validateCredentials(_ known: borrowing StringStarts) throws(TableFault) {
        for i in credentials.indices {
            let credential = credentials[i]
            try known.check(credential.secret_namespace, "CREDENTIALS[\(i)].secret_namespace")
            try known.check(credential.secret_name, "CREDENTIALS[\(i)].secret_name")
            try known.check(credential.name, "CREDENTIALS[\(i)].name")
            try known.check(credential.key, "CREDENTIALS[\(i)].key")
            try known.check(credential.password_key, "CREDENTIALS[\(i)].password_key")
            try checkKnown(credential.kind, RTBL_CREDENTIAL_HEADER...RTBL_CREDENTIAL_BASIC, "CREDENTIALS[\(i)].kind")
            try checkReserved(isZero(credential.reserved), "CREDENTIALS[\(i)]")
            let name = string(credential.name)
            guard Int(credential.kind) == RTBL_CREDENTIAL_QUERY ? name.isQueryName : name.isToken else {
                throw TableFault("CREDENTIALS[\(i)].name is empty, or has bytes that may not stand there")
            }
        }
    }

    func validateProviders(_ known: borrowing StringStarts) throws(TableFault) {
        for i in providers.indices {
            let provider = providers[i]
            try known.check(provider.object_namespace, "PROVIDERS[\(i)].object_namespace")
            try known.check(provider.object_name, "PROVIDERS[\(i)].object_name")
            guard provider.request_model.location != 0 else { throw TableFault("PROVIDERS[\(i)].request_model is of no location") }
            try checkField(provider.request_model, "PROVIDERS[\(i)].request_model")
            try checkField(provider.response_model, "PROVIDERS[\(i)].response_model")
            try checkField(provider.prompt_tokens, "PROVIDERS[\(i)].prompt_tokens")
            try checkField(provider.completion_tokens, "PROVIDERS[\(i)].completion_tokens")
            try checkField(provider.total_tokens, "PROVIDERS[\(i)].total_tokens")
        }
    }

    private func checkField(_ field: rtbl_field, _ owner: @autoclosure () -> String) throws(TableFault) {
        let first = Int(field.first_component), count = Int(field.component_count)
        try checkKnown(field.location, RTBL_FIELD_NONE...RTBL_FIELD_HEADER, "\(owner()).location")
        try checkReserved(field.reserved == 0, owner())
        guard first + count <= stringLists.count else { throw TableFault("\(owner()) reaches beyond STRING_LISTS") }
        switch Int(field.location) {
        case RTBL_FIELD_NONE where count == 0 && first == 0: return
        case RTBL_FIELD_BODY where (1...RoutingTable.maxFieldComponents).contains(count): return
        case RTBL_FIELD_HEADER where count == 1 && string(stringLists[first]).isToken: return
        default: throw TableFault("\(owner()) has \(count) components, or a name that is not one")
        }
    }

    /// Object keys in the path of a field, `$.a.b` having two.
    package static var maxFieldComponents: Int { 8 }

    func validatePoolOptions() throws(TableFault) {
        func check(_ isKnown: Bool, _ number: Int, _ field: StaticString) throws(TableFault) {
            guard isKnown else { throw TableFault("POOL_OPTIONS[\(number)].\(field) has an unknown value") }
        }
        let events = UInt32(RTBL_ON_ALL)
        for i in poolOptions.indices {
            let options = poolOptions[i]
            try check(options.failover_on & ~events == 0, i, "failover_on")
            try check(options.suspend_on & ~events == 0, i, "suspend_on")
            try check(options.failover_attempts >= 1, i, "failover_attempts")
            try check(Int(options.all_suspended) <= RTBL_ALL_SUSPENDED_PASSTHROUGH, i, "all_suspended")
            try check(Int(options.retry_after) <= RTBL_RETRY_AFTER_IGNORE, i, "retry_after")
            try check(Int(options.suspend_for) <= RTBL_SUSPEND_FOR_RESET, i, "suspend_for")
            try check(Int(options.client_model) <= RTBL_CLIENT_MODEL_HONOUR, i, "client_model")
            try check(Int(options.missing_model) <= RTBL_MISSING_MODEL_REJECT, i, "missing_model")
            try checkReserved(options.reserved == 0, "POOL_OPTIONS[\(i)]")
        }
    }
}
