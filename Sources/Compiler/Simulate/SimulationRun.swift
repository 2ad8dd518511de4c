import CTable
import Policies
import RoutingTable

extension Simulation {
    /// Sends `count` requests like `request`, one after the other. Nothing is left to chance: the same arguments make
    /// the same picks.
    package init(_ request: RequestLine, count: Int, suspensions: [SuspensionSpec], in mapped: borrowing MappedTable) throws(Fault) {
        let table = mapped.table
        guard (1...Self.maxPicks).contains(count) else { throw .usage("-n takes 1 to \(grouped(Self.maxPicks))") }
        guard case .found(let found) = RouteLookup.answer(request, in: table) else { throw .noRoute(Explanation(request, in: mapped)) }
        let rule = table.rules[table.routes[found.match.route].ruleIndex]
        guard let choice = PoolChoice.all(of: rule, for: request).first else { throw .noRoute(Explanation(request, in: mapped)) }
        let report = TableReport.Pool(table.pools[choice.index], number: choice.index.number, table)
        let events = try Self.events(suspensions, report)
        guard let balancer = Balancer(choice.index, in: table) else { throw .noMemory }
        self.init(report, count)
        run(balancer, balancer.stickyHash(of: request), events)
    }

    private init(_ report: TableReport.Pool, _ count: Int) {
        self.init(
            pool: report.number, owner: report.owner, requests: count, cycle: report.rotation.count,
            targets: report.targets.enumerated().map { number, target in
                Target(
                    letter: letter(number), model: target.model, backend: target.backend, weight: target.weight, picks: 0, share: 0,
                    expectedShare: target.share, longestRun: 0, suspensions: [])
            },
            exhausted: 0, allSuspended: report.options.allSuspended, picks: [])
    }

    private struct Event {
        let at: Int
        let length: Int
        let targets: [Int]
    }

    /// A model that stands on several Backends is suspended on all; a pool of backends goes by their names.
    private static func events(_ specs: [SuspensionSpec], _ pool: TableReport.Pool) throws(Fault) -> [Event] {
        var events: [Event] = []
        for spec in specs {
            let names = pool.targets.map { $0.model ?? $0.backend }
            let targets = names.indices.filter { names[$0] == spec.model }
            guard !targets.isEmpty else {
                let near = NearName.of(spec.model, in: names).map { "; did you mean \(Text.quoted($0))?" } ?? "; there are \(Set(names).sorted().joined(separator: ", "))"
                throw .usage("--suspend: the pool of this request (\(pool.owner)) has no \(pool.kind == "models" ? "model" : "Backend") \(Text.quoted(spec.model))\(near)")
            }
            events.append(Event(at: spec.at, length: spec.length, targets: targets))
        }
        return events.sorted { $0.at < $1.at }
    }

    private mutating func run(_ balancer: borrowing Balancer, _ stickyHash: UInt64?, _ events: [Event]) {
        picks.reserveCapacity(requests)
        var next = 0
        var run = 0
        for now in 0..<requests {
            while next < events.count, events[next].at <= now {
                for target in events[next].targets {
                    balancer.suspend(target, at: now, for: events[next].length)
                    note(target, now, now + events[next].length)
                }
                next += 1
            }
            let (target, isExhausted) = balancer.pick(at: now, stickyHash: stickyHash)
            if isExhausted { exhausted += 1 }
            if let target {
                run = picks.last == target ? run + 1 : 1
                targets[target].picks += 1
                targets[target].longestRun = max(targets[target].longestRun, run)
            }
            picks.append(target)
        }
        let sent = targets.reduce(0) { $0 + $1.picks }
        for number in targets.indices where sent > 0 {
            targets[number].share = (Double(targets[number].picks) / Double(sent) * 100_000).rounded() / 1_000
        }
    }

    /// A second suspension only ever moves the end later.
    private mutating func note(_ target: Int, _ start: Int, _ end: Int) {
        if let last = targets[target].suspensions.last, last[1] >= start {
            targets[target].suspensions[targets[target].suspensions.count - 1][1] = max(last[1], end)
        } else {
            targets[target].suspensions.append([start, end])
        }
    }
}
