import CLinux
import RoutingTable
import Synchronization

/// The addresses of every host and port that backends are reached at. Names are looked up by a thread of their
/// own, at start and again every `Limits.resolveIntervalSeconds`, so that a slow name server never holds a
/// request up that does not need it; the last good answer serves while a later lookup fails.
@safe
final class AddressBook: @unchecked Sendable {
    /// A host's addresses as they were at one lookup. Never changed once it is published.
    struct List: BitwiseCopyable {
        var count = 0
        var addresses: InlineArray<8, cl_address> = .init(repeating: cl_address())
    }

    /// A list is valid until the next lookup after the one that replaced it, which is many turns of a loop away.
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
    private var retired: [UnsafeMutablePointer<List>] = unsafe []
    private let lock = Mutex(())

    init?() {
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

    /// Looks every name up again. Called by the resolver's thread only.
    ///
    /// - Parameter changed: called after each lookup that workers may be waiting for.
    func resolveAll(changed: () -> Void) {
        let old = unsafe lock.withLock { _ in
            defer { unsafe retired = [] }
            return unsafe retired
        }
        for unsafe list in unsafe old { unsafe list.deallocate() }
        var number = 0
        while let (host, port) = lock.withLock({ _ in number < names.count ? names[number] : nil }) {
            var literal = cl_address()
            if unsafe cl_address_parse(host, port, &literal) != 0 {
                resolve(host, port, UInt32(number))
                changed()
            }
            number += 1
        }
    }

    private func resolve(_ host: String, _ port: UInt16, _ number: UInt32) {
        var list = List()
        let found = unsafe withUnsafeMutablePointer(to: &list.addresses) {
            unsafe cl_resolve(host, port, UnsafeMutableRawPointer($0).assumingMemoryBound(to: cl_address.self), 8)
        }
        guard found > 0 else {
            unsafe entries[Int(number)].hasFailed.store(true, ordering: .relaxed)
            return
        }
        list.count = Int(found)
        lock.withLock { _ in publish(list, for: number) }
    }

    private func publish(_ list: List, for number: UInt32) {
        let fresh = UnsafeMutablePointer<List>.allocate(capacity: 1)
        unsafe fresh.initialize(to: list)
        let old = unsafe entries[Int(number)].list.exchange(UInt(bitPattern: fresh), ordering: .acquiringAndReleasing)
        if let old = unsafe UnsafeMutablePointer<List>(bitPattern: old) { unsafe retired.append(old) }
    }
}
