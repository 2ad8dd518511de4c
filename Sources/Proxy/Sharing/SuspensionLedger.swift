import CLinux
import RoutingTable

/// What is known here of suspensions that other instances should know, or have told of: what must be said, and what
/// follows from what is heard. No input or output; times are nanoseconds of the boot clock.
///
/// An end only ever moves later, and a resumption by hand ends whatever was found before it, wherever: so each entry
/// remembers when its target was last found exhausted.
struct SuspensionLedger {
    /// One target to be told of.
    struct Announcement: Equatable {
        let target: UInt64
        /// Milliseconds until the suspension ends; of a resumption 0.
        let left: UInt64
        /// Milliseconds since it was found exhausted, or resumed.
        let age: UInt64
    }

    private struct Entry {
        var until: UInt64
        var found: UInt64
        /// Found here, as opposed to heard of.
        let isOwn: Bool
    }

    private let region: StateRegion
    /// The row of each target of the table, by identity: what is heard of others means nothing here.
    private let rows: [UInt64: UInt32]
    private var entries: [UInt64: Entry] = [:]
    /// By when; kept until Redis has confirmed them.
    private var resumptions: [UInt64: UInt64] = [:]
    private var dueSuspensions: Set<UInt64> = []
    private var dueResumptions: Set<UInt64> = []
    /// Resumed since Redis was asked what stands: its answer may not know of that yet.
    private var resumedMeanwhile: Set<UInt64> = []

    init(region: StateRegion, rows: [UInt64: UInt32]) { (self.region, self.rows) = (region, rows) }

    /// The same knowledge for another table.
    init(_ earlier: SuspensionLedger, region: StateRegion, rows: [UInt64: UInt32]) {
        self = earlier.filtered(region, rows)
    }

    private func filtered(_ region: StateRegion, _ rows: [UInt64: UInt32]) -> SuspensionLedger {
        var other = SuspensionLedger(region: region, rows: rows)
        other.entries = entries.filter { rows[$0.key] != nil }
        other.resumptions = resumptions.filter { rows[$0.key] != nil }
        other.dueSuspensions = dueSuspensions.filter { rows[$0] != nil }
        other.dueResumptions = dueResumptions.filter { rows[$0] != nil }
        other.resumedMeanwhile = resumedMeanwhile
        return other
    }

    var hasDue: Bool { !dueSuspensions.isEmpty || !dueResumptions.isEmpty }

    // MARK: - What happens here

    /// Something happened to a target here.
    mutating func note(_ event: SuspensionRing.Event, now: UInt64) {
        if event.isResumption { noteResumption(event.target, now) }
        look(event.target, now, found: now)
    }

    private mutating func noteResumption(_ target: UInt64, _ now: UInt64) {
        guard rows[target] != nil else { return }
        forget(target)
        resumptions[target] = now
        dueResumptions.insert(target)
        resumedMeanwhile.insert(target)
    }

    private mutating func look(_ target: UInt64, _ now: UInt64, found: UInt64) {
        guard let row = rows[target], case let until = region.suspendedUntil(row), until > now, until > entries[target]?.until ?? 0 else { return }
        entries[target] = Entry(until: until, found: found, isOwn: true)
        dueSuspensions.insert(target)
    }

    private mutating func forget(_ target: UInt64) {
        entries[target] = nil
        dueSuspensions.remove(target)
    }

    /// Looks at all targets: at start, and when events were lost.
    mutating func scan(now: UInt64, wallMillis: UInt64) {
        for (target, row) in rows {
            if let entry = entries[target], entry.until > now, region.suspendedUntil(row) <= now { noteResumption(target, now) }
            let since = region.suspension(row).sinceWallMillis
            look(target, now, found: now - min(now, (wallMillis - min(wallMillis, since)).saturatingNanos))
        }
    }

    // MARK: - What is said

    /// Resumptions to be told of, as many as one message takes. They are said again after `repeatUnconfirmed`, unless
    /// they were confirmed.
    mutating func takeResumptions(now: UInt64) -> [Announcement] {
        take(&dueResumptions).compactMap { target in
            // rounded up, and a suspension's age down: what was found in the same millisecond stands
            resumptions[target].map { Announcement(target: target, left: 0, age: (now - min(now, $0) + 999_999) / 1_000_000) }
        }
    }

    /// The same for suspensions.
    mutating func takeSuspensions(now: UInt64) -> [Announcement] {
        take(&dueSuspensions).compactMap { target in
            guard let entry = entries[target], entry.until > now else { return nil }
            let left = min((entry.until - now) / 1_000_000, Limits.sharedSuspensionMillis)
            return left > 0 ? Announcement(target: target, left: left, age: (now - min(now, entry.found)) / 1_000_000) : nil
        }
    }

    private func take(_ due: inout Set<UInt64>) -> [UInt64] {
        let batch = Array(due.prefix(Limits.suspensionsOfMessage))
        due.subtract(batch)
        return batch
    }

    /// Redis knows of these resumptions, which were sent at `sent`.
    mutating func confirm(resumptions targets: [UInt64], sent: UInt64) {
        for target in targets where resumptions[target].map({ $0 <= sent }) ?? false { resumptions[target] = nil }
    }

    /// Redis says that these were resumed by hand after they were found exhausted, as far as was known at `sent`.
    mutating func refuse(_ targets: [UInt64], sent: UInt64) {
        for target in targets {
            guard let row = rows[target], let entry = entries[target], entry.found <= sent else { continue }
            region.resume(row)
            forget(target)
        }
    }

    /// What was on its way may have been lost.
    mutating func repeatUnconfirmed() { dueResumptions = Set(resumptions.keys) }

    // MARK: - What is heard

    /// Another instance has told something.
    ///
    /// - Returns: rows whose suspension began with it.
    mutating func hear(_ message: SuspensionMessage, now: UInt64, wallMillis: UInt64) -> [UInt32] {
        guard message.isResumption else { return message.entries.compactMap { hear($0, now, wallMillis) } }
        for entry in message.entries {
            guard let row = rows[entry.target] else { continue }
            resumedMeanwhile.insert(entry.target)
            if let known = entries[entry.target], known.found > now - min(now, entry.millis.saturatingNanos) {
                dueSuspensions.insert(entry.target)
            } else {
                region.resume(row)
                forget(entry.target)
            }
        }
        return []
    }

    private mutating func hear(_ entry: SuspensionMessage.Entry, _ now: UInt64, _ wallMillis: UInt64) -> UInt32? {
        guard let row = rows[entry.target] else { return nil }
        let until = now + entry.millis.saturatingNanos
        let change = region.suspend(row, until: until, now: now, wallMillis: wallMillis, reason: .shared)
        // no change: it is known, or was found here a moment ago and is about to be noted
        guard change != .none else { return nil }
        entries[entry.target] = Entry(until: until, found: now, isOwn: false)
        dueSuspensions.remove(entry.target)
        return change == .begun ? row : nil
    }

    /// Redis is being asked what stands.
    mutating func willReconcile() { resumedMeanwhile.removeAll() }

    /// What stands in Redis. What stands here and not there is to be said again: Redis may have lost its memory, and the
    /// instance that found it may be gone.
    ///
    /// - Returns: rows whose suspension began with it.
    mutating func reconcile(_ standing: [SuspensionMessage.Entry], now: UInt64, wallMillis: UInt64) -> [UInt32] {
        var there: [UInt64: UInt64] = [:]
        var begun: [UInt32] = []
        for entry in standing {
            there[entry.target] = now + entry.millis.saturatingNanos
            guard !resumedMeanwhile.contains(entry.target), resumptions[entry.target] == nil else { continue }
            if let row = hear(entry, now, wallMillis) { begun.append(row) }
        }
        entries = entries.filter { $0.value.until > now }
        for (target, entry) in entries {
            let known = there[target] ?? 0
            if known == 0 || entry.isOwn && entry.until > known + Limits.redisEndToleranceMillis.saturatingNanos { dueSuspensions.insert(target) }
        }
        return begun
    }
}

extension UInt64 {
    /// Milliseconds as nanoseconds, at most a hundred years.
    var saturatingNanos: UInt64 { Swift.min(self, 3_155_760_000_000) * 1_000_000 }
}
