import CLinux
import CTable
import RoutingTable

/// Loading a table, at start and later: it is checked whole before it serves, and a bad one is refused.
extension Server {
    /// What came of the last attempt to load a table.
    struct Reload {
        var wallMillis: UInt64
        /// On the boot clock.
        var millis: UInt64
        /// nil: it serves.
        var refusal: String?
    }

    /// Maps the table and checks it against what this process is and may serve.
    ///
    /// - Parameter publicKey: that must have signed it, in PEM; nil: none need.
    /// - Throws: exit code 66 where the file cannot be read, 1 where it is refused.
    static func admitTable(_ options: Options, publicKey: [UInt8]?) throws(Exit) -> MappedTable {
        let path = options.table
        let mapped: MappedTable
        do throws(TableFault) {
            mapped = try MappedTable(path: path)
        } catch {
            throw Exit(code: error.isMissing ? 66 : 1, message: error.isMissing ? "\(error)" : "\(path) is refused: \(error)")
        }
        if let publicKey { try checkSignature(mapped.header, publicKey, path: path) }
        try checkRequirements(mapped.table, path: path)
        try checkOpenAPIs(mapped.table, options)
        try checkAuthentications(mapped.table, path: path)
        return mapped
    }

    private static func checkSignature(_ header: TableHeader, _ pem: [UInt8], path: String) throws(Exit) {
        guard let signature = header.signature else {
            throw Exit(code: 1, message: "\(path) is refused: it is not signed, and --public-key asks for that; rtblc sign signs a table")
        }
        let isSound: Bool
        do throws(KeyFault) {
            isSound = try PublicKey(pem: pem).verifies(signature, of: header.digest)
        } catch {
            throw Exit(code: 66, message: "--public-key: \(error)")
        }
        guard isSound else { throw Exit(code: 1, message: "\(path) is refused: its signature was not made over this table with the key of --public-key") }
    }

    /// - Throws: exit code 66 where there is no such key.
    static func readPublicKey(_ options: Options) throws(Exit) -> [UInt8]? {
        guard let path = options.publicKey else { return nil }
        guard let pem = readSmallFile(path) else { throw Exit(code: 66, message: "--public-key: cannot read \(path)") }
        do throws(KeyFault) {
            _ = try PublicKey(pem: pem)
        } catch {
            throw Exit(code: 66, message: "--public-key: \(path): \(error)")
        }
        return pem
    }

    // MARK: - Reload

    /// Loads the table again. It serves the requests that begin from now on; a bad one is refused, and the present one
    /// goes on.
    ///
    /// - Returns: why it is refused; nil: it serves.
    func reload() -> String? {
        var refusal: String?
        do throws(Exit) {
            guard shared.tables.hasRoom else {
                throw Exit(code: 75, message: "\(Limits.servedTables - 1) earlier tables still serve requests under way; try again when some of them have ended")
            }
            try serve(Self.admitTable(options, publicKey: publicKey))
        } catch {
            refusal = error.message
            if error.code != 1 { tableWatch.tryAgain() } // not the table's fault: it may pass
        }
        lastReload = Reload(wallMillis: cl_wall_nanos() / 1_000_000, millis: cl_boot_nanos() / 1_000_000, refusal: refusal)
        reloads[refusal == nil ? 0 : 1] += 1
        if let refusal {
            log("the table was not reloaded, the present one serves on: \(refusal)")
        } else {
            let snapshot = unsafe shared.published.pointee.snapshot
            unsafe log("table \(snapshot.pointee.mapped.header.digest.hex) serves from now on (generation \(snapshot.pointee.generation))")
        }
        return refusal
    }

    private func serve(_ mapped: consuming MappedTable) throws(Exit) {
        let present = unsafe shared.published.pointee.snapshot
        var live = unsafe present.pointee.live
        let state = try makeState(of: mapped.table, in: &live)
        let asksForCertificate = Self.asksForCertificate(mapped.table)
        let generation = unsafe present.pointee.generation + 1
        let stamp = secrets.stamp(of: mapped.table) // before they are read: what changes meanwhile is read again
        guard let snapshot = Snapshot(
            mapped, options: options, addresses: shared.addresses, secrets: secrets, keySets: shared.keySets, loads: shared.loads, live: live, state: state, generation: generation)
        else { throw Exit(code: 70, message: "no memory to serve this table") }
        if let certificates, case .refused(let problem) = certificates.refresh(force: false, asksForCertificate: asksForCertificate),
            certificates.asksForCertificate != asksForCertificate
        {
            throw Exit(code: 66, message: "TLS: \(problem)")
        }
        unsafe snapshot.continueRotations(of: present.pointee)
        let pointer = UnsafeMutablePointer<Snapshot>.allocate(capacity: 1)
        unsafe pointer.initialize(to: snapshot)
        if haveSecretsChanged() { takeCredentials() }
        secretsStamp = stamp
        loggedCertificateProblems = [:] // by numbers of the earlier table
        unsafe shared.tables.publish(Configuration(pointer, secrets: secrets, listenerContext: certificates?.context))
        unsafe shared.sharing?.serve(Sharing.Rows(pointer.pointee))
        shared.wakeAll()
        unsafe shared.health.replace(with: pointer.pointee.healthChecks)
        takeWarnings()
    }

    /// The table's rows in the present state if that has room for them, else in a larger one with all that stands in it.
    private func makeState(of table: RoutingTable, in present: inout LiveState) throws(Exit) -> SharedState {
        if !present.region.isStale, let state = SharedState(table, in: present.region) { return state }
        let rows = present.region.keys.count + SharedState.rowCount(table)
        let region = try Self.stateRegion(options, rows: rows)
        guard let larger = LiveState(region: region, workers: shared.workers), larger.takeOver(present), let state = SharedState(table, in: region) else {
            throw Exit(code: 70, message: "no memory for the state of this table")
        }
        present = larger
        return state
    }

    /// Memory for the state, or the file of `--state`.
    ///
    /// - Throws: exit code 73 where there can be no such file.
    static func stateRegion(_ options: Options, rows: Int) throws(Exit) -> StateRegion {
        guard let path = options.state else {
            guard let region = StateRegion(rows: rows) else { throw Exit(code: 70, message: "no memory for the state of this table") }
            return region
        }
        do throws(StateFile.Problem) {
            return StateRegion(try StateFile.open(path, rows: rows) { log("warning: \($0)") })
        } catch {
            throw Exit(code: 73, message: "--state: \(error)")
        }
    }

    /// A state file that has been truncated, deleted or replaced: another one is opened, with all that still stands here.
    func renewStaleState() {
        guard options.state != nil, unsafe shared.published.pointee.snapshot.pointee.live.region.isStale else { return }
        if let lastReload, lastReload.refusal != nil, cl_boot_nanos() / 1_000_000 < lastReload.millis + Limits.reloadPauseMillis { return }
        log("warning: the state file was truncated, deleted or replaced by another process; it is opened anew")
        _ = reload()
    }

    static func asksForCertificate(_ table: RoutingTable) -> Bool {
        table.features.authenticationSchemes.indices.contains { Int(table.features.authenticationSchemes[$0].kind) == RTBL_AUTHENTICATION_MUTUAL_TLS }
    }
}

extension Snapshot {
    /// A pool whose cycle is the same as before has its cursor in the same row. One whose cycle is another goes on behind
    /// the target that was picked last, so that a reload makes nobody come first again.
    func continueRotations(of earlier: borrowing Snapshot) {
        var known: [UInt64: Index<rtbl_pool>] = [:]
        for number in earlier.table.pools.indices {
            let pool = Index<rtbl_pool>(unchecked: UInt32(number))
            known[earlier.table.pools[pool].identity] = pool
        }
        for number in table.pools.indices {
            let pool = Index<rtbl_pool>(unchecked: UInt32(number))
            guard let old = known[table.pools[pool].identity], earlier.state.row(old) != state.row(pool) else { continue }
            let oldPool = earlier.table.pools[old]
            let rotation = earlier.table.rotation(of: oldPool)
            let next = Int(earlier.state.cursor(old) % UInt64(rotation.cycleLength))
            let last = rotation.target(at: next == 0 ? rotation.cycleLength - 1 : next - 1)
            let identity = earlier.table.targets[oldPool.target(last)].identity
            state.setCursor(pool, to: UInt64(table.position(behind: identity, in: table.pools[pool]) ?? 0))
        }
    }
}

extension Limits {
    /// Tables in memory at once: the newest, and those that requests under way began with.
    static let servedTables = 64
    /// What could not be loaded for a reason that may pass is tried again so much later.
    static let reloadPauseMillis: UInt64 = 10_000
}
