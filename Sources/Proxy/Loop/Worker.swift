import CLinux
import CTable
import RoutingTable
import Synchronization

/// One event loop: it owns the connections that it accepted, and everything that they need. Nothing in it is
/// shared with another worker but what `Shared` holds, and nothing is allocated after its start.
///
/// All its methods are `mutating`, also those that change nothing: Swift 6.3 copies the whole worker for a call of any other
/// (865 bytes, thirty times a request).
@safe
struct Worker: ~Copyable {
    // Safe: `events` has room for `Limits.eventsPerTurn`; a configuration, its snapshot and the counters outlive
    // every turn that began with them (see `ServedTables`).
    let number: Int
    let shared: Shared
    let epoll: Int32
    let events: UnsafeMutablePointer<epoll_event>

    /// By which the request goes that the worker is at work on, and who counts it: see `enter`.
    var configuration: UnsafePointer<Configuration>
    var counters: UnsafePointer<Counters>
    let tables: ServedTables
    var presentTable: UInt8
    /// By which the next request goes.
    var newestTable: UInt8
    var announcement: ServedTables.Announcement
    var clients: Slab<Client>
    var upstreams: Slab<Upstream>
    var idle: IdleUpstreams
    let sessions: Sessions
    var timers: TimerWheel
    var buffers: BufferPool
    var tokens: TokenCache

    /// The head of the request of client `parsedClient`; others parse theirs again when they need it.
    var requestHead = RequestHead()
    var parsedClient = -1
    /// The client that `advanceClient` is at work on.
    var advancingClient = -1
    var responseHead = ResponseHead()
    /// What becomes of each client's request; a status of 0 says that none is under way.
    var records: SlotArray<RequestRecord>
    /// Where clients come from, for the access log; not written without one.
    var addressTexts: SlotArray<AddressText>
    /// The flag isMetered says that a slot's is in use.
    var meters: SlotArray<TokenMeter>
    var scanner = BodyScanner()
    var date = CachedDate()
    /// nil: there is no access log.
    let lines: LineRing?
    /// That of `shared`: here no reference is counted for a look at it.
    let accessLog: AccessLog?
    var logLine: LogLine
    var logClock = LogClock()
    var scratch: Scratch
    var outbox = Outbox()

    /// Milliseconds and nanoseconds of the boot clock at the beginning of this turn.
    var now: UInt64
    var nowNanos: UInt64
    var firstWaiting: Int32 = -1
    /// Until then nothing is accepted, because connections or descriptors ran out; 0: accepting.
    var acceptPausedUntil: UInt64 = 0
    private var nextTrim: UInt64 = 0
    var isDraining = false

    /// - Returns: nil if the system has no memory or descriptors.
    init?(number: Int, shared: Shared) {
        let present = cl_boot_nanos()
        let epoll = cl_epoll_create()
        guard epoll >= 0, let clients = Slab<Client>(capacity: shared.maxClients),
            let upstreams = Slab<Upstream>(capacity: shared.maxUpstreams),
            let timers = TimerWheel(capacity: shared.maxClients + shared.maxUpstreams, now: present / 1_000_000),
            let idle = IdleUpstreams(), let sessions = Sessions(), let tokens = TokenCache(),
            let scratch = Scratch(), let records = SlotArray<RequestRecord>(capacity: shared.maxClients),
            let addressTexts = SlotArray<AddressText>(capacity: shared.maxClients), let meters = SlotArray<TokenMeter>(capacity: shared.maxClients),
            let line = unsafe cl_map_anonymous(Limits.logLineBytes)
        else { return nil }
        accessLog = shared.accessLog
        lines = accessLog?.rings[number]
        unsafe logLine = LogLine(Buffer(base: line.assumingMemoryBound(to: UInt8.self), capacity: Limits.logLineBytes))
        buffers = BufferPool(mostCachedBytes: shared.options.maxBuffered / (4 * shared.workers))
        self.records = records
        self.addressTexts = addressTexts
        self.meters = meters
        nowNanos = present
        now = present / 1_000_000
        self.number = number
        self.shared = shared
        self.epoll = epoll
        tables = shared.tables
        announcement = tables.announcement
        newestTable = announcement.newest
        presentTable = announcement.newest
        unsafe configuration = tables.configuration(at: Int(announcement.newest))!
        unsafe counters = configuration.pointee.snapshot.pointee.live.counters[number]
        tables.takeUp(announcement, by: number)
        self.clients = clients
        self.upstreams = upstreams
        self.timers = timers
        self.idle = idle
        self.sessions = sessions
        self.tokens = tokens
        self.scratch = scratch
        unsafe events = .allocate(capacity: Limits.eventsPerTurn)
        _ = cl_epoll_add(epoll, shared.wakes[number], CL_EPOLLIN | CL_EPOLLET, Token(.wake, 0, 0).raw)
        watchListeners()
    }

    // MARK: - The loop

    mutating func run() {
        while !(isDraining && clients.count == 0) {
            let count = Int(unsafe cl_epoll_wait(epoll, events, Int32(Limits.eventsPerTurn), millisToWait()))
            updateClock()
            takeUpConfiguration()
            closeStaleUpstreams(count)
            outbox.isOpen = true
            // all answers, then all requests: the same code many times
            for i in 0..<max(0, count) where unsafe Token(raw: cl_event_data(events + i)).kind == .upstream { handle(i) }
            for i in 0..<max(0, count) where unsafe Token(raw: cl_event_data(events + i)).kind != .upstream { handle(i) }
            sendPosted()
            expireTimers()
            if acceptPausedUntil > 0, now >= acceptPausedUntil { watchListeners() }
            if now >= nextTrim { trimBuffers() }
        }
        shared.workerHasDrained()
    }

    /// -1: until something happens.
    private mutating func millisToWait() -> Int32 {
        if acceptPausedUntil > 0 { return Int32(Limits.acceptPauseMillis) }
        let millis = timers.millisUntilNext(now: now)
        return buffers.isToBeTrimmed && UInt32(bitPattern: millis) > UInt32(Limits.trimMillis) ? Int32(Limits.trimMillis) : millis
    }

    private mutating func trimBuffers() {
        buffers.trim()
        nextTrim = now + UInt64(Limits.trimMillis)
    }

    private mutating func updateClock() {
        nowNanos = cl_boot_nanos()
        now = nowNanos / 1_000_000
    }

    /// A new table or new credentials are taken up between two turns, so that one turn never sees both.
    private mutating func takeUpConfiguration() {
        let latest = tables.announcement
        guard latest != announcement else { return }
        announcement = latest
        newestTable = latest.newest
        present(latest.newest)
        tables.takeUp(latest, by: number)
    }

    /// An idle backend connection with an event pending has been closed by its peer, or is about to: it goes before
    /// any request of this turn can be sent on it.
    private mutating func closeStaleUpstreams(_ count: Int) {
        for i in 0..<max(0, count) {
            let token = unsafe Token(raw: cl_event_data(events + i))
            guard token.kind == .upstream, isCurrent(token), upstreams[token.slot].state == .idle else { continue }
            if unsafe events[i].events & ~CL_EPOLLOUT != 0 { closeUpstream(token.slot) }
        }
    }

    mutating func isCurrent(_ token: Token) -> Bool {
        token.kind == .client ? clients.generation(token.slot) == token.generation : upstreams.generation(token.slot) == token.generation
    }

    private mutating func handle(_ number: Int) {
        let (token, events) = unsafe (Token(raw: cl_event_data(events + number)), events[number].events)
        switch token.kind {
        case .listener:
            present(newestTable)
            accept(token.slot)
        case .wake: wake()
        case .client where isCurrent(token): clientEvent(token.slot, events)
        case .upstream where isCurrent(token): upstreamEvent(token.slot, events)
        case .client, .upstream: break // closed earlier in this turn
        }
    }

    private mutating func wake() {
        cl_eventfd_clear(shared.wakes[number])
        resumeWaiting()
        if shared.wantsIdleUpstreams(worker: number) { closeIdleUpstreams() }
        if shared.isDraining.load(ordering: .acquiring), !isDraining { drain() }
        if shared.mustEnd.load(ordering: .acquiring) {
            sendPosted()
            endAll()
        }
    }

    private mutating func expireTimers() {
        while let identifier = timers.nextExpired(now: now) {
            if Int(identifier) < clients.capacity {
                clientExpired(Int(identifier))
            } else {
                upstreamExpired(Int(identifier) - clients.capacity)
            }
        }
    }

    // MARK: - Timers

    mutating func setClientTimer(_ slot: Int, millis: UInt64) { timers.set(UInt32(slot), deadline: now + millis) }
    mutating func setUpstreamTimer(_ slot: Int, millis: UInt64) { timers.set(UInt32(clients.capacity + slot), deadline: now + millis) }
    /// Of a backend connection that is at work for a client: at the latest when its rule says.
    mutating func setExchangeTimer(_ upstream: Int, _ slot: Int, millis: UInt64) { setUpstreamTimer(upstream, millis: limited(slot, millis)) }
    mutating func cancelClientTimer(_ slot: Int) { timers.cancel(UInt32(slot)) }
    mutating func cancelUpstreamTimer(_ slot: Int) { timers.cancel(UInt32(clients.capacity + slot)) }

    // MARK: - Accepting

    private mutating func watchListeners() {
        acceptPausedUntil = 0
        guard !isDraining else { return }
        for (i, listener) in shared.listeners.enumerated() {
            _ = cl_epoll_add(epoll, listener, CL_EPOLLIN | CL_EPOLLEXCLUSIVE, Token(.listener, i, 0).raw)
        }
    }

    private mutating func ignoreListeners() {
        for listener in shared.listeners { _ = cl_epoll_remove(epoll, listener) }
    }

    /// - Returns: whether more may be waiting.
    @discardableResult
    private mutating func accept(_ listener: Int) -> Bool {
        guard !isDraining, acceptPausedUntil == 0 else { return false }
        for _ in 0..<Limits.acceptsPerTurn {
            guard shared.admitClient() else {
                pauseAccepting()
                return false
            }
            let descriptor = cl_accept(shared.listeners[listener])
            guard descriptor >= 0 else {
                shared.clientHasLeft()
                let isShortage = descriptor == -EMFILE || descriptor == -ENFILE || descriptor == -ENOBUFS || descriptor == -ENOMEM
                if isShortage { pauseAccepting() }
                return false
            }
            openClient(descriptor, isTLS: listener >= shared.firstTLSListener)
        }
        return true
    }

    /// Clients wait in the kernel's queue meanwhile. The listener stays readable: without a pause the loop would spin on it.
    private mutating func pauseAccepting() {
        ignoreListeners()
        acceptPausedUntil = now + Limits.acceptPauseMillis
    }

    /// The time for draining is over: requests that are still under way get their line in the access log.
    private mutating func endAll() {
        for slot in 0..<clients.capacity where clients.isTaken(slot) {
            enter(slot)
            records[slot].error = Bytes("shutdown")
            if clients[slot].flags.contains(.isWaiting) { countRequest(slot, status: 503) }
            closeClient(slot, reset: true)
        }
    }

    /// SIGTERM: nothing more is accepted but what has been waiting; idle clients are told by a close, busy ones after
    /// their answer.
    private mutating func drain() {
        present(newestTable)
        for listener in shared.listeners.indices {
            var turns = Int(Limits.listenBacklog) / Limits.acceptsPerTurn + 1 // the whole queue, but not for ever
            while turns > 0, accept(listener) { turns -= 1 }
        }
        isDraining = true
        ignoreListeners()
        shared.workerHasStoppedListening()
        for slot in 0..<clients.capacity where clients.isTaken(slot) {
            // of an answer whose head has gone out the client knows nothing but that its connection is kept
            if !clients[slot].flags.contains(.hasAnswered) { clients[slot].flags.insert(.closeAfter) }
            if clients[slot].state == .readingHead, clients[slot].input.isEmpty {
                setClientTimer(slot, millis: min(Limits.drainIdleMillis, shared.options.drainTimeoutMillis))
            }
        }
    }
}

/// Whose event it is: a kind, a slot, and the slot's generation, by which an event for an earlier holder of the
/// slot is recognised.
struct Token: BitwiseCopyable {
    enum Kind: UInt64 { case listener, wake, client, upstream }

    let raw: UInt64

    init(raw: UInt64) { self.raw = raw }

    init(_ kind: Kind, _ slot: Int, _ generation: UInt32) {
        raw = UInt64(generation) << 32 | kind.rawValue << 30 | UInt64(slot)
    }

    var kind: Kind { Kind(rawValue: raw >> 30 & 3)! }
    var slot: Int { Int(raw & 0x3fff_ffff) }
    var generation: UInt32 { UInt32(raw >> 32) }
}
