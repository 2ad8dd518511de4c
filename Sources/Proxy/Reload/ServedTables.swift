import Synchronization

/// The tables that are served: the newest, by which new requests go, and earlier ones until the last request that began
/// with them has ended. Each has a place, in which its present configuration stands: a new one with other credentials or
/// certificates takes the same place.
///
/// The control thread publishes; a worker takes up what was published between two turns of its loop, so that one turn
/// never sees two states of a place. Nothing here locks, and nothing waits.
@safe
final class ServedTables: @unchecked Sendable {
    /// What a worker has seen last, and where the newest table stands.
    struct Announcement: Equatable {
        let raw: UInt64

        init(raw: UInt64) { self.raw = raw }

        init(number: UInt64, newest: UInt8) { raw = number << 8 | UInt64(newest) }

        var number: UInt64 { raw >> 8 }
        var newest: UInt8 { UInt8(truncatingIfNeeded: raw) }
    }

    private let workers: Int
    // Safe: a place's configuration is written by the control thread before the announcement that tells of it, and freed
    // when every worker has taken up a later one and, with its snapshot, when no request holds the place.
    private let places: UnsafeMutablePointer<Atomic<UInt>>
    private let announced: Atomic<UInt64>
    /// Of each worker: the last announcement that it took up.
    private let taken: UnsafeMutablePointer<Atomic<UInt64>>
    /// Of each worker and place: requests under way. Only the worker writes.
    private let requests: UnsafeMutablePointer<Atomic<Int>>

    // The control thread's own.
    private var owned: [UnsafeMutablePointer<Configuration>?]
    private var newestPlace: UInt8 = 0
    /// Of each place that is not the newest any more: the announcement that said so.
    private var superseded = [UInt64](repeating: 0, count: Limits.servedTables)
    /// Configurations that were replaced, with the announcement that said so.
    private var replaced: [(number: UInt64, configuration: UnsafeMutablePointer<Configuration>)] = unsafe []
    /// Places that no request held when this announcement went out.
    private var leaving: [(number: UInt64, place: UInt8)] = []

    init(workers: Int, first: consuming Configuration) {
        self.workers = workers
        let configuration = UnsafeMutablePointer<Configuration>.allocate(capacity: 1)
        unsafe configuration.initialize(to: first)
        unsafe owned = [configuration] + .init(repeating: nil, count: Limits.servedTables - 1)
        announced = Atomic(Announcement(number: 1, newest: 0).raw)
        unsafe places = .allocate(capacity: Limits.servedTables)
        for place in 0..<Limits.servedTables { unsafe (places + place).initialize(to: Atomic(place == 0 ? UInt(bitPattern: configuration) : 0)) }
        unsafe taken = .allocate(capacity: workers)
        for worker in 0..<workers { unsafe (taken + worker).initialize(to: Atomic(0)) }
        unsafe requests = .allocate(capacity: workers * Limits.servedTables)
        for i in 0..<workers * Limits.servedTables { unsafe (requests + i).initialize(to: Atomic(0)) }
    }

    // MARK: - For workers

    @inline(__always)
    var announcement: Announcement { Announcement(raw: announced.load(ordering: .acquiring)) }

    /// nil: nothing is served from there.
    func configuration(at place: Int) -> UnsafePointer<Configuration>? {
        precondition(place < Limits.servedTables)
        return unsafe UnsafePointer(bitPattern: places[place].load(ordering: .acquiring))
    }

    /// Worker `number` holds on to nothing that stood in a place before this announcement, but for requests' places.
    func takeUp(_ announcement: Announcement, by number: Int) {
        precondition(number < workers)
        unsafe taken[number].store(announcement.raw, ordering: .releasing)
    }

    /// A request of worker `number` begins with the table at `place`, which is the newest one.
    @inline(__always)
    func enter(_ place: UInt8, by number: Int) { count(1, place, number) }

    /// It has ended.
    @inline(__always)
    func leave(_ place: UInt8, by number: Int) { count(-1, place, number) }

    @inline(__always)
    private func count(_ change: Int, _ place: UInt8, _ number: Int) {
        precondition(number < workers && Int(place) < Limits.servedTables)
        let counter = unsafe requests + number * Limits.servedTables + Int(place)
        unsafe counter.pointee.store(counter.pointee.load(ordering: .relaxed) + change, ordering: .releasing)
    }

    // MARK: - For the control thread

    /// The configuration that new requests go by.
    var current: UnsafePointer<Configuration> {
        let announcement = announcement
        return unsafe configuration(at: Int(announcement.newest))!
    }

    /// Tables that are in memory, the newest one included.
    var count: Int { unsafe owned.count { unsafe $0 != nil } }

    /// Whether a further table can be published; else requests under way hold too many earlier ones.
    var hasRoom: Bool { count < Limits.servedTables }

    /// The same tables with other credentials or certificates: also requests under way send no credential that has gone.
    func replaceAll(_ make: (UnsafePointer<Snapshot>) -> Configuration) {
        for place in 0..<Limits.servedTables where !isLeaving(place) {
            guard let old = unsafe owned[place] else { continue }
            let fresh = UnsafeMutablePointer<Configuration>.allocate(capacity: 1)
            unsafe fresh.initialize(to: make(old.pointee.snapshot))
            unsafe owned[place] = fresh
            unsafe places[place].store(UInt(bitPattern: fresh), ordering: .releasing)
            unsafe replaced.append((announce(), old))
        }
    }

    /// Another table; there must be room for it.
    func publish(_ configuration: consuming Configuration) {
        guard let place = unsafe owned.firstIndex(where: { unsafe $0 == nil }) else { preconditionFailure("hasRoom tells") }
        let fresh = UnsafeMutablePointer<Configuration>.allocate(capacity: 1)
        unsafe fresh.initialize(to: configuration)
        unsafe owned[place] = fresh
        unsafe places[place].store(UInt(bitPattern: fresh), ordering: .releasing)
        let earlier = Int(newestPlace)
        newestPlace = UInt8(place)
        superseded[earlier] = announce()
    }

    @discardableResult
    private func announce() -> UInt64 {
        let number = announcement.number + 1
        announced.store(Announcement(number: number, newest: newestPlace).raw, ordering: .releasing)
        return number
    }

    /// Frees what nobody can hold any more. A place whose requests have ended is announced once more before it is freed:
    /// a worker may still be in the turn in which its last one ended.
    ///
    /// - Returns: whether the workers must be woken to take an announcement up.
    func freeUnused() -> Bool {
        var seen = UInt64.max
        for worker in 0..<workers { seen = min(seen, unsafe Announcement(raw: taken[worker].load(ordering: .acquiring)).number) }
        while let first = unsafe replaced.first, unsafe first.number <= seen {
            unsafe replaced.removeFirst()
            unsafe free(first.configuration)
        }
        while let first = leaving.first, first.number <= seen {
            leaving.removeFirst()
            freeTable(at: Int(first.place))
        }
        var hasNew = false
        for place in 0..<Limits.servedTables where isUnused(place, seen) {
            unsafe places[place].store(0, ordering: .releasing)
            leaving.append((announce(), UInt8(place)))
            hasNew = true
        }
        return hasNew
    }

    /// No request holds an earlier table, and none can begin with it: every worker knows a later one.
    private func isUnused(_ place: Int, _ seen: UInt64) -> Bool {
        guard unsafe owned[place] != nil, place != Int(newestPlace), superseded[place] <= seen, !isLeaving(place) else { return false }
        return (0..<workers).allSatisfy { unsafe requests[$0 * Limits.servedTables + place].load(ordering: .acquiring) == 0 }
    }

    private func isLeaving(_ place: Int) -> Bool { leaving.contains { Int($0.place) == place } }

    private func freeTable(at place: Int) {
        guard let configuration = unsafe owned[place] else { return }
        unsafe owned[place] = nil
        let snapshot = unsafe UnsafeMutablePointer(mutating: configuration.pointee.snapshot)
        unsafe free(configuration)
        unsafe snapshot.deinitialize(count: 1)
        unsafe snapshot.deallocate()
    }

    private func free(_ configuration: UnsafeMutablePointer<Configuration>) {
        unsafe configuration.deinitialize(count: 1)
        unsafe configuration.deallocate()
    }
}
