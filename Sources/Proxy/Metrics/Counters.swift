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

/// One thread's counts, by the rows of the state, so that they outlive the tables that are served. Only that thread
/// writes them, so a count is a plain load and store; whoever reads them sums over the threads.
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
    private let rows: Int
    private let layout = Layout()
    /// The column of each status from 0 to 599.
    private let columns: UnsafeMutablePointer<UInt8>
    // Safe: 16 for each kind of histogram, by its number; freed in deinit.
    private let bounds: UnsafeMutablePointer<UInt64>

    /// - Returns: nil if the system has no memory. Pages cost memory once they are counted in.
    init?(rows: Int) {
        self.rows = rows
        let cells = layout.firstOfRows + rows * layout.cellsOfRow
        byteCount = cells * MemoryLayout<UInt64>.stride
        guard let mapping = unsafe cl_map_anonymous(byteCount) else { return nil }
        unsafe memory = mapping.bindMemory(to: Atomic<UInt64>.self, capacity: cells)
        unsafe columns = .allocate(capacity: 600)
        unsafe columns.initialize(repeating: UInt8(layout.otherStatus), count: 600)
        for (column, status) in Self.statuses.enumerated() { unsafe columns[Int(status)] = UInt8(column) }
        unsafe bounds = .allocate(capacity: 16 * Histogram.Kind.allCases.count)
        for kind in Histogram.Kind.allCases {
            for i in 0..<16 { unsafe (bounds + 16 * kind.rawValue + i).initialize(to: Histogram(kind)[i]) }
        }
    }

    deinit {
        unsafe _ = cl_unmap(memory, byteCount)
        unsafe columns.deallocate()
        unsafe bounds.deallocate()
    }

    private func add(_ cell: Int, _ amount: UInt64 = 1) {
        let counter = unsafe memory + cell
        unsafe counter.pointee.store(counter.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    private func value(_ cell: Int) -> UInt64 { unsafe memory[cell].load(ordering: .relaxed) }

    /// Where counts stand; worked out once, since the number of an enumeration's cases is that of an array made for it.
    private struct Layout {
        let otherStatus = Counters.statuses.count
        let statusColumns = Counters.statusColumns
        let authenticationColumns = AuthenticationResult.allCases.count
        let firstSuspension = 2 + AttemptResult.allCases.count
        let firstHistogram: Int
        /// Behind the requests that no API answered stands the process's own histogram.
        let firstOfRows: Int
        /// An API's or a target's, whichever takes more.
        let cellsOfRow: Int

        init() {
            firstHistogram = firstSuspension + SuspensionReason.allCases.count
            firstOfRows = statusColumns + Histogram.cells
            cellsOfRow = max(2 * (statusColumns + authenticationColumns), firstHistogram + 4 * Histogram.cells)
        }
    }

    private func cell(_ row: UInt32, _ column: Int) -> Int {
        precondition(Int(row) < rows)
        return layout.firstOfRows + Int(row) * layout.cellsOfRow + column
    }

    /// Production and sandbox of an API one behind the other; requests that no API answers before all rows.
    private func requestCell(api: UInt32?, environment: Int, column: Int) -> Int {
        guard let api else { return column }
        return cell(api, (environment == RTBL_ENVIRONMENT_SANDBOX ? layout.statusColumns : 0) + column)
    }

    func countRequest(api: UInt32?, environment: Int, status: UInt16) {
        let column = status < 600 ? unsafe Int(columns[Int(status)]) : layout.otherStatus
        add(requestCell(api: api, environment: environment, column: column))
    }

    func requests(api: UInt32?, environment: Int, column: Int) -> UInt64 {
        value(requestCell(api: api, environment: environment, column: column))
    }

    private func authenticationCell(_ api: UInt32, _ environment: Int, _ result: AuthenticationResult) -> Int {
        let environments = environment == RTBL_ENVIRONMENT_SANDBOX ? layout.authenticationColumns : 0
        return cell(api, 2 * layout.statusColumns + environments + Int(result.rawValue))
    }

    func countAuthentication(api: UInt32, environment: Int, _ result: AuthenticationResult) {
        add(authenticationCell(api, environment, result))
    }

    func authentications(api: UInt32, environment: Int, _ result: AuthenticationResult) -> UInt64 {
        value(authenticationCell(api, environment, result))
    }

    func countPick(_ target: UInt32) { add(cell(target, 0)) }
    func picks(_ target: UInt32) -> UInt64 { value(cell(target, 0)) }

    func countRetry(_ target: UInt32) { add(cell(target, 1)) }
    func retries(_ target: UInt32) -> UInt64 { value(cell(target, 1)) }

    func countAttempt(_ target: UInt32, _ result: AttemptResult) { add(cell(target, 2 + result.rawValue)) }
    func attempts(_ target: UInt32, _ result: AttemptResult) -> UInt64 { value(cell(target, 2 + result.rawValue)) }

    /// A suspension that this thread began.
    func countSuspension(_ target: UInt32, _ reason: SuspensionReason) { add(suspensionCell(target, reason)) }
    func suspensions(_ target: UInt32, _ reason: SuspensionReason) -> UInt64 { value(suspensionCell(target, reason)) }

    private func suspensionCell(_ target: UInt32, _ reason: SuspensionReason) -> Int {
        cell(target, layout.firstSuspension + Int(reason.rawValue) - 1)
    }

    /// A value of a target's histogram, or of the process's; in nanoseconds or tokens.
    func observe(_ kind: Histogram.Kind, _ value: UInt64, _ target: UInt32? = nil) {
        let first = firstCell(kind, target)
        add(first + (unsafe Histogram.bucket(of: value, bounds + 16 * kind.rawValue)))
        add(first + Histogram.sumCell, value)
    }

    /// What stands in a cell of a histogram.
    func observed(_ kind: Histogram.Kind, _ target: UInt32?, _ cell: Int) -> UInt64 { value(firstCell(kind, target) + cell) }

    private func firstCell(_ kind: Histogram.Kind, _ target: UInt32?) -> Int {
        guard let target else { return layout.statusColumns }
        return cell(target, layout.firstHistogram + kind.rawValue * Histogram.cells)
    }

    /// Adds what all threads of `other` have counted of requests that no API answered.
    func takeUnrouted(from other: LiveState) {
        for column in 0..<layout.firstOfRows {
            let counter = unsafe memory + column
            unsafe counter.pointee.store(counter.pointee.load(ordering: .relaxed) &+ other.sum { $0.value(column) }, ordering: .relaxed)
        }
    }

    /// Adds what `other` has counted in one of its rows, whose counts come to an end.
    func take(_ row: UInt32, from other: borrowing Counters, _ otherRow: UInt32) {
        for column in 0..<layout.cellsOfRow {
            let counter = unsafe memory + cell(row, column)
            unsafe counter.pointee.store(counter.pointee.load(ordering: .relaxed) &+ other.value(other.cell(otherRow, column)), ordering: .relaxed)
        }
    }
}
