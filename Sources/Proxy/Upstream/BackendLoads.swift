import CLinux
import RoutingTable
import Synchronization

/// What is under way at each Backend that asks for a circuit breaker or a health check: counts that all workers share.
/// A Backend keeps its number, and with it its counts, from table to table.
@safe
final class BackendLoads: @unchecked Sendable {
    /// Counted at one time, each against a limit of the circuit breaker.
    enum Count: Int, CaseIterable {
        /// Connections that carry a request; idle ones are not in anybody's way.
        case connections
        /// Requests that wait for a connection.
        case pending
        case requests
        /// Requests that were sent, or wait to be sent, to the same Backend again.
        case retries

        var name: String {
            switch self {
            case .connections: "connections"
            case .pending: "pending"
            case .requests: "requests"
            case .retries: "retries"
            }
        }
    }

    // Safe: one cache line of eight atomics for every number, zero at first, in a mapping that lives as long as the
    // process; every access checks the number.
    private let cells: UnsafeMutablePointer<Atomic<Int>>
    private static let cellsPerBackend = 8
    private static let unhealthyCell = 7
    private let numbers = Mutex<[String: UInt32]>([:])

    /// - Returns: nil if the system has no memory. Pages cost memory once they are touched.
    init?() {
        let cells = Limits.watchedBackends * Self.cellsPerBackend
        guard let mapping = unsafe cl_map_anonymous(cells * MemoryLayout<Int>.stride) else { return nil }
        unsafe self.cells = mapping.bindMemory(to: Atomic<Int>.self, capacity: cells)
    }

    /// The number of a Backend, by its full name; nil: more than `Limits.watchedBackends`.
    func number(of backend: String) -> UInt32? {
        numbers.withLock { numbers in
            if let number = numbers[backend] { return number }
            guard numbers.count < Limits.watchedBackends else { return nil }
            let number = UInt32(numbers.count)
            numbers[backend] = number
            return number
        }
    }

    private func cell(_ backend: UInt32, _ number: Int) -> UnsafeMutablePointer<Atomic<Int>> {
        precondition(Int(backend) < Limits.watchedBackends)
        return unsafe cells + Int(backend) * Self.cellsPerBackend + number
    }

    /// Counts one more; false: there are as many as there may be.
    func admit(_ count: Count, _ backend: UInt32, limit: UInt32) -> Bool {
        let cell = unsafe cell(backend, count.rawValue)
        if unsafe cell.pointee.add(1, ordering: .relaxed).oldValue < Int(limit) { return true }
        unsafe cell.pointee.subtract(1, ordering: .relaxed)
        return false
    }

    func leave(_ count: Count, _ backend: UInt32) {
        unsafe cell(backend, count.rawValue).pointee.subtract(1, ordering: .relaxed)
    }

    func value(_ count: Count, _ backend: UInt32) -> Int {
        unsafe cell(backend, count.rawValue).pointee.load(ordering: .relaxed)
    }

    /// The part of it that a pick asks for, as a plain value.
    var health: BackendHealth { unsafe BackendHealth(cells: cells + Self.unhealthyCell, stride: Self.cellsPerBackend) }

    func isHealthy(_ backend: UInt32) -> Bool { health.isHealthy(backend) }

    func setHealthy(_ backend: UInt32, _ isHealthy: Bool) {
        unsafe cell(backend, Self.unhealthyCell).pointee.store(isHealthy ? 0 : 1, ordering: .relaxed)
    }
}

/// Which Backends live, as their health checks say.
@safe
struct BackendHealth {
    // Safe: cells of a `BackendLoads`, which lives as long as the process; the number is checked.
    fileprivate let cells: UnsafeMutablePointer<Atomic<Int>>
    fileprivate let stride: Int

    func isHealthy(_ backend: UInt32) -> Bool {
        precondition(Int(backend) < Limits.watchedBackends)
        return unsafe cells[Int(backend) * stride].load(ordering: .relaxed) == 0
    }
}

extension Limits {
    /// Backends with a circuit breaker or a health check, in all tables since the start.
    static let watchedBackends = 1 << 20
}
