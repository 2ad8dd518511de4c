import CLinux
import RoutingTable

/// The thread that shares: it keeps two connections to Redis, says what the ledger has to say, and tells it what is heard.
/// While Redis is away it goes on taking note, and once it is back both sides are compared.
struct SharingLoop: ~Copyable {
    typealias Fault = RedisConnection.Fault

    private let sharing: Sharing
    private var live: LiveState
    private var ledger: SuspensionLedger
    private var exchange: LimitExchange
    /// By which an instance knows its own messages.
    private let sender = UInt64.random(in: 1...UInt64.max)
    private var backoffMillis = Limits.redisBackoffMillis.first
    private var syncDue: UInt64 = 0
    private var exchangeDue: UInt64 = 0
    /// What stands in Redis has been asked for, or is known.
    private var hasAsked = false
    /// Both sides have been compared: the connection is at work.
    private var isEstablished = false
    /// What Redis last refused since it was connected, and was logged.
    private var loggedRefusal: String?
    private var hasLoggedLoss = false
    /// Why the connection was lost when that was last logged.
    private var loggedLoss: String?
    /// It was lost again, soon and for the same reason: said again once it has held.
    private var isFlapping = false
    private var establishedAt: UInt64 = 0

    init(_ sharing: Sharing, _ rows: Sharing.Rows) {
        self.sharing = sharing
        live = rows.live
        ledger = SuspensionLedger(region: rows.live.region, rows: rows.targets)
        exchange = LimitExchange(region: rows.live.region, counters: rows.counters, wallSeconds: Self.wallMillis / 1000)
    }

    private static var wallMillis: UInt64 { cl_wall_nanos() / 1_000_000 }

    mutating func run() {
        while true {
            let begin = cl_boot_nanos()
            do throws(Fault) {
                try converse()
            } catch {
                noteLoss(error)
            }
            if cl_boot_nanos() - begin > Limits.redisSyncMillis * 1_000_000 { backoffMillis = Limits.redisBackoffMillis.first }
            pause(UInt64.random(in: backoffMillis / 2...backoffMillis))
            backoffMillis = min(backoffMillis * 2, Limits.redisBackoffMillis.most)
        }
    }

    /// One life of the connections.
    private mutating func converse() throws(Fault) {
        let url: RedisURL
        do throws(RedisURL.Fault) {
            url = try sharing.source.read()
        } catch {
            throw Fault(message: error.description)
        }
        var session = try RedisSession(url, now: cl_boot_nanos())
        try session.greet(cl_boot_nanos())
        takeNotes()
        ledger.scan(now: cl_boot_nanos(), wallMillis: Self.wallMillis)
        ledger.repeatUnconfirmed()
        (hasAsked, isEstablished) = (false, false)
        while true {
            wait(for: session)
            takeNotes(isExchanging: session.isExchanging)
            try takeReplies(&session)
            try hear(&session)
            try speak(&session)
            let now = cl_boot_nanos()
            let awaited = session.awaitedSince
            sharing.update { $0.awaitedSince = awaited ?? 0 }
            if let awaited, now - min(now, awaited) > Limits.redisReplyMillis * 1_000_000 {
                throw Fault(message: "no reply for \(Limits.redisReplyMillis / 1000) s")
            }
        }
    }

    // MARK: - Waiting

    private func wait(for session: borrowing RedisSession) {
        let now = cl_boot_nanos()
        let next = isEstablished && !exchange.counters.isEmpty && !session.isExchanging ? exchangeDue : now + Limits.redisPingMillis * 1_000_000
        let millis = (next - min(now, next) + 999_999) / 1_000_000
        let readable = Int16(POLLIN)
        var waited = [
            pollfd(fd: sharing.wake, events: readable, revents: 0),
            pollfd(fd: session.commands.socket, events: readable | (session.commands.wantsToSend ? Int16(POLLOUT) : 0), revents: 0),
            pollfd(fd: session.listener.socket, events: readable | (session.listener.wantsToSend ? Int16(POLLOUT) : 0), revents: 0),
        ]
        unsafe _ = cl_poll(&waited, 3, Int32(millis))
    }

    /// Without Redis: what happens meanwhile is noted.
    private mutating func pause(_ millis: UInt64) {
        let end = cl_boot_nanos() + millis * 1_000_000
        while case let now = cl_boot_nanos(), now < end {
            var waited = pollfd(fd: sharing.wake, events: Int16(POLLIN), revents: 0)
            unsafe _ = cl_poll(&waited, 1, Int32((end - now + 999_999) / 1_000_000))
            takeNotes()
        }
    }

    // MARK: - From here

    /// Takes up another table, and what happened to targets.
    ///
    /// - Parameter isExchanging: counts of the present table's limits are under way: another one waits for their return.
    private mutating func takeNotes(isExchanging: Bool = false) {
        sharing.clearSignal()
        let now = cl_boot_nanos()
        if !isExchanging, let rows = sharing.takeRows() {
            live = rows.live
            ledger = SuspensionLedger(ledger, region: live.region, rows: rows.targets)
            exchange = LimitExchange(exchange, region: live.region, counters: rows.counters, wallSeconds: Self.wallMillis / 1000)
            syncDue = 0 // there may be news of what was unknown
        }
        for _ in 0..<2 * Limits.suspensionRing {
            guard let event = sharing.nextEvent() else { break }
            ledger.note(event, now: now)
        }
        if sharing.hasLostEvents() { ledger.scan(now: now, wallMillis: Self.wallMillis) }
    }

    private mutating func speak(_ session: inout RedisSession) throws(Fault) {
        if session.commands.wantsToSend { try session.commands.flush() }
        if session.listener.wantsToSend { try session.listener.flush() }
        let now = cl_boot_nanos()
        guard session.isListening else { return }
        // Asked for after the channel is heard, so that nothing falls between.
        if !hasAsked || (isEstablished && now >= syncDue && session.hasRoom) { try askWhatStands(&session, now) }
        guard isEstablished else { return }
        while session.hasRoom, case let batch = ledger.takeResumptions(now: now), !batch.isEmpty { try tell(resumptions: batch, &session, now) }
        while session.hasRoom, case let batch = ledger.takeSuspensions(now: now), !batch.isEmpty { try tell(suspensions: batch, &session, now) }
        if now >= exchangeDue, !session.isExchanging, session.hasRoom { try exchangeCounts(&session, now) }
        try session.ping(now)
    }

    private mutating func askWhatStands(_ session: inout RedisSession, _ now: UInt64) throws(Fault) {
        hasAsked = true
        syncDue = now + Limits.redisSyncMillis * 1_000_000
        ledger.willReconcile()
        ledger.repeatUnconfirmed()
        try session.evaluate(
            RedisScripts.standing, keys: [RedisScripts.suspendedKey], ["\(Limits.sharedSuspensionMillis)", "\(Limits.redisSuspensions)"], .standing, now)
    }

    private func scriptArguments(_ session: borrowing RedisSession) -> [String] {
        [session.channel, hex(sender), "\(Limits.sharedSuspensionMillis)", "\(Limits.redisSuspensions)"]
    }

    private func tell(resumptions batch: [SuspensionLedger.Announcement], _ session: inout RedisSession, _ now: UInt64) throws(Fault) {
        let arguments = scriptArguments(session) + batch.flatMap { [hex($0.target), "\($0.age)"] }
        try session.evaluate(
            RedisScripts.resume, keys: [RedisScripts.suspendedKey, RedisScripts.resumedKey], arguments, .resumptions(targets: batch.map(\.target)), now)
        sharing.update { $0.sent += UInt64(batch.count) }
    }

    private func tell(suspensions batch: [SuspensionLedger.Announcement], _ session: inout RedisSession, _ now: UInt64) throws(Fault) {
        let arguments = scriptArguments(session) + batch.flatMap { [hex($0.target), "\($0.left)", "\($0.age)"] }
        try session.evaluate(
            RedisScripts.suspend, keys: [RedisScripts.suspendedKey, RedisScripts.resumedKey], arguments, .suspensions(targets: batch.map(\.target)), now)
        sharing.update { $0.sent += UInt64(batch.count) }
    }

    private mutating func exchangeCounts(_ session: inout RedisSession, _ now: UInt64) throws(Fault) {
        exchangeDue = now + Limits.redisExchangeMillis * 1_000_000
        guard let request = exchange.request(now: now, wallSeconds: Self.wallMillis / 1000) else { return }
        try session.evaluate(
            RedisScripts.count, keys: request.parts.map(\.key), request.parts.flatMap { ["\($0.added)", "\($0.known)", "\($0.keptMillis)"] },
            .counts(request), now)
    }

    // MARK: - From Redis

    private mutating func takeReplies(_ session: inout RedisSession) throws(Fault) {
        for reply in try session.commands.receive() {
            let (expectation, sent) = try session.takeExpectation()
            let now = cl_boot_nanos()
            sharing.update { $0.roundTripNanos = now - min(now, sent) }
            if case .error(let text) = reply {
                try noteRefusal(text, expectation)
                continue
            }
            switch expectation {
            case .authentication, .database, .ping: break
            case .standing: takeStanding(reply, session.url, now)
            case .resumptions(let targets):
                noteMended(reply.list?.first?.integer)
                ledger.confirm(resumptions: targets, sent: sent)
            case .suspensions:
                noteMended(reply.list?.first?.integer)
                ledger.refuse((reply.list ?? []).dropFirst().compactMap { $0.text.flatMap { SuspensionMessage.identity($0) } }, sent: sent)
            case .counts(let request): takeCounts(reply, request, now)
            }
        }
    }

    private mutating func takeStanding(_ reply: RedisReply, _ url: RedisURL, _ now: UInt64) {
        let words = reply.list ?? []
        var standing: [SuspensionMessage.Entry] = []
        for place in stride(from: 0, to: words.count - 1, by: 2) {
            guard let target = words[place].text.flatMap({ SuspensionMessage.identity($0) }), let millis = words[place + 1].text.flatMap({ SuspensionMessage.millis($0) })
            else { continue }
            standing.append(SuspensionMessage.Entry(target: target, millis: millis))
        }
        count(ledger.reconcile(standing, now: now, wallMillis: Self.wallMillis))
        guard !isEstablished else {
            if isFlapping { log("suspensions and limits are shared through \(url)") }
            isFlapping = false
            return
        }
        isEstablished = true
        establishedAt = now
        (hasLoggedLoss, loggedRefusal) = (false, nil)
        let address = url.description
        sharing.update {
            $0.address = address
            $0.isConnected = true
            $0.sinceWallMillis = Self.wallMillis
        }
        if !isFlapping { log("suspensions and limits are shared through \(address)") }
    }

    private mutating func takeCounts(_ reply: RedisReply, _ request: LimitExchange.Request, _ now: UInt64) {
        let values = (reply.list ?? []).compactMap(\.integer)
        guard values.count == 2 * request.parts.count else { return }
        let totals = stride(from: 0, to: values.count, by: 2).map { UInt64(max(0, values[$0])) }
        noteMended(stride(from: 1, to: values.count, by: 2).reduce(0) { $0 + values[$1] })
        exchange.take(totals, of: request, now: now)
    }

    private mutating func hear(_ session: inout RedisSession) throws(Fault) {
        for bytes in try session.listen() {
            guard let message = SuspensionMessage(bytes) else {
                noteError("a message of \(bytes.count) bytes in \(session.channel) is none of ours")
                continue
            }
            guard message.sender != sender else { continue }
            sharing.update { $0.received += UInt64(message.entries.count) }
            count(ledger.hear(message, now: cl_boot_nanos(), wallMillis: Self.wallMillis))
        }
    }

    private func count(_ rows: [UInt32]) {
        for row in rows { unsafe live.sharingCounters.pointee.countSuspension(row, .shared) }
    }

    // MARK: - What goes wrong

    /// Redis has answered with an error. Where no other command would fare better the connection is given up.
    private mutating func noteRefusal(_ text: String, _ expectation: RedisSession.Expectation) throws(Fault) {
        if case .authentication = expectation { throw RedisSession.refusal(text, isAuthentication: true) }
        let fault = RedisSession.refusal(text, isAuthentication: false)
        switch expectation {
        case .database, .standing: throw fault
        default: break
        }
        let fatal = ["NOAUTH", "LOADING", "READONLY", "MASTERDOWN", "MOVED"]
        if let code = text.split(separator: " ").first, fatal.contains(String(code)) { throw fault }
        noteError(fault.message)
        if loggedRefusal != fault.message { log("\(sharing.report().address): \(fault.message)") }
        loggedRefusal = fault.message
    }

    private func noteMended(_ keys: Int64?) {
        guard let keys, keys > 0 else { return }
        noteError("\(keys) keys of ours held something else and were made anew")
        log("\(sharing.report().address): \(keys) keys under rtbl: held something else and were made anew")
    }

    private func noteError(_ message: String) {
        sharing.update {
            $0.errors += 1
            $0.lastError = message
            $0.lastErrorWallMillis = Self.wallMillis
        }
    }

    private mutating func noteLoss(_ fault: Fault) {
        noteError(fault.message)
        sharing.update {
            if $0.isConnected { $0.sinceWallMillis = Self.wallMillis }
            $0.isConnected = false
            $0.awaitedSince = 0
        }
        let isRepeated = fault.message == loggedLoss && cl_boot_nanos() - establishedAt < Limits.redisSyncMillis * 1_000_000
        isFlapping = isRepeated && (isEstablished || isFlapping)
        if !hasLoggedLoss, !isFlapping {
            log("\(sharing.report().address): \(fault.message); suspensions and limits hold here alone until it is back")
            loggedLoss = fault.message
        }
        (hasLoggedLoss, isEstablished) = (true, false)
    }
}
