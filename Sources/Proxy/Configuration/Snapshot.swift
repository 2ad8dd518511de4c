import CTLS
import CTable
import RoutingTable
import Synchronization

/// How a Backend is reached.
struct Endpoint: BitwiseCopyable {
    /// In the address book; nil: it has no place there.
    var address: UInt32?
    var isTLS: Bool
    /// nil: no TLS, or its trust anchors cannot be used, and the backend is unreachable.
    var tls: UpstreamTLS?
    /// The AIRateLimitPolicy of the Backend.
    var tokenLimit: Index<rtbl_ai_rate_limit>?
    /// `--backend` sends it elsewhere, so that it may go without its credential.
    var isRedirected: Bool
    var hostHeader: Bytes
    var basePath: Bytes
    var connectTimeoutMillis: UInt64
    var responseTimeoutMillis: UInt64
    var streamTimeoutMillis: UInt64
    /// In `BackendLoads`, if it has a circuit breaker or a health check.
    var load: UInt32?
    var breaker: Index<rtbl_circuit_breaker>?
    var isChecked = false
}

/// One table, ready to be served: validated, with its state and the places of its backends. Requests hold on to
/// the snapshot that they began with.
@safe
struct Snapshot: ~Copyable {
    let mapped: MappedTable
    /// Its rows, in the state that all tables share.
    let state: SharedState
    let live: LiveState
    let generation: Int
    /// `--backend` names that fit no Backend of the table.
    let unknownBackends: [String]
    let authenticationKeys: AuthenticationKeys
    private let arena: Arena
    // Safe: as many as the table has backends; the arena keeps them as long as this value lives.
    private let endpoints: UnsafeMutablePointer<Endpoint>
    // Safe: as many as the table has providers; freed in deinit.
    private let providers: UnsafeMutablePointer<ProviderFields>
    /// Of OpenAI's API, for rules without an AIProvider.
    private let defaultUsage: UsageFields
    private let trust: UpstreamTrust
    // Safe: as many as the table has backends; the arena keeps them. What was wrong with the backend's certificate at
    // the latest handshake, for `ct_verify_problem`; 0: nothing. Any worker writes, and whoever writes last is right.
    private let certificateProblems: UnsafeMutablePointer<Atomic<Int32>>
    let healthChecks: [HealthChecks.Check]
    var hasHealthChecks: Bool { !healthChecks.isEmpty }
    // Safe: as many as the table has rules, or none; the arena keeps them.
    private let bodyTimeouts: UnsafeMutablePointer<UInt64>?

    @inline(__always)
    var table: RoutingTable { mapped.table }

    init?(_ mapped: consuming MappedTable, options: Options, addresses: AddressBook, secrets: Secrets, keySets: KeySetBook, loads: BackendLoads, live: LiveState, state: consuming SharedState, generation: Int) {
        let table = mapped.table
        guard let watched = Self.watched(in: table, loads) else { return nil }
        var arena = Arena()
        var unused = Dictionary(options.backends.map { ($0.name, BackendURL($0.url)!) }, uniquingKeysWith: { $1 })
        let overrides = unused
        let unset = Endpoint(
            address: nil, isTLS: false, tls: nil, tokenLimit: nil, isRedirected: false, hostHeader: .empty, basePath: .empty,
            connectTimeoutMillis: 0, responseTimeoutMillis: 0, streamTimeoutMillis: 0)
        unsafe endpoints = arena.array(table.backends.count, repeating: unset)
        unsafe certificateProblems = arena.atomics(table.backends.count)
        var trust = UpstreamTrust(anchorsFile: options.upstreamCA)
        for number in table.backends.indices {
            let backend = table.backends[number]
            let name = table.string(backend.object_name).text
            let fullName = "\(table.string(backend.object_namespace).text)/\(name)"
            let override = overrides[fullName] ?? overrides[name]
            unused[fullName] = nil
            unused[name] = nil
            unsafe endpoints[number] = Self.endpoint(of: backend, in: table, override, options, addresses, &arena)
            let index = Index<rtbl_backend>(unchecked: UInt32(number))
            unsafe endpoints[number].tokenLimit = table.extras(of: index)?.aiRateLimitIndex
            if unsafe endpoints[number].isTLS {
                unsafe Self.secure(&endpoints[number], of: index, in: table, override, options, addresses, LongTexts(table: table, secrets: secrets), &trust)
            }
        }
        self.trust = trust
        var checks: [HealthChecks.Check] = []
        for (extras, name, load) in watched {
            let endpoint = unsafe endpoints + Int(extras.backend)
            unsafe endpoint.pointee.load = load
            unsafe endpoint.pointee.breaker = extras.circuitBreakerIndex
            guard let index = extras.healthCheckIndex, let address = unsafe endpoint.pointee.address else { continue }
            unsafe endpoint.pointee.isChecked = true
            checks.append(HealthChecks.Check(table.features.healthChecks[index], load: load, address: address, name: name))
        }
        healthChecks = checks
        unsafe bodyTimeouts = BodyTimeouts.ofRules(in: table, default: UInt64(options.bodyTimeout * 1000), &arena)
        unknownBackends = unused.keys.sorted()
        unsafe providers = .allocate(capacity: max(1, table.providers.count))
        for number in table.providers.indices {
            unsafe (providers + number).initialize(to: ProviderFields(table.providers[number], in: table))
        }
        authenticationKeys = AuthenticationKeys(LongTexts(table: table, secrets: secrets), book: keySets)
        self.mapped = mapped
        self.state = state
        self.live = live
        defaultUsage = UsageFields()
        self.arena = arena
        self.generation = generation
    }

    /// Backends that have a circuit breaker or a health check, with their names and numbers; nil: too many.
    private static func watched(in table: RoutingTable, _ loads: BackendLoads) -> [(rtbl_backend_extras, name: String, load: UInt32)]? {
        var watched: [(rtbl_backend_extras, name: String, load: UInt32)] = []
        for number in table.features.backendExtras.indices {
            let extras = table.features.backendExtras[number]
            guard extras.circuit_breaker != RTBL_NONE || extras.health_check != RTBL_NONE else { continue }
            let backend = table.backends[Int(extras.backend)]
            let name = "\(table.string(backend.object_namespace).text)/\(table.string(backend.object_name).text)"
            guard let load = loads.number(of: name) else { return nil }
            watched.append((extras, name, load))
        }
        return watched
    }

    func endpoint(_ backend: Index<rtbl_backend>) -> Endpoint {
        precondition(backend.number < table.backends.count)
        return unsafe endpoints[backend.number]
    }

    /// Takes note of what was wrong with a backend's certificate; 0: nothing.
    func noteCertificate(of backend: Index<rtbl_backend>, _ problem: Int32) {
        precondition(backend.number < table.backends.count)
        let noted = unsafe certificateProblems + backend.number
        if unsafe noted.pointee.load(ordering: .relaxed) != problem { unsafe noted.pointee.store(problem, ordering: .relaxed) }
    }

    /// Why a backend's certificate was not accepted lately, in OpenSSL's words; nil: nothing was wrong.
    func certificateProblem(of backend: Index<rtbl_backend>) -> String? {
        precondition(backend.number < table.backends.count)
        let problem = unsafe certificateProblems[backend.number].load(ordering: .relaxed)
        return problem == 0 ? nil : unsafe String(cString: ct_verify_problem(problem))
    }

    /// TLS to backends that cannot be set up, for people.
    var trustProblems: [String] { trust.problems }

    /// The number in `BackendLoads` of a target's Backend, if that has a health check.
    func checkedLoad(of target: Index<rtbl_target>) -> UInt32? {
        let backend = table.targets[target].backendIndex.number
        precondition(backend < table.backends.count)
        return unsafe endpoints[backend].isChecked ? endpoints[backend].load : nil
    }

    /// How long a client of this rule may pause within its request's body; nil: as the options say.
    func bodyTimeoutMillis(_ rule: Index<rtbl_rule>) -> UInt64? {
        guard let bodyTimeouts = unsafe bodyTimeouts else { return nil }
        precondition(rule.number < table.rules.count)
        return unsafe bodyTimeouts[rule.number]
    }

    /// Where the model stands in a request of a pool with this provider.
    subscript(_ provider: Index<rtbl_provider>) -> ProviderFields {
        unsafeAddress {
            precondition(provider.number < table.providers.count)
            return unsafe UnsafePointer(providers + provider.number)
        }
    }

    /// Nanoseconds of the boot clock until which the target's Backend is over its AIRateLimitPolicy.
    func limitedUntil(_ target: Index<rtbl_target>) -> UInt64 {
        endpoint(table.targets[target].backendIndex).tokenLimit.map { state.limitedUntil($0) } ?? 0
    }

    /// Lends the places of the token counts in answers of a pool with this provider.
    func withUsageFields(_ provider: Index<rtbl_provider>?, _ body: (borrowing UsageFields) -> Void) {
        guard let provider else { return body(defaultUsage) }
        precondition(provider.number < table.providers.count)
        unsafe body(providers[provider.number].usage)
    }

    deinit {
        unsafe providers.deinitialize(count: mapped.table.providers.count)
        unsafe providers.deallocate()
    }

    private static func endpoint(
        of backend: rtbl_backend, in table: RoutingTable, _ override: BackendURL?, _ options: Options, _ addresses: AddressBook, _ arena: inout Arena
    ) -> Endpoint {
        let settings = table.backendSettings[backend.settingsIndex]
        func millis(_ own: UInt32, _ fallback: Double) -> UInt64 { own > 0 ? UInt64(own) : UInt64(fallback * 1000) }
        let host = override?.host ?? table.string(backend.host).text
        let path = override.map(\.path) ?? ""
        let isTLS = override?.isTLS ?? (Int(backend.scheme) == RTBL_SCHEME_HTTPS)
        return Endpoint(
            address: isTLS ? nil : addresses.number(host: host, port: override?.port ?? backend.port),
            isTLS: isTLS,
            tls: nil,
            tokenLimit: nil,
            isRedirected: override != nil,
            hostHeader: override.map { arena.store($0.hostHeader) } ?? table.string(backend.host_header),
            basePath: path.isEmpty ? table.string(backend.base_path) : arena.store(path),
            connectTimeoutMillis: millis(settings.connect_timeout_millis, options.connectTimeout),
            responseTimeoutMillis: millis(settings.response_timeout_millis, options.streamTimeout),
            streamTimeoutMillis: millis(settings.stream_timeout_millis, options.streamTimeout))
    }
}

extension Snapshot {
    /// What the certificate of a backend must be for, and who may vouch for it. Connections are shared between backends
    /// only where all of that is the same, so it is part of the address's key.
    ///
    /// A backend that `--backend` sends elsewhere is verified for the URL's host; `--upstream-ca`, if it is given, then
    /// stands before the Backend's own trust anchors, which are another host's.
    fileprivate static func secure(
        _ endpoint: inout Endpoint, of index: Index<rtbl_backend>, in table: RoutingTable, _ override: BackendURL?, _ options: Options,
        _ addresses: AddressBook, _ texts: LongTexts, _ trust: inout UpstreamTrust
    ) {
        let backend = table.backends[index]
        let own = table.extras(of: index)?.tlsIndex.map { table.features.backendTLS[$0] }
        let host = override?.host ?? table.string(backend.host).text
        let allowed = override == nil ? own.map { tls in (0..<Int(tls.allowed_sans.count)).map { table.string($0, of: tls.allowed_sans).text } } ?? [] : []
        let names = allowed.isEmpty ? [host] : allowed
        let backendName = table.string(backend.object_name).text
        var anchors: [UInt8]?
        switch override != nil && options.upstreamCA != nil ? .none : texts.find(own?.certificates ?? RTBL_NONE) {
        case .none: break
        case .text(let pem): anchors = pem
        case .absent(let secret): return trust.note("Backend \(backendName): the Secret \(secret) with its trust anchors is not there; put it under --secrets DIR")
        }
        endpoint.tls = trust.reach(host, names: names, anchors: anchors, backend: backendName)
        let security = ([host] + names + [anchors.map { String(decoding: $0, as: UTF8.self) } ?? options.upstreamCA ?? ""]).joined(separator: "\n")
        endpoint.address = addresses.number(host: host, port: override?.port ?? backend.port, security: security)
    }
}

/// A snapshot with the credentials as they are now. A new one is published when either changes; a worker takes
/// it up between two turns of its loop.
@safe
struct Configuration: ~Copyable {
    // Safe: the control thread frees neither before every worker has taken up a later configuration and, for the
    // snapshot, the last request on it has ended.
    let snapshot: UnsafePointer<Snapshot>
    private let arena: Arena
    private let credentialValues: [CredentialValue]
    private let withoutCredential: UnsafeMutablePointer<Bool>
    private let targetCount: Int
    // Safe: a reference of its own, given back in deinit.
    /// The certificates for `--listen-tls`; nil: there is no such listener.
    let listenerContext: OpaquePointer?
    /// A rule admits clients by their certificates.
    let asksForCertificate: Bool

    @unsafe
    init(_ snapshot: UnsafePointer<Snapshot>, secrets: Secrets, listenerContext: OpaquePointer?) {
        unsafe self.snapshot = snapshot
        unsafe self.listenerContext = listenerContext
        if let listenerContext = unsafe listenerContext { unsafe ct_context_retain(listenerContext) }
        var arena = Arena()
        let table = unsafe snapshot.pointee.table
        credentialValues = secrets.credentials(of: table, in: &arena)
        unsafe withoutCredential = arena.array(table.targets.count, repeating: false)
        for number in table.targets.indices {
            let backend = table.targets[number].backendIndex
            guard let credential = table.backends[backend].credentialIndex else { continue }
            let isMissing = unsafe credentialValues[credential.number].value == nil && !snapshot.pointee.endpoint(backend).isRedirected
            unsafe withoutCredential[number] = isMissing
        }
        targetCount = table.targets.count
        asksForCertificate = Server.asksForCertificate(table)
        self.arena = arena
    }

    deinit {
        if let listenerContext = unsafe listenerContext { unsafe ct_context_free(listenerContext) }
    }

    /// Whether a target takes no traffic because its Secret is not there.
    @inline(__always)
    func lacksCredential(_ target: Index<rtbl_target>) -> Bool {
        precondition(target.number < targetCount)
        return unsafe withoutCredential[target.number]
    }

    /// What to send to a backend; nil: it asks for none.
    func credential(of backend: rtbl_backend) -> CredentialValue? {
        backend.credentialIndex.map { credentialValues[$0.number] }
    }

    /// `namespace/secret` and key of every credential for want of which a target takes no traffic, for people.
    func missingCredentials() -> [String] {
        let table = unsafe snapshot.pointee.table
        var needed = Set<Int>()
        for number in table.targets.indices where unsafe withoutCredential[number] {
            if let credential = table.backends[table.targets[number].backendIndex].credentialIndex { needed.insert(credential.number) }
        }
        return needed.sorted().map { number in
            let credential = table.credentials[number]
            let keys = [credential.key, credential.password_key].filter { $0 != 0 }.map { table.string($0).text }
            return "\(table.string(credential.secret_namespace).text)/\(table.string(credential.secret_name).text) (\(keys.joined(separator: ", ")))"
        }
    }
}
