import CLinux
import RoutingTable
import Synchronization

/// The key sets of every URL that token issuers publish theirs at. They are fetched by threads of their own, at start,
/// every `Limits.keySetIntervalMillis`, and when a token names a key that is not there; the last good set serves while
/// its URL is down. Workers read without locks.
@safe
final class KeySetBook: @unchecked Sendable {
    /// What workers read and write.
    private struct Entry: ~Copyable {
        /// A retained `KeySet`; 0: no fetch has succeeded yet.
        let set = Atomic<UInt>(0)
        /// A fetch is wanted, or under way.
        let isPending = Atomic<Bool>(true)
        /// When the last one ended, in milliseconds of the boot clock.
        let lastMillis = Atomic<UInt64>(0)
    }

    /// What only threads that fetch look at, under the lock.
    @safe
    private struct Source {
        let request: KeySetRequest
        /// In milliseconds of the boot clock; 0: at once.
        var dueMillis: UInt64 = 0
        var isClaimed = false
        var fetchedWallMillis: UInt64?
        var problem: String?
        var content: [UInt8] = []
        /// Sets that were replaced. The next to last one and those before it can be freed: a fetch of a set that is there is
        /// at least `Limits.keySetPauseMillis` after the last, and no worker holds on to a set from one turn to the next.
        var retired: [Unmanaged<KeySet>] = unsafe []
    }

    /// What `/status` says of one.
    struct Report {
        let url: String
        let keys: Int
        let fetchedWallMillis: UInt64?
        let problem: String?
    }

    // Safe: an entry is initialised before its number is handed out, and stays; sets are published whole by a
    // releasing exchange.
    private let entries: UnsafeMutablePointer<Entry>
    private var sources: [Source] = []
    private var names: [String] = []
    private var numbers: [String: UInt32] = [:]
    private let lock = Mutex(())
    /// Moves on whenever the keys of one URL have changed: what was found out with the old ones no longer holds.
    let generation = Atomic<UInt64>(0)
    /// Signalled when a fetch is wanted before its time, or for the first time.
    let wake: Int32

    /// - Returns: nil if the system has no memory or descriptors.
    init?() {
        wake = cl_eventfd()
        guard wake >= 0, let mapping = unsafe cl_map_anonymous(Limits.keySetURLs * MemoryLayout<Entry>.stride) else { return nil }
        unsafe entries = mapping.bindMemory(to: Entry.self, capacity: Limits.keySetURLs)
    }

    /// The number of a URL and what to verify its host with; the same ones always have the same number. nil: it is no
    /// URL, or there are more than `Limits.keySetURLs`.
    func number(url: String, trust: [UInt8]?) -> UInt32? {
        lock.withLock { _ in
            let pem = trust ?? []
            let key = "\(url) \(String(decoding: pem, as: UTF8.self))"
            if let number = numbers[key] { return number }
            guard names.count < Limits.keySetURLs, let request = KeySetRequest(url, trust: pem.isEmpty ? nil : pem) else { return nil }
            let number = UInt32(names.count)
            unsafe (entries + names.count).initialize(to: Entry())
            names.append(url)
            unsafe sources.append(Source(request: request))
            numbers[key] = number
            _ = cl_eventfd_signal(wake)
            return number
        }
    }

    // MARK: - For workers

    /// The keys of a number that this book gave out; nil: they have never been fetched.
    func set(_ number: UInt32) -> KeySet? {
        let address = unsafe entries[Int(number)].set.load(ordering: .acquiring)
        return unsafe UnsafeRawPointer(bitPattern: address).map { unsafe Unmanaged<KeySet>.fromOpaque($0).takeUnretainedValue() }
    }

    /// From a fetch that failed to the next. Without any keys everybody waits: an issuer that starts beside us is not lost
    /// for long.
    private func pauseMillis(_ number: UInt32) -> UInt64 {
        unsafe entries[Int(number)].set.load(ordering: .relaxed) == 0 ? Limits.keySetFirstPauseMillis : Limits.keySetPauseMillis
    }

    /// Whether a fetch is wanted, or under way.
    func isPending(_ number: UInt32) -> Bool { unsafe entries[Int(number)].isPending.load(ordering: .acquiring) }

    /// Asks for a fetch before its time, if the last one was long enough ago.
    ///
    /// - Returns: whether it is worth waiting for.
    func want(_ number: UInt32, nowMillis: UInt64) -> Bool {
        if isPending(number) { return true }
        guard unsafe nowMillis >= entries[Int(number)].lastMillis.load(ordering: .relaxed) + pauseMillis(number) else { return false }
        unsafe entries[Int(number)].isPending.store(true, ordering: .releasing)
        _ = cl_eventfd_signal(wake)
        return true
    }

    // MARK: - For threads that fetch

    /// Fetches what is due, one after another.
    ///
    /// - Parameter changed: called after each fetch: workers may be waiting for it.
    /// - Returns: for how many milliseconds nothing more is due; -1: until `wake` is signalled.
    func fetchAllDue(changed: () -> Void) -> Int32 {
        while true {
            let now = cl_boot_nanos() / 1_000_000
            guard let (number, request) = claim(now) else { return untilNextDue(now) }
            let fetched: Result<[UInt8], FetchFault>
            do throws(FetchFault) { fetched = .success(try request.body()) } catch { fetched = .failure(error) }
            conclude(number, fetched)
            changed()
        }
    }

    private func claim(_ now: UInt64) -> (Int, KeySetRequest)? {
        lock.withLock { _ in
            let due = sources.indices.filter { unsafe !sources[$0].isClaimed && (sources[$0].dueMillis <= now || entries[$0].isPending.load(ordering: .acquiring)) }
            // who has waited longest: those that hang must not keep the others waiting
            guard let number = due.min(by: { unsafe entries[$0].lastMillis.load(ordering: .relaxed) < entries[$1].lastMillis.load(ordering: .relaxed) }) else { return nil }
            unsafe entries[number].isPending.store(true, ordering: .relaxed)
            sources[number].isClaimed = true
            return (number, sources[number].request)
        }
    }

    private func untilNextDue(_ now: UInt64) -> Int32 {
        lock.withLock { _ in
            guard let next = sources.filter({ !$0.isClaimed }).map(\.dueMillis).min() else { return sources.isEmpty ? -1 : Int32(Limits.keySetPauseMillis) }
            return Int32(clamping: next > now ? next - now : 1)
        }
    }

    private func conclude(_ number: Int, _ fetched: Result<[UInt8], FetchFault>) {
        lock.withLock { _ in
            switch fetched {
            case .success(let content): take(content, number)
            case .failure(let fault): fail(number, fault.reason)
            }
            let now = cl_boot_nanos() / 1_000_000
            sources[number].dueMillis = now + (sources[number].problem == nil ? Limits.keySetIntervalMillis : pauseMillis(UInt32(number)))
            sources[number].isClaimed = false
            unsafe entries[number].lastMillis.store(now, ordering: .relaxed)
            unsafe entries[number].isPending.store(false, ordering: .releasing)
        }
    }

    private func take(_ content: [UInt8], _ number: Int) {
        guard let set = KeySet(json: content) else { return fail(number, "the answer is no JWK Set") }
        let hadProblem = sources[number].problem != nil
        sources[number].problem = nil
        sources[number].fetchedWallMillis = cl_wall_nanos() / 1_000_000
        guard content != sources[number].content else {
            if hadProblem { log("the key set at \(names[number]) can be fetched again") }
            return
        }
        sources[number].content = content
        publish(set, number)
        generation.add(1, ordering: .releasing)
        let ignored = set.ignored > 0 ? ", \(set.ignored) of no use here" : ""
        log("\(set.keys.isEmpty ? "warning: " : "")the key set at \(names[number]) was fetched: \(set.keys.count) keys\(ignored)")
    }

    private func publish(_ set: KeySet, _ number: Int) {
        let fresh = unsafe UInt(bitPattern: Unmanaged.passRetained(set).toOpaque())
        let old = unsafe entries[number].set.exchange(fresh, ordering: .acquiringAndReleasing)
        while unsafe sources[number].retired.count > 1 { unsafe sources[number].retired.removeFirst().release() }
        if let old = unsafe UnsafeRawPointer(bitPattern: old) { unsafe sources[number].retired.append(Unmanaged.fromOpaque(old)) }
    }

    /// Once for each new reason: a URL that is down is tried every few seconds.
    private func fail(_ number: Int, _ reason: String) {
        guard sources[number].problem != reason else { return }
        sources[number].problem = reason
        let consequence = set(UInt32(number)) == nil
            ? "requests with its tokens are answered with 503 until it can be" : "the keys that were fetched last go on serving"
        log("warning: the key set at \(names[number]) cannot be fetched: \(reason); \(consequence)")
    }

    // MARK: - For reports

    func reports() -> [Report] {
        lock.withLock { _ in
            names.indices.map { number in
                Report(
                    url: names[number], keys: set(UInt32(number))?.keys.count ?? 0, fetchedWallMillis: sources[number].fetchedWallMillis,
                    problem: sources[number].problem)
            }
        }
    }
}
