import CTable
import RoutingTable

/// What a policy's annotations say about the model that a client names, and about a pool that is exhausted.
extension Worker {
    private mutating func options(_ slot: Int) -> rtbl_pool_options? {
        let table = unsafe configuration.pointee.snapshot.pointee.table
        return clients[slot].pool.map { table.poolOptions[table.pools[$0].optionsIndex] }
    }

    /// `rtbl/missing-model` and `rtbl/client-model`: the body has just been scanned.
    ///
    /// - Returns: why the request is refused; nil: it goes on.
    mutating func considerClientModel(_ slot: Int) -> Refusal? {
        guard let options = options(slot), let poolIndex = clients[slot].pool else { return nil }
        let body = clients[slot].body
        guard let value = scanner.firstValue(in: body.span) else {
            switch Int(options.missing_model) {
            case RTBL_MISSING_MODEL_REJECT: return Refusal(400, "missing_model", "the body names no model, and this route asks for one")
            case RTBL_MISSING_MODEL_PASS: clients[slot].flags.subtract([.isPatched, .hasManyEdits])
            default: break
            }
            return nil
        }
        guard Int(options.client_model) == RTBL_CLIENT_MODEL_HONOUR else { return nil }
        let table = unsafe configuration.pointee.snapshot.pointee.table
        let pool = table.pools[poolIndex]
        for number in 0..<table.targetCount(of: pool) {
            let model = table.targets[pool.target(number)].model
            if scanner.isValue(value, in: body.span, equalTo: table.string(model).span) {
                clients[slot].honouredModel = model
                break
            }
        }
        return nil
    }

    /// `rtbl/all-suspended`: where a request goes although no target of its pool may be picked; nil: nowhere.
    mutating func targetOfExhaustedPool(_ slot: Int) -> Index<rtbl_target>? {
        guard let options = options(slot), let poolIndex = clients[slot].pool, let match = clients[slot].match else { return nil }
        let table = unsafe configuration.pointee.snapshot.pointee.table
        switch Int(options.all_suspended) {
        case RTBL_ALL_SUSPENDED_LEAST_REMAINING:
            guard let number = firstToReturn(slot), limitedUntil(table.pools[poolIndex].target(number)) <= nowNanos else { return nil }
            return take(slot, number, of: table.pools[poolIndex], isFirst: true)
        case RTBL_ALL_SUSPENDED_PASSTHROUGH where Int(table.pools[poolIndex].kind) == RTBL_POOL_MODELS:
            // the client's own model, to the rule's first backendRef
            guard let backends = table.rules[table.routes[match.route].ruleIndex].backendPoolIndex,
                unsafe !configuration.pointee.lacksCredential(table.pools[backends].target(0)),
                limitedUntil(table.pools[backends].target(0)) <= nowNanos
            else { return nil }
            clients[slot].pool = backends
            clients[slot].flags.subtract([.isPatched, .hasManyEdits])
            return take(slot, 0, of: table.pools[backends], isFirst: true)
        default: return nil
        }
    }

    /// The number of the target that is suspended for the shortest time; nil: none has its credential.
    private mutating func firstToReturn(_ slot: Int) -> Int? {
        let snapshot = unsafe configuration.pointee.snapshot
        let table = unsafe snapshot.pointee.table
        guard let poolIndex = clients[slot].pool else { return nil }
        let pool = table.pools[poolIndex]
        var first: Int?
        var earliest = UInt64.max
        for number in 0..<table.targetCount(of: pool) {
            let target = pool.target(number)
            let honoured = clients[slot].honouredModel
            if unsafe configuration.pointee.lacksCredential(target) { continue }
            if honoured != 0, table.targets[target].model != honoured { continue }
            let until = unsafe max(snapshot.pointee.state.suspendedUntil(target), limitedUntil(target))
            if first == nil || until < earliest { (first, earliest) = (number, until) }
        }
        return first
    }

    /// Nothing in the pool takes a request now: when it will, if that is known.
    mutating func refusalOfExhaustedPool(_ slot: Int) -> Refusal {
        let snapshot = unsafe configuration.pointee.snapshot
        guard let poolIndex = clients[slot].pool else { return .noBackend }
        guard let first = firstToReturn(slot) else {
            return .noCredential
        }
        let target = unsafe snapshot.pointee.table.pools[poolIndex].target(first)
        let limitedUntil = limitedUntil(target)
        let until = unsafe max(snapshot.pointee.state.suspendedUntil(target), limitedUntil)
        let seconds = until > nowNanos ? (until - nowNanos + 999_999_999) / 1_000_000_000 : 0
        if limitedUntil > nowNanos, let limit = limitThatIsUsedUp(target) { return .rateLimited(limit, secondsLeft: max(1, seconds)) }
        return Refusal(503, "models_exhausted", "the quota of every model of this route is exhausted; try again later", retryAfter: max(1, seconds))
    }
}
