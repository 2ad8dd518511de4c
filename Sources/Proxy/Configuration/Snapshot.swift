import CTable
import RoutingTable

/// How a Backend is reached.
struct Endpoint: BitwiseCopyable {
    /// In the address book; nil: it has no place there.
    var address: UInt32?
    var isTLS: Bool
    /// `--backend` sends it elsewhere, so that it may go without its credential.
    var isRedirected: Bool
    var hostHeader: Bytes
    var basePath: Bytes
    var connectTimeoutMillis: UInt64
    var responseTimeoutMillis: UInt64
    var streamTimeoutMillis: UInt64
}

/// One table, ready to be served: validated, with its state and the places of its backends. Requests hold on to
/// the snapshot that they began with.
@safe
struct Snapshot: ~Copyable {
    let mapped: MappedTable
    let state: SharedState
    let generation: Int
    /// `--backend` names that fit no Backend of the table.
    let unknownBackends: [String]
    private let arena: Arena
    // Safe: as many as the table has backends; the arena keeps them as long as this value lives.
    private let endpoints: UnsafeMutablePointer<Endpoint>
    // Safe: as many as the table has providers; freed in deinit.
    private let providers: UnsafeMutablePointer<ProviderFields>

    @inline(__always)
    var table: RoutingTable { mapped.table }

    init?(_ mapped: consuming MappedTable, options: Options, addresses: AddressBook, generation: Int) {
        let table = mapped.table
        guard let state = SharedState(pools: table.pools.count, targets: table.targets.count) else { return nil }
        var arena = Arena()
        var unused = Dictionary(options.backends.map { ($0.name, BackendURL($0.url)!) }, uniquingKeysWith: { $1 })
        let overrides = unused
        let unset = Endpoint(
            address: nil, isTLS: false, isRedirected: false, hostHeader: .empty, basePath: .empty,
            connectTimeoutMillis: 0, responseTimeoutMillis: 0, streamTimeoutMillis: 0)
        unsafe endpoints = arena.array(table.backends.count, repeating: unset)
        for number in table.backends.indices {
            let backend = table.backends[number]
            let name = table.string(backend.object_name).text
            let fullName = "\(table.string(backend.object_namespace).text)/\(name)"
            let override = overrides[fullName] ?? overrides[name]
            unused[fullName] = nil
            unused[name] = nil
            unsafe endpoints[number] = Self.endpoint(of: backend, in: table, override, options, addresses, &arena)
        }
        unknownBackends = unused.keys.sorted()
        unsafe providers = .allocate(capacity: max(1, table.providers.count))
        for number in table.providers.indices {
            unsafe (providers + number).initialize(to: ProviderFields(table.providers[number], in: table))
        }
        self.mapped = mapped
        self.state = state
        self.arena = arena
        self.generation = generation
    }

    func endpoint(_ backend: Index<rtbl_backend>) -> Endpoint {
        precondition(backend.number < table.backends.count)
        return unsafe endpoints[backend.number]
    }

    /// Where the model stands in a request of a pool with this provider.
    subscript(_ provider: Index<rtbl_provider>) -> ProviderFields {
        unsafeAddress {
            precondition(provider.number < table.providers.count)
            return unsafe UnsafePointer(providers + provider.number)
        }
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
        return Endpoint(
            address: addresses.number(host: host, port: override?.port ?? backend.port),
            isTLS: override?.isTLS ?? (Int(backend.scheme) == RTBL_SCHEME_HTTPS),
            isRedirected: override != nil,
            hostHeader: override.map { arena.store($0.hostHeader) } ?? table.string(backend.host_header),
            basePath: path.isEmpty ? table.string(backend.base_path) : arena.store(path),
            connectTimeoutMillis: millis(settings.connect_timeout_millis, options.connectTimeout),
            responseTimeoutMillis: millis(settings.response_timeout_millis, options.streamTimeout),
            streamTimeoutMillis: millis(settings.stream_timeout_millis, options.streamTimeout))
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

    @unsafe
    init(_ snapshot: UnsafePointer<Snapshot>, secrets: Secrets) {
        unsafe self.snapshot = snapshot
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
        self.arena = arena
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
