import CTable
import Glibc
import RoutingTable

/// Prints what a lookup costs, as JSON, in nanoseconds: of one key again and again, and of keys in random order; and what
/// a cache miss costs in memory of the size of the table, measured by a walk along pointers, each step of which waits for
/// the one before it. What the table costs beyond its hottest key, divided by that, is how many misses explain it.
enum LookupTimes {
    private static let lookups = 1_000_000

    /// What is asked for: host and path lie in `text`.
    private struct Key {
        let host: Range<Int>
        let path: Range<Int>
        let method: UInt16
    }

    static func print(_ path: String) throws {
        let mapped = try MappedTable(path: path)
        let (keys, text) = collect(mapped.table)
        var random = SystemRandomNumberGenerator()
        let shuffled = (0..<lookups).map { _ in keys[Int.random(in: 0..<keys.count, using: &random)] }
        let one = [Key](repeating: keys[keys.count / 2], count: lookups)
        let hot = fastest(mapped.table, one, text), spread = fastest(mapped.table, shuffled, text)
        let size = mapped.header.fileBytes
        let miss = CacheMiss.nanoseconds(bytes: size)
        Swift.print("""
            {"apis": \(mapped.table.apis.count), "bytes": \(size), "one_key_ns": \(hot), "random_keys_ns": \(spread), \
            "miss_ns": \(miss), "misses": \((spread - hot) / miss)}
            """)
    }

    /// A request for each of up to a million nodes, spread over the table.
    private static func collect(_ table: RoutingTable) -> ([Key], [UInt8]) {
        var keys: [Key] = []
        var text: [UInt8] = []
        let step = max(1, table.nodes.count / lookups)
        for index in stride(from: 0, to: table.nodes.count, by: step) {
            let node = table.nodes[index]
            let route = table.routes[Int(node.first_route)]
            let host = text.count
            text += table.string(table.hosts[Int(node.host)].name).copied
            let path = text.count
            text += table.string(node.path).copied
            keys.append(Key(host: host..<path, path: path..<text.count, method: route.methods & ~(route.methods - 1)))
        }
        return (keys, text)
    }

    /// Nanoseconds of one lookup, the best of several rounds.
    private static func fastest(_ table: RoutingTable, _ keys: [Key], _ text: [UInt8]) -> Double {
        var best = Double.infinity
        for _ in 0..<5 { best = min(best, once(table, keys, text)) }
        return best
    }

    private static func once(_ table: RoutingTable, _ keys: [Key], _ text: [UInt8]) -> Double {
        // The view lives as long as the closure that lends its bytes.
        unsafe text.withUnsafeBytes { buffer in
            let bytes = unsafe Bytes(buffer)
            var found = 0
            var scratch = RegexScratch() // one for all, as a worker has
            let start = ThreadTime.now
            for key in keys {
                guard let host = table.host(bytes[key.host]), table.route(host: host, path: bytes[key.path], method: key.method, scratch: &scratch) != nil else { continue }
                found += 1
            }
            let time = ThreadTime.now - start
            precondition(found == keys.count, "every key is one of the table's own")
            return time / Double(keys.count)
        }
    }
}

/// Processor time of this thread: what others do on the same machine shows in it through the caches only.
enum ThreadTime {
    /// Nanoseconds.
    static var now: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) // fills what it is lent
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}

/// A walk through memory in random order.
enum CacheMiss {
    private static let (lineBytes, steps) = (64, 2_000_000)

    /// Of one step in so many bytes.
    static func nanoseconds(bytes: Int) -> Double {
        let wordsPerLine = lineBytes / MemoryLayout<Int>.size
        let lines = max(2, bytes / lineBytes)
        var random = SystemRandomNumberGenerator()
        let order = Array(0..<lines).shuffled(using: &random)
        var next = [Int](repeating: 0, count: lines * wordsPerLine)
        for (line, following) in zip(order, order.dropFirst() + [order[0]]) { next[line * wordsPerLine] = following * wordsPerLine }
        var at = order[0] * wordsPerLine
        let start = ThreadTime.now
        for _ in 0..<steps { at = next[at] }
        let time = ThreadTime.now - start
        precondition(at >= 0)
        return time / Double(steps)
    }
}
