import CLinux
import CTLS
import CTable
import RoutingTable
import Synchronization

/// The process: it prepares the table, starts the workers, and then watches over signals, Secrets, names and the
/// admin port while they work.
@safe
package final class Server {
    /// Why the process ends, with its exit code (sysexits.h).
    package struct Exit: Error {
        package let code: Int32
        package let message: String
    }

    let options: Options
    let shared: Shared
    /// What calls that change something must show; nil: nothing.
    let adminToken: String?
    package private(set) var warnings: [String]
    let secrets: Secrets
    /// nil: there is no `--listen-tls`.
    let certificates: ListenerCertificates?
    /// That must have signed every table; nil: none need be signed.
    let publicKey: [UInt8]?
    var secretsStamp: UInt64
    var tableWatch: TableWatch
    /// The last attempt to load a table after the first one.
    var lastReload: Reload?
    /// Tables that were loaded after the first one, and those that were refused.
    var reloads: [UInt64] = [0, 0]
    private let adminListener: Int32
    /// nil: there is no `--handover`.
    private let handover: Handover?
    /// Another process has taken the sockets over.
    private var isHandedOver = false
    private var drainBegan: UInt64?
    private var listenersAreClosed = false
    package let addresses: (traffic: [String], admin: String)

    var isDraining: Bool { drainBegan != nil }

    /// Prepares everything that can fail.
    package init(_ options: Options) throws(Exit) {
        _ = ct_use_free_lists() // refused where something of OpenSSL was used before: then malloc it is
        self.options = options
        adminToken = try options.adminToken.map { (path) throws(Exit) in try Self.readToken(path) }
        let descriptors = Int(clamping: cl_raise_descriptor_limit())
        publicKey = try Self.readPublicKey(options)
        let sharing = try Self.makeSharing(options)
        tableWatch = TableWatch(path: options.table) // before it is read: no change goes unnoticed
        let mapped = try Self.admitTable(options, publicKey: publicKey)
        handover = try options.handover.map { (path) throws(Exit) in try Handover(path: path) }
        let listeners = try Listeners(options, inherited: handover?.inherited ?? [])
        let table = mapped.table
        certificates = options.listenTLS.isEmpty ? nil : try ListenerCertificates(options.certificates, asksForCertificate: Self.asksForCertificate(table))

        let secrets = Secrets(folder: options.secrets)
        self.secrets = secrets
        if let user = options.user {
            try Privileges.drop(to: user)
            let files = [options.table] + options.certificates.flatMap { [$0.certificate, $0.key] } + secrets.paths(of: table) + secrets.textPaths(of: table) + options.redisFiles
            try Privileges.check(files, readableBy: user)
        }

        let workers = options.workers ?? System.availableCPUs()
        // opened by the user that will open it again
        let accessLog = try options.accessLog.map { (path) throws(Exit) in try AccessLog(path: path, workers: workers) }
        guard let addressBook = AddressBook(), let keySets = KeySetBook(), let loads = BackendLoads(),
            let live = try LiveState(region: Self.stateRegion(options, rows: SharedState.rowCount(table)), workers: workers), let state = SharedState(table, in: live.region),
            let snapshot = Snapshot(
                mapped, options: options, addresses: addressBook, secrets: secrets, keySets: keySets, loads: loads, live: live, state: state, generation: 1)
        else { throw Exit(code: 70, message: "no memory to serve this table") }
        let snapshotPointer = UnsafeMutablePointer<Snapshot>.allocate(capacity: 1)
        unsafe snapshotPointer.initialize(to: snapshot)
        secretsStamp = secrets.stamp(of: table)
        let tables = unsafe ServedTables(workers: workers, first: Configuration(snapshotPointer, secrets: secrets, listenerContext: certificates?.context))
        warnings = []

        // Half for clients, the rest for backends: a request whose answer is held back has two of those.
        let available = max(32, min(descriptors - Limits.reservedDescriptors - 2 * workers, 2 * Limits.connections))
        let maxClients = min(options.maxConnections ?? .max, available / 2)
        let shared = Shared(
            options: Self.requestOptions(options), workers: workers, maxClients: maxClients, maxUpstreams: available - maxClients, listeners: listeners.traffic.map(\.descriptor),
            firstTLSListener: options.listen.count, clientAddresses: options.maxConnectionsPerClient.map { ClientAddresses(limit: $0) }, addresses: addressBook,
            keySets: keySets, loads: loads, tables: tables, sharing: sharing, accessLog: accessLog)
        guard let shared else { throw Exit(code: 70, message: "no descriptors for the workers") }
        self.shared = shared
        adminListener = listeners.admin.descriptor
        addresses = (listeners.traffic.map(\.name), listeners.admin.name)

        try startSharing() // before anything is counted here
        for number in 0..<workers { try startWorker(number) }
        try startAccessLog()
        try startResolver()
        try startKeyFetchers()
        unsafe shared.health.replace(with: shared.published.pointee.snapshot.pointee.healthChecks)
        try startHealthChecks() // also for checks that a later table brings: the sandbox forbids new threads
        if options.isSandboxed { try enterSandbox() }
        takeWarnings()
    }

    /// After everything has been started: threads that come later inherit it.
    private func enterSandbox() throws(Exit) {
        Sandbox.giveUpPrivileges()
        if let problem = Sandbox.filterSystemCalls() {
            throw Exit(code: 70, message: "the system-call filter cannot be switched on: \(problem); --no-sandbox does without")
        }
    }

    // MARK: - Start

    private static func readToken(_ path: String) throws(Exit) -> String {
        guard var token = readSmallFile(path), token.last != nil else { throw Exit(code: 66, message: "--admin-token: cannot read \(path), or it is empty") }
        if token.last == ASCII.lineFeed { token.removeLast() }
        return String(decoding: token, as: UTF8.self)
    }

    static func checkOpenAPIs(_ table: RoutingTable, _ options: Options) throws(Exit) {
        let open = table.apis.indices.filter { table.apis[$0].flags & UInt32(RTBL_API_OPEN) != 0 }
        guard !options.allowOpen, !open.isEmpty, let exposed = (options.listen + options.listenTLS).first(where: { !Socket.isLoopback($0) }) else { return }
        let names = open.prefix(10).map { "\(table.string(table.apis[$0].object_namespace).text)/\(table.string(table.apis[$0].object_name).text)" }
        let more = open.count > 10 ? " and \(open.count - 10) more" : ""
        throw Exit(code: 1, message: """
            \(exposed) is not a loopback address, and these APIs ask for no authentication: \(names.joined(separator: ", "))\(more); \
            add an Authentication and a TokenIssuer to the policies, or allow it with --allow-open
            """)
    }

    private static func warnings(_ configuration: borrowing Configuration) -> [String] {
        var warnings = configuration.missingCredentials().map {
            "the Secret \($0) is not there: targets that need it take no traffic; put it under --secrets DIR"
        }
        warnings += unsafe configuration.snapshot.pointee.authenticationKeys.warnings
        warnings += unsafe configuration.snapshot.pointee.unknownBackends.map { "--backend \($0): the table has no Backend of that name" }
        warnings += unsafe configuration.snapshot.pointee.trustProblems.prefix(Limits.startWarnings).map { "\($0); its targets are unreachable" }
        return warnings
    }

    private static func requestOptions(_ options: Options) -> Shared.RequestOptions {
        func millis(_ seconds: Double) -> UInt64 { UInt64((seconds * 1000).rounded(.up)) }
        return Shared.RequestOptions(
            maxRequests: options.maxRequests ?? .max,
            maxBody: options.maxBody,
            maxBuffered: options.maxBuffered ?? System.defaultMaxBuffered(),
            headTimeoutMillis: millis(options.headTimeout), bodyTimeoutMillis: millis(options.bodyTimeout),
            idleTimeoutMillis: millis(options.idleTimeout), upstreamIdleTimeoutMillis: millis(options.upstreamIdleTimeout),
            drainTimeoutMillis: millis(options.drainTimeout))
    }

    private func startWorker(_ number: Int) throws(Exit) {
        guard let worker = Worker(number: number, shared: shared) else {
            throw Exit(code: 70, message: "no memory or descriptors for worker \(number)")
        }
        let pointer = UnsafeMutablePointer<Worker>.allocate(capacity: 1)
        unsafe pointer.initialize(to: worker)
        guard unsafe cl_thread(runWorker, pointer, Limits.workerStackBytes) == 0 else {
            throw Exit(code: 70, message: "no thread for worker \(number)")
        }
    }

    private func startResolver() throws(Exit) {
        for _ in 0..<Limits.resolverThreads {
            let reference = unsafe Unmanaged.passRetained(shared).toOpaque()
            guard unsafe cl_thread(runResolver, reference, Limits.workerStackBytes) == 0 else {
                throw Exit(code: 70, message: "no thread for name lookups")
            }
        }
    }

    private func startAccessLog() throws(Exit) {
        guard let accessLog = shared.accessLog else { return }
        let reference = unsafe Unmanaged.passRetained(accessLog).toOpaque()
        guard unsafe cl_thread(runAccessLog, reference, Limits.workerStackBytes) == 0 else {
            throw Exit(code: 70, message: "no thread for the access log")
        }
    }

    private func startHealthChecks() throws(Exit) {
        let reference = unsafe Unmanaged.passRetained(shared).toOpaque()
        guard unsafe cl_thread(runHealthChecks, reference, Limits.workerStackBytes) == 0 else {
            throw Exit(code: 70, message: "no thread for health checks")
        }
    }

    // MARK: - Watching

    /// Runs until the process is told to end and its requests are done.
    package func run(signals: Int32) {
        isServing = true
        let epoll = cl_epoll_create()
        let page = PageFeed(self)
        let admin = AdminPort(listener: adminListener, epoll: epoll) { [unowned self] in self.respond(to: $0, page, streams: $1) }
        _ = cl_epoll_add(epoll, signals, CL_EPOLLIN, UInt64(signals))
        if let watch = tableWatch.descriptor { _ = cl_epoll_add(epoll, watch, CL_EPOLLIN, UInt64(watch)) }
        handover?.watch(on: epoll)
        if handover?.tellPredecessor() == false {
            log("another process has taken the sockets over at the same time; draining")
            isHandedOver = true
            admin.stopListening()
            beginDraining()
        }
        cl_forget_startup_code()
        unsafe cl_notify_manager("READY=1")
        var event = unsafe epoll_event()
        while !hasEnded {
            let n = unsafe cl_epoll_wait(epoll, &event, 1, isDraining ? 10 : min(Int32(Limits.secretsIntervalSeconds) * 1000, page.millisUntilTick))
            if n > 0 {
                let descriptor = unsafe Int32(truncatingIfNeeded: cl_event_data(&event))
                if descriptor == signals {
                    handleSignals(signals)
                } else if descriptor == tableWatch.descriptor {
                    if tableWatch.hasChanged(.noticed) { _ = reload() }
                } else if !admin.handle(descriptor) {
                    handleHandover(descriptor, epoll, admin)
                }
            }
            admin.expire()
            page.tick(admin)
            refresh()
            if shared.tables.freeUnused() { shared.wakeAll() }
            if isDraining { continueDraining() }
        }
        finishAccessLog()
    }

    /// Its last lines are those of requests that draining was too short for.
    private func finishAccessLog() {
        guard let accessLog = shared.accessLog else { return }
        if !shared.hasDrained {
            shared.mustEnd.store(true, ordering: .releasing)
            shared.wakeAll()
            for _ in 0..<Limits.lastTurnMillis / 10 where !shared.hasDrained { _ = cl_wait_readable(-1, 10) }
        }
        accessLog.finish()
    }

    private func handleHandover(_ descriptor: Int32, _ epoll: Int32, _ admin: AdminPort) {
        let sockets = listenersAreClosed ? [] : shared.listeners + [adminListener]
        guard let handover, case .taken = handover.handle(descriptor, on: epoll, sockets: sockets) else { return }
        isHandedOver = true
        admin.stopListening()
        beginDraining()
    }

    private func beginDraining() {
        guard drainBegan == nil else { return }
        drainBegan = cl_boot_nanos()
        unsafe cl_notify_manager("STOPPING=1")
        handover?.close(isTaken: isHandedOver)
    }

    /// Several of a kind count as one: whoever sends SIGHUP faster than a table is loaded must not keep the thread from the rest.
    private func handleSignals(_ signals: Int32) {
        var isHangUp = false
        while case let signal = cl_signalfd_next(signals), signal != 0 {
            if signal == SIGHUP { isHangUp = true } else { beginDraining() }
        }
        guard isHangUp else { return }
        if let problem = shared.accessLog?.reopen() { log("\(problem); it goes on where it was") }
        tableWatch.note()
        _ = reload()
        refresh(force: true)
    }

    private func continueDraining() {
        guard let drainBegan, isHandedOver || Double(cl_boot_nanos() - drainBegan) / 1e9 >= options.drainDelay else { return }
        if !shared.isDraining.load(ordering: .relaxed) {
            shared.isDraining.store(true, ordering: .releasing)
            shared.wakeAll()
        }
        // Who comes now is refused at once instead of waiting for an accept that never comes.
        if !listenersAreClosed, shared.nobodyListens {
            for listener in shared.listeners { _ = cl_close(listener) }
            listenersAreClosed = true
        }
    }

    private var hasEnded: Bool {
        guard let drainBegan else { return false }
        let seconds = Double(cl_boot_nanos() - drainBegan) / 1e9
        return shared.hasDrained || seconds >= (isHandedOver ? 0 : options.drainDelay) + options.drainTimeout
    }

    private var isServing = false
    private var lastLook: UInt64 = 0

    /// Looks whether Secrets or certificates have changed, and publishes what has.
    ///
    /// - Parameter force: certificates are read again in any case, and at once.
    private func refresh(force: Bool = false) {
        let now = cl_boot_nanos()
        guard force || now - lastLook >= UInt64(Limits.secretsIntervalSeconds) * 1_000_000_000 else { return }
        lastLook = now
        logCertificateProblems()
        renewStaleState()
        if tableWatch.hasChanged(.looked) { _ = reload() }
        let areSecretsFresh = haveSecretsChanged()
        let areCertificatesFresh = haveCertificatesChanged(force: force)
        guard areSecretsFresh || areCertificatesFresh else { return }
        if areSecretsFresh { log("the Secrets have changed and were read again") }
        if areCertificatesFresh { log("the certificates were read again") }
        takeCredentials()
        if areSecretsFresh, unsafe !secrets.textPaths(of: shared.published.pointee.snapshot.pointee.table).isEmpty {
            _ = reload() // trust anchors are part of what is made of a table
        }
    }

    /// Reads Secrets again for all tables, and takes the present certificates.
    func takeCredentials() {
        unsafe shared.tables.replaceAll { unsafe Configuration($0, secrets: secrets, listenerContext: certificates?.context) }
        shared.wakeAll()
        takeWarnings()
    }

    /// Makes the warnings anew, and logs those that are new once the process is at work.
    func takeWarnings() {
        let configuration = unsafe shared.published
        let fresh = unsafe Self.warnings(configuration.pointee) + Self.openRuleWarnings(configuration.pointee.snapshot.pointee.table, options) + Self.sharingWarnings(options)
        if isServing { for warning in fresh where !warnings.contains(warning) { log("warning: \(warning)") } }
        warnings = fresh
    }

    func haveSecretsChanged() -> Bool {
        guard options.secrets != nil else { return false }
        let stamp = unsafe secrets.stamp(of: shared.published.pointee.snapshot.pointee.table)
        guard stamp != secretsStamp else { return false }
        secretsStamp = stamp
        return true
    }

    private func haveCertificatesChanged(force: Bool) -> Bool {
        switch certificates?.refresh(force: force) {
        case .reloaded: return true
        case .refused(let problem):
            log("the certificates could not be read again, the old ones serve on: \(problem)")
            return false
        case nil, .some(.none): return false
        }
    }

    /// What was logged of each backend's certificate last.
    var loggedCertificateProblems: [Int: String] = [:]

    /// Says once what is wrong with a backend's certificate, and when it is right again.
    private func logCertificateProblems() {
        let snapshot = unsafe shared.published.pointee.snapshot
        for number in unsafe snapshot.pointee.table.backends.indices {
            let backend = Index<rtbl_backend>(unchecked: UInt32(number))
            let problem = unsafe snapshot.pointee.certificateProblem(of: backend)
            guard problem != loggedCertificateProblems[number] else { continue }
            loggedCertificateProblems[number] = problem
            log(problem.map { "Backend \(name(of: backend)): its certificate was not accepted: \($0); nothing was sent to it" }
                ?? "Backend \(name(of: backend)): its certificate is accepted again")
        }
    }

    // MARK: - What reports need

    /// What all threads have counted together.
    func sum(_ count: (borrowing Counters) -> UInt64) -> UInt64 {
        unsafe shared.published.pointee.snapshot.pointee.live.sum(count)
    }

    func row(_ target: Index<rtbl_target>) -> UInt32 { unsafe shared.published.pointee.snapshot.pointee.state.row(target) }
    func row(_ api: Index<rtbl_api>) -> UInt32 { unsafe shared.published.pointee.snapshot.pointee.state.row(api) }

    func picks(_ target: Index<rtbl_target>) -> UInt64 {
        let row = row(target)
        return sum { $0.picks(row) }
    }

    func name(of backend: Index<rtbl_backend>) -> String {
        let table = unsafe shared.published.pointee.snapshot.pointee.table
        return "\(table.string(table.backends[backend].object_namespace).text)/\(table.string(table.backends[backend].object_name).text)"
    }

    func name(of api: Index<rtbl_api>) -> String {
        let table = unsafe shared.published.pointee.snapshot.pointee.table
        return "\(table.string(table.apis[api].object_namespace).text)/\(table.string(table.apis[api].object_name).text)"
    }

    func labels(of pool: rtbl_pool) -> (api: String, environment: String) {
        (name(of: pool.apiIndex), Int(pool.environment) == RTBL_ENVIRONMENT_SANDBOX ? "sandbox" : "production")
    }
}

/// Writes a line for people to standard error. Where nobody reads it and its pipe is full, the line is lost, and the next
/// one that is not says how many were: whoever collects the log must not stop the process.
package func log(_ message: String) {
    guard cl_takes_line(2) == 1 else {
        lostLogLines.add(1, ordering: .relaxed)
        return
    }
    let lost = lostLogLines.exchange(0, ordering: .relaxed)
    let line = Array("dataplane: \(lost > 0 ? "\(lost) lines were lost here, since nobody read them; " : "")\(message)".utf8.prefix(Limits.logMessageBytes)) + [ASCII.lineFeed]
    unsafe _ = cl_write(2, line, line.count)
}

private let lostLogLines = Atomic<Int>(0)

/// The body of a worker's thread. Free functions: a closure here would be bound to the main actor.
private func runWorker(_ worker: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    unsafe worker!.assumingMemoryBound(to: Worker.self).pointee.run()
    return nil
}

private func runHealthChecks(_ shared: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    var prober = unsafe HealthProber(Unmanaged<Shared>.fromOpaque(shared!).takeUnretainedValue())
    prober.run()
    return nil
}

private func runResolver(_ shared: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let shared = unsafe Unmanaged<Shared>.fromOpaque(shared!).takeUnretainedValue()
    shared.addresses.resolveForever { shared.wakeAll() }
}

extension Limits {
    /// A line for people, without its end: a pipe that can be written to takes 4,096 bytes at once (PIPE_BUF).
    static let logMessageBytes = 4095
    /// Warnings about single Backends at start; `/status` says the rest.
    static let startWarnings = 20
}
