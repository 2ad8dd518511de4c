import CLinux
import CTable
import RoutingTable
import Synchronization

/// `healthCheck` of Backends: a thread of its own connects to each of them now and then, and says which ones live. It
/// sends nothing: an LLM provider would count a request.
///
/// A Backend is healthy until so many connections in a row have failed as its threshold says, and again after so many
/// that have succeeded. Times between two are spread by a tenth, so that many Backends, and many processes, do not ask
/// in step.
final class HealthChecks: Sendable {
    struct Check: Sendable {
        let load: UInt32
        /// In the address book.
        let address: UInt32
        /// For people.
        let name: String
        let timeoutMillis: UInt64
        let intervalMillis: UInt64
        let unhealthyThreshold: UInt32
        let healthyThreshold: UInt32
    }

    private let checks = Mutex<(list: [Check], generation: Int)>((list: [], generation: 0))

    /// The checks of the table that is served from now on.
    func replace(with list: [Check]) {
        checks.withLock { $0 = (list, $0.generation + 1) }
    }

    /// nil: the list is that of `generation` still.
    func changed(since generation: Int) -> (list: [Check], generation: Int)? {
        checks.withLock { $0.generation == generation ? nil : $0 }
    }
}

/// What the health checks' thread does, probe by probe.
struct HealthProber {
    private struct Probe {
        let check: HealthChecks.Check
        /// On the boot clock, in milliseconds: when the next connection is due, or the present one is given up.
        var due: UInt64
        /// Of a connection that is under way; -1: none is.
        var descriptor: Int32 = -1
        var addressNumber = 0
        var failures: UInt32 = 0
        var successes: UInt32 = 0
    }

    private let shared: Shared
    private let epoll = cl_epoll_create()
    private var probes: [Probe] = []
    private var generation = 0
    private var underWay = 0

    init(_ shared: Shared) { self.shared = shared }

    /// Never returns.
    mutating func run() {
        var event = unsafe epoll_event()
        while true {
            takeUpChecks()
            let now = cl_boot_nanos() / 1_000_000
            for number in probes.indices where probes[number].due <= now { advance(number, now) }
            let next = probes.reduce(UInt64.max) { min($0, $1.due) }
            let present = cl_boot_nanos() / 1_000_000
            let wait = min(next > present ? next - present : 0, Limits.healthListMillis)
            let count = unsafe cl_epoll_wait(epoll, &event, 1, Int32(wait))
            if count > 0 { hasConnected(Int(unsafe cl_event_data(&event))) }
        }
    }

    /// A new table's checks; what is known of a Backend that was in the old one stays.
    private mutating func takeUpChecks() {
        guard let (list, generation) = shared.health.changed(since: generation) else { return }
        self.generation = generation
        let known = Dictionary(probes.map { ($0.check.load, $0) }, uniquingKeysWith: { first, _ in first })
        for number in probes.indices { end(number) }
        let now = cl_boot_nanos() / 1_000_000
        probes = list.map { check in
            var probe = Probe(check: check, due: now + UInt64.random(in: 0...min(1000, check.intervalMillis)))
            if let old = known[check.load] { (probe.failures, probe.successes) = (old.failures, old.successes) }
            return probe
        }
        for load in known.keys where !list.contains(where: { $0.load == load }) { shared.loads.setHealthy(load, true) }
    }

    private mutating func advance(_ number: Int, _ now: UInt64) {
        if probes[number].descriptor >= 0 {
            tryNext(number) // the connection took too long
        } else if underWay < Limits.probesAtOnce {
            probes[number].addressNumber = 0
            begin(number, now)
        }
    }

    /// Connects to the host's next address; none is left: the Backend has failed.
    private mutating func begin(_ number: Int, _ now: UInt64) {
        let check = probes[number].check
        switch shared.addresses.answer(check.address) {
        case .pending:
            probes[number].due = now + Limits.healthListMillis
        case .failed: note(number, isAlive: false)
        case .known(let list):
            while unsafe probes[number].addressNumber < list.pointee.count {
                var address = unsafe list.pointee.addresses[probes[number].addressNumber]
                if unsafe connect(number, &address, now) { return }
                probes[number].addressNumber += 1
            }
            note(number, isAlive: false)
        }
    }

    private mutating func connect(_ number: Int, _ address: UnsafeMutablePointer<cl_address>, _ now: UInt64) -> Bool {
        let descriptor = unsafe cl_tcp_socket(Int32(address.pointee.storage.ss_family))
        guard descriptor >= 0 else { return false }
        let result = unsafe cl_connect(descriptor, address)
        guard result == 0 || result == -EINPROGRESS, cl_epoll_add(epoll, descriptor, CL_EPOLLOUT, UInt64(number)) == 0 else {
            _ = cl_close(descriptor)
            return false
        }
        probes[number].descriptor = descriptor
        probes[number].due = now + probes[number].check.timeoutMillis
        underWay += 1
        return true
    }

    private mutating func hasConnected(_ number: Int) {
        guard probes.indices.contains(number), probes[number].descriptor >= 0 else { return }
        if cl_socket_error(probes[number].descriptor) == 0 {
            note(number, isAlive: true)
        } else {
            tryNext(number)
        }
    }

    private mutating func tryNext(_ number: Int) {
        end(number)
        probes[number].addressNumber += 1
        begin(number, cl_boot_nanos() / 1_000_000)
    }

    private mutating func end(_ number: Int) {
        guard probes[number].descriptor >= 0 else { return }
        _ = cl_close(probes[number].descriptor) // which takes it out of epoll
        probes[number].descriptor = -1
        underWay -= 1
    }

    private mutating func note(_ number: Int, isAlive: Bool) {
        end(number)
        let check = probes[number].check
        let interval = check.intervalMillis
        probes[number].due = cl_boot_nanos() / 1_000_000 + interval - interval / 10 + UInt64.random(in: 0...interval / 5)
        probes[number].failures = isAlive ? 0 : probes[number].failures &+ 1
        probes[number].successes = isAlive ? probes[number].successes &+ 1 : 0
        let wasHealthy = shared.loads.isHealthy(check.load)
        if wasHealthy, probes[number].failures >= check.unhealthyThreshold {
            shared.loads.setHealthy(check.load, false)
            log("Backend \(check.name) is unhealthy: \(probes[number].failures) connections in a row failed; its targets are passed over while others are left")
        } else if !wasHealthy, probes[number].successes >= check.healthyThreshold {
            shared.loads.setHealthy(check.load, true)
            log("Backend \(check.name) is healthy again")
        }
    }
}

extension Limits {
    /// Connections of health checks at one time; within `reservedDescriptors`.
    static let probesAtOnce = 32
    /// A new table's checks are taken up within this time.
    static let healthListMillis: UInt64 = 1000
}
