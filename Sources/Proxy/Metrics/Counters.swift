import CLinux
import CTable
import RoutingTable
import Synchronization

/// What became of one attempt at a backend, under its name in `rtbl_upstream_attempts_total`.
enum AttemptResult: Int, CaseIterable {
    case answered, quota, unavailable, connect, certificate, timeout, broken, abandoned, overflow

    var name: String {
        switch self {
        case .answered: "answered"
        case .quota: "quota"
        case .unavailable: "unavailable"
        case .connect: "connect"
        case .certificate: "certificate"
        case .timeout: "timeout"
        case .broken: "broken"
        case .abandoned: "abandoned"
        case .overflow: "overflow"
        }
    }
}

/// One worker's counts for one table. Only that worker writes them, so a count is a plain load and store;
/// whoever reads them sums over the workers.
@safe
struct Counters: ~Copyable, @unchecked Sendable {
    /// Statuses that are counted apart; all others are one.
    static let statuses: [UInt16] = [
        200, 201, 202, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409, 413, 414, 415, 417, 422, 429, 431,
        500, 501, 502, 503, 504, 505, 529,
    ]
    static let statusColumns = statuses.count + 1

    // Safe: each array has the size that its accessor checks, in one mapping that this value owns.
    private let memory: UnsafeMutablePointer<Atomic<UInt64>>
    private let byteCount: Int
    private let apis: Int
    private let targets: Int
    /// The column of each status from 0 to 599.
    private let columns: [UInt8]

    /// - Returns: nil if the system has no memory. Pages cost memory once they are counted in.
    init?(apis: Int, targets: Int) {
        self.apis = apis
        self.targets = targets
        let cells = 1 + (1 + 2 * apis) * Self.statusColumns + targets * (2 + AttemptResult.allCases.count)
            + 2 * apis * AuthenticationResult.allCases.count
        byteCount = cells * MemoryLayout<UInt64>.stride
        guard let mapping = unsafe cl_map_anonymous(byteCount) else { return nil }
        unsafe memory = mapping.bindMemory(to: Atomic<UInt64>.self, capacity: cells)
        var columns = [UInt8](repeating: UInt8(Self.statuses.count), count: 600)
        for (column, status) in Self.statuses.enumerated() { columns[Int(status)] = UInt8(column) }
        self.columns = columns
    }

    deinit { unsafe _ = cl_unmap(memory, byteCount) }

    private func add(_ cell: Int) {
        let counter = unsafe memory + cell
        unsafe counter.pointee.store(counter.pointee.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    }

    private func value(_ cell: Int) -> UInt64 { unsafe memory[cell].load(ordering: .relaxed) }

    /// Row 0: no API; then production and sandbox of each.
    private func requestCell(api: Int?, environment: Int, column: Int) -> Int {
        let row = api.map { 1 + 2 * $0 + (environment == RTBL_ENVIRONMENT_SANDBOX ? 1 : 0) } ?? 0
        precondition(row <= 2 * apis)
        return 1 + row * Self.statusColumns + column
    }

    private func targetCell(_ target: Index<rtbl_target>, _ column: Int) -> Int {
        precondition(target.number < targets)
        return 1 + (1 + 2 * apis) * Self.statusColumns + target.number * (2 + AttemptResult.allCases.count) + column
    }

    func countRequest(api: Index<rtbl_api>?, environment: Int, status: UInt16) {
        let column = status < 600 ? Int(columns[Int(status)]) : Self.statuses.count
        add(requestCell(api: api?.number, environment: environment, column: column))
    }

    func requests(api: Index<rtbl_api>?, environment: Int, column: Int) -> UInt64 {
        value(requestCell(api: api?.number, environment: environment, column: column))
    }

    /// Behind all others: of production and sandbox of each API.
    private func authenticationCell(_ api: Index<rtbl_api>, _ environment: Int, _ result: AuthenticationResult) -> Int {
        precondition(api.number < apis)
        let row = 2 * api.number + (environment == RTBL_ENVIRONMENT_SANDBOX ? 1 : 0)
        return 1 + (1 + 2 * apis) * Self.statusColumns + targets * (2 + AttemptResult.allCases.count) + row * AuthenticationResult.allCases.count + Int(result.rawValue)
    }

    func countAuthentication(api: Index<rtbl_api>, environment: Int, _ result: AuthenticationResult) {
        add(authenticationCell(api, environment, result))
    }

    func authentications(api: Index<rtbl_api>, environment: Int, _ result: AuthenticationResult) -> UInt64 {
        value(authenticationCell(api, environment, result))
    }

    func countPick(_ target: Index<rtbl_target>) { add(targetCell(target, 0)) }
    func picks(_ target: Index<rtbl_target>) -> UInt64 { value(targetCell(target, 0)) }

    func countRetry(_ target: Index<rtbl_target>) { add(targetCell(target, 1 + AttemptResult.allCases.count)) }
    func retries(_ target: Index<rtbl_target>) -> UInt64 { value(targetCell(target, 1 + AttemptResult.allCases.count)) }

    func countAttempt(_ target: Index<rtbl_target>, _ result: AttemptResult) { add(targetCell(target, 1 + result.rawValue)) }
    func attempts(_ target: Index<rtbl_target>, _ result: AttemptResult) -> UInt64 { value(targetCell(target, 1 + result.rawValue)) }
}
