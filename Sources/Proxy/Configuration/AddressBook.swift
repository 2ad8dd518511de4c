import CLinux
import Glibc
import RoutingTable
import Synchronization

/// The addresses of every host and port that backends are reached at. Names are looked up by threads of their own, at
/// start and again every `Limits.resolveIntervalSeconds`, so that a slow name server never holds a request up that does
/// not need it, nor, as long as one thread is free, the lookup of another name. The last good answer serves while a
/// later lookup fails. Addresses stay in the order in which the system gives them (RFC 6724): a connection goes to the
/// first that takes it.
@safe
final class AddressBook: @unchecked Sendable {
    /// A host's addresses as they were at one lookup. Never changed once it is published.
    struct List: BitwiseCopyable {
        var count = 0
        var addresses: InlineArray<8, cl_address> = .init(repeating: cl_address())
    }

    /// A list is valid for `Limits.resolveIntervalSeconds` after it was replaced, which is many turns of a loop.
    @safe
    enum Answer {
        case pending
        case failed
        case known(UnsafePointer<List>)
    }

    private struct Entry: ~Copyable {
        /// Address of a `List`; 0: no lookup has succeeded yet.
        let list = Atomic<UInt>(0)
        let hasFailed = Atomic<Bool>(false)
    }

    // Safe: `entries` is written once per number, before that number is handed out; lists are published whole
    // by a releasing store and freed a lookup interval after they were replaced, when no worker reads them.
    private let entries: UnsafeMutablePointer<Entry>
    private var names: [(host: String, port: UInt16)] = []
    private var numbers: [String: UInt32] = [:]
    private var retired: [(list: UnsafeMutablePointer<List>, since: UInt64)] = unsafe []
    /// Names that have not been looked up yet, and those that have been, by when they are due again.
    private var fresh: [UInt32] = []
    private var again: [(number: UInt32, due: UInt64)] = []
    private var firstAgain = 0
    private let lock = Mutex(())
    /// An eventfd that is signalled when there is a fresh name.
    private let bell: Int32

    init?() {
        bell = cl_eventfd()
        guard bell >= 0 else { return nil }
        let bytes = Limits.addresses * MemoryLayout<Entry>.stride
        guard let mapping = unsafe cl_map_anonymous(bytes) else { return nil }
        unsafe entries = mapping.bindMemory(to: Entry.self, capacity: Limits.addresses)
    }

    /// The number of a host and port; the same ones always have the same number, so that connections to them are shared.
    /// With TLS, `security` is part of what must be the same: whom the certificate is for, and who vouches for it. Literal addresses are known at
    /// once, names after their first lookup. nil: more than `Limits.addresses`.
    func number(host: String, port: UInt16, security: String = "") -> UInt32? {
        lock.withLock { _ in
            let key = "\(host) \(port) \(security)"
            if let number = numbers[key] { return number }
            guard names.count < Limits.addresses else { return nil }
            let number = UInt32(names.count)
            unsafe (entries + names.count).initialize(to: Entry())
            names.append((host, port))
            numbers[key] = number
            var literal = cl_address()
            if unsafe cl_address_parse(host, port, &literal) == 0 {
                var list = List()
                list.count = 1
                list.addresses[0] = literal
                publish(list, for: number)
            } else {
                fresh.append(number)
                _ = cl_eventfd_signal(bell)
            }
            return number
        }
    }

    /// What is known of a number that this book gave out.
    func answer(_ number: UInt32) -> Answer {
        let entry = unsafe entries + Int(number)
        if let list = unsafe UnsafePointer<List>(bitPattern: entry.pointee.list.load(ordering: .acquiring)) { return unsafe .known(list) }
        return unsafe entry.pointee.hasFailed.load(ordering: .relaxed) ? .failed : .pending
    }

    /// Looks names up as they are due. The body of each of the resolver's threads.
    ///
    /// - Parameter answered: called when a name that workers may be waiting for has its first answer, good or bad.
    func resolveForever(answered: () -> Void) -> Never {
        while true {
            switch next() {
            case .name(let number, let host, let port):
                if resolve(host, port, number) { answered() }
                lock.withLock { _ in again.append((number, cl_boot_nanos() + Self.interval)) }
            case .rest(let nanos):
                _ = cl_wait_readable(bell, Int32(nanos / 1_000_000 + 1))
                cl_eventfd_clear(bell) // whoever woke takes a name, and rings where there are more
            }
        }
    }

    private static var interval: UInt64 { UInt64(Limits.resolveIntervalSeconds) * 1_000_000_000 }

    private enum Due {
        /// A name whose lookup nobody else has begun.
        case name(UInt32, host: String, port: UInt16)
        /// Nothing is due for so many nanoseconds.
        case rest(UInt64)
    }

    private func next() -> Due {
        lock.withLock { _ in
            let now = cl_boot_nanos()
            freeRetired(now)
            let number: UInt32
            if let first = fresh.popLast() {
                number = first
                if !fresh.isEmpty { _ = cl_eventfd_signal(bell) } // this thread may hang on its own
            } else if firstAgain < again.count, again[firstAgain].due <= now {
                number = again[firstAgain].number
                firstAgain += 1
                if firstAgain > 1024, firstAgain > again.count / 2 {
                    again.removeFirst(firstAgain)
                    firstAgain = 0
                }
            } else {
                return .rest(firstAgain < again.count ? again[firstAgain].due - now : Self.interval)
            }
            return .name(number, host: names[Int(number)].host, port: names[Int(number)].port)
        }
    }

    private func freeRetired(_ now: UInt64) {
        while let oldest = unsafe retired.first, unsafe now - oldest.since > Self.interval {
            unsafe oldest.list.deallocate()
            unsafe _ = retired.removeFirst()
        }
    }

    /// - Returns: whether this is the first answer.
    private func resolve(_ host: String, _ port: UInt16, _ number: UInt32) -> Bool {
        let wasPending = if case .pending = answer(number) { true } else { false }
        var list = List()
        let found = unsafe withUnsafeMutablePointer(to: &list.addresses) {
            unsafe cl_resolve(host, port, UnsafeMutableRawPointer($0).assumingMemoryBound(to: cl_address.self), 8)
        }
        guard found > 0 else {
            unsafe entries[Int(number)].hasFailed.store(true, ordering: .relaxed)
            return wasPending
        }
        list.count = Int(found)
        lock.withLock { _ in publish(list, for: number) }
        return wasPending
    }

    private func publish(_ list: List, for number: UInt32) {
        let fresh = UnsafeMutablePointer<List>.allocate(capacity: 1)
        unsafe fresh.initialize(to: list)
        let old = unsafe entries[Int(number)].list.exchange(UInt(bitPattern: fresh), ordering: .acquiringAndReleasing)
        if let old = unsafe UnsafeMutablePointer<List>(bitPattern: old) { unsafe retired.append((old, cl_boot_nanos())) }
    }
}
