import CTable
import Glibc
import RoutingTable
import Synchronization
import Threading

/// Prints how many picks a second threads make of one pool of models, which share its rotation, as JSON.
enum PickRates {
    private static let picks = 2_000_000

    @safe
    private struct Filter: TargetFilter {
        let pool: rtbl_pool
        // Safe: the state outlives the run that asks it.
        let state: UnsafePointer<SharedState>
        func isUsable(_ number: Int) -> Bool { unsafe state.pointee.suspendedUntil(pool.target(number)) == 0 }
    }

    static func print(_ path: String) throws {
        let mapped = try MappedTable(path: path)
        let table = mapped.table
        guard let number = table.pools.indices.first(where: { Int(table.pools[$0].kind) == RTBL_POOL_MODELS }), let region = StateRegion(rows: SharedState.rowCount(table)),
            let state = SharedState(table, in: region)
        else { return say("table-bench: the table has no pool of models\n") }
        let pool = Index<rtbl_pool>(unchecked: UInt32(number))
        let rates = unsafe withUnsafePointer(to: state) { state in
            [1, 2, 8].map { threads in
                let begun = wallNanos
                let run = Mutex(unsafe Run(table: table, pool: pool, state: state))
                Parallel.run(threads: threads) {
                    let run = run.withLock { $0 }
                    for _ in 0..<(picks / threads) { run.pick() }
                }
                return (threads, Double(picks) * 1e9 / (wallNanos - begun))
            }
        }
        _ = mapped // the table's bytes are there until here
        Swift.print("[" + rates.map { "{\"threads\": \($0.0), \"picks_per_second\": \($0.1)}" }.joined(separator: ", ") + "]")
    }

    @safe
    private struct Run: @unchecked Sendable {
        let table: RoutingTable
        let pool: Index<rtbl_pool>
        // Safe: as above.
        let state: UnsafePointer<SharedState>

        @inline(never)
        func pick() {
            let filter = unsafe Filter(pool: table.pools[pool], state: state)
            let picked = unsafe table.pick(pool, state.pointee, movesRotation: true, stickyHash: nil, filter)
            precondition(picked != nil, "no target is suspended")
        }
    }

    private static var wallNanos: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time) // fills what it is lent
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}
