import CTable

extension RoutingTable {
    /// The number of the pool's target that a request goes to, by tier, stickiness and rotation; nil: none is usable.
    ///
    /// A tier is used only while no target of the tiers before it is usable. Within it, a request with a sticky value
    /// goes where its value belongs, any other takes the next turn.
    ///
    /// - Parameters:
    ///   - movesRotation: a request's first pick takes a turn of the rotation; later ones have a cursor of their own.
    ///   - stickyHash: of the value by which the request keeps to one target; nil: it has none.
    /// - Complexity: with tiers or a sticky value O(targets), else that of `RotationView.pick`.
    package func pick(
        _ index: Index<rtbl_pool>, _ state: borrowing SharedState, movesRotation: Bool, stickyHash: UInt64?, _ filter: some TargetFilter
    ) -> Int? {
        let pool = pools[index]
        let rotation = rotation(of: pool)
        return hasTiers(pool, rotation) ? pickByTier(index, pool, rotation, state, movesRotation, stickyHash, filter)
            : pick(index, rotation, state, movesRotation, stickyHash, filter)
    }

    /// Apart from the others: at its beginning Swift looks up what type the filter of a tier is, under a lock.
    @inline(never)
    private func pickByTier(
        _ index: Index<rtbl_pool>, _ pool: rtbl_pool, _ rotation: RotationView, _ state: borrowing SharedState, _ movesRotation: Bool, _ stickyHash: UInt64?,
        _ filter: some TargetFilter
    ) -> Int? {
        var lowest: UInt8?
        for number in 0..<rotation.targetCount {
            let tier = targets[pool.target(number)].tier
            if lowest.map({ tier < $0 }) ?? true, filter.isUsable(number) { lowest = tier }
        }
        guard let lowest else { return nil }
        let ofTier = TierFilter(filter: filter, targets: targets, first: Int(pool.first_target), tier: lowest)
        return pick(index, rotation, state, movesRotation, stickyHash, ofTier)
    }

    private func pick(
        _ index: Index<rtbl_pool>, _ rotation: RotationView, _ state: borrowing SharedState, _ movesRotation: Bool, _ stickyHash: UInt64?,
        _ filter: some TargetFilter
    ) -> Int? {
        if let stickyHash { return StickyPick(pool: pools[index], targets: targets, count: rotation.targetCount).target(of: stickyHash, filter) }
        return movesRotation ? state.pick(index, rotation, filter) : state.pickAgain(index, rotation, filter)
    }

    /// Tiers ascend in list order, so the last target tells.
    private func hasTiers(_ pool: rtbl_pool, _ rotation: RotationView) -> Bool { targets[pool.target(rotation.targetCount - 1)].tier > 0 }
}

/// The usable targets of one tier.
struct TierFilter<Filter: TargetFilter>: TargetFilter {
    let filter: Filter
    let targets: Records<rtbl_target>
    let first: Int
    let tier: UInt8

    func isUsable(_ number: Int) -> Bool { targets[first + number].tier == tier && filter.isUsable(number) }
}
