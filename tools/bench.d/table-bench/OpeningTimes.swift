import RoutingTable
import Threading

/// Prints what opening a table costs, as JSON: each step apart, the digest by one thread and by all.
enum OpeningTimes {
    private static let rounds = 5

    static func print(_ path: String) throws {
        var parts: [String] = []
        for threads in Set([1, Parallel.processors]).sorted() {
            let best = try fastest(path, threads: threads)
            let steps = MappedTable.Step.allCases.map { "\"\($0)\": \(best[$0] ?? 0)" }
            parts.append("{\"threads\": \(threads), \(steps.joined(separator: ", "))}")
        }
        Swift.print("[\(parts.joined(separator: ", "))]")
    }

    /// Seconds of each step, the best of several rounds.
    private static func fastest(_ path: String, threads: Int) throws -> [MappedTable.Step: Double] {
        var best: [MappedTable.Step: Double] = [:]
        for _ in 0..<rounds {
            var last = ContinuousClock.now
            _ = try MappedTable(path: path, threads: threads) { step in
                let now = ContinuousClock.now
                best[step] = min(best[step] ?? .infinity, (now - last) / .seconds(1))
                last = now
            }
        }
        return best
    }
}
