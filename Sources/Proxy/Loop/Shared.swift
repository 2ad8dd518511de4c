import CLinux
import RoutingTable
import Synchronization

/// The few things that workers and the control thread share.
@safe
final class Shared: @unchecked Sendable {
    /// The options that a request needs, in the units of the loop.
    struct RequestOptions {
        /// Requests under way in all workers; .max: no limit.
        var maxRequests: Int
        var maxBody: Int
        var maxBuffered: Int
        var headTimeoutMillis: UInt64
        var bodyTimeoutMillis: UInt64
        var idleTimeoutMillis: UInt64
        var upstreamIdleTimeoutMillis: UInt64
        var drainTimeoutMillis: UInt64
    }

    let options: RequestOptions
    let listeners: [Int32]
    /// Those from here on are for TLS.
    let firstTLSListener: Int
    let addresses: AddressBook
    let keySets: KeySetBook
    let loads: BackendLoads
    let health = HealthChecks()
    let tables: ServedTables
    /// nil: nothing is shared with other instances.
    let sharing: Sharing?
    /// nil: none was asked for.
    let accessLog: AccessLog?
    /// One event descriptor a worker: something has changed, look.
    let wakes: [Int32]
    let workers: Int
    /// Connections that all workers together may have with clients, and with backends.
    let maxClients: Int
    let maxUpstreams: Int

    /// Open connections of all workers.
    let clients = Atomic<Int>(0)
    let upstreams = Atomic<Int>(0)
    /// Requests under way in all workers; not counted without a limit.
    let requests = Atomic<Int>(0)
    /// Tokens that were counted by the bytes of answers that did not say what they took.
    let estimatedTokens = Atomic<Int>(0)
    /// nil: a client may have as many connections as there are.
    let clientAddresses: ClientAddresses?
    /// Bytes of bodies held by all workers.
    let buffered = Atomic<Int>(0)
    let isDraining = Atomic<Bool>(false)
    /// Draining has taken too long.
    let mustEnd = Atomic<Bool>(false)
    private let deafWorkers = Atomic<Int>(0)
    private let drainedWorkers = Atomic<Int>(0)

    // Safe: one for each worker, as long as the process lives.
    private let idleRequests: UnsafeMutablePointer<Atomic<Bool>>

    init?(
        options: RequestOptions, workers: Int, maxClients: Int, maxUpstreams: Int, listeners: [Int32], firstTLSListener: Int, clientAddresses: ClientAddresses?, addresses: AddressBook, keySets: KeySetBook, loads: BackendLoads,
        tables: ServedTables, sharing: Sharing?, accessLog: AccessLog?
    ) {
        self.options = options
        self.workers = workers
        self.maxClients = maxClients
        self.maxUpstreams = maxUpstreams
        self.listeners = listeners
        self.firstTLSListener = firstTLSListener
        self.clientAddresses = clientAddresses
        self.addresses = addresses
        self.keySets = keySets
        self.loads = loads
        self.accessLog = accessLog
        unsafe idleRequests = .allocate(capacity: workers)
        for i in 0..<workers { unsafe (idleRequests + i).initialize(to: Atomic(false)) }
        wakes = (0..<workers).map { _ in cl_eventfd() }
        self.tables = tables
        self.sharing = sharing
        guard wakes.allSatisfy({ $0 >= 0 }) else { return nil }
    }

    // MARK: - Configuration

    /// The configuration that new requests go by; for the control thread.
    var published: UnsafePointer<Configuration> { unsafe tables.current }

    func wakeAll() {
        for wake in wakes { _ = cl_eventfd_signal(wake) }
    }

    // MARK: - Connections

    /// Counts one more client; false: there are as many as there may be.
    func admitClient() -> Bool {
        if clients.add(1, ordering: .relaxed).oldValue < maxClients { return true }
        clientHasLeft()
        return false
    }

    func clientHasLeft() { clients.subtract(1, ordering: .relaxed) }

    /// The same for connections to backends.
    func admitUpstream() -> Bool {
        if upstreams.add(1, ordering: .relaxed).oldValue < maxUpstreams { return true }
        upstreamHasLeft()
        return false
    }

    func upstreamHasLeft() { upstreams.subtract(1, ordering: .relaxed) }

    /// A worker that ran out of connections to backends asks the others to close those that they keep idle.
    func askForIdleUpstreams() {
        for number in 0..<workers { unsafe idleRequests[number].store(true, ordering: .relaxed) }
        wakeAll()
    }

    func wantsIdleUpstreams(worker: Int) -> Bool {
        unsafe idleRequests[worker].load(ordering: .relaxed) && idleRequests[worker].exchange(false, ordering: .relaxed)
    }

    // MARK: - Requests

    /// Counts one more request; false: there are as many as there may be.
    func admitRequest() -> Bool {
        if requests.add(1, ordering: .relaxed).oldValue < options.maxRequests { return true }
        requestHasEnded()
        return false
    }

    func requestHasEnded() { requests.subtract(1, ordering: .relaxed) }

    // MARK: - Bodies

    /// Takes `count` bytes of `--max-buffered`; false: there are not so many left.
    func reserveBody(_ count: Int) -> Bool {
        let before = buffered.add(count, ordering: .relaxed).oldValue
        if before + count <= options.maxBuffered { return true }
        releaseBody(count)
        return false
    }

    func releaseBody(_ count: Int) { buffered.subtract(count, ordering: .relaxed) }

    // MARK: - Draining

    /// Worker after worker stops listening; when all have, the listeners can be closed.
    func workerHasStoppedListening() { deafWorkers.add(1, ordering: .releasing) }
    var nobodyListens: Bool { deafWorkers.load(ordering: .acquiring) == workers }

    func workerHasDrained() { drainedWorkers.add(1, ordering: .releasing) }
    var hasDrained: Bool { drainedWorkers.load(ordering: .acquiring) == workers }
}
