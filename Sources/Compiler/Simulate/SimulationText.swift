extension Simulation {
    /// Requests in a row of the picture, and rows that are shown.
    private static let rowLength = 70
    private static let shownRows = 40

    /// For people, line by line, without line feeds.
    package func text(_ line: (String) -> Void) {
        line("pool \(pool) of \(owner): \(grouped(requests)) requests, a cycle of \(grouped(cycle)) turns")
        line("")
        var table = TextTable(
            header: ["", "share", "by weight", "picks", "longest run", "model", "backend", "suspended"],
            [.left, .right, .right, .right, .right, .left, .left, .left])
        for target in targets {
            table.add([
                target.letter, percent(target.share), percent(target.expectedShare), grouped(target.picks), "\(target.longestRun)", target.model ?? "", target.backend,
                target.suspensions.map { "\($0[0]) to \($0[1])" }.joined(separator: ", "),
            ])
        }
        table.lines(indent: 2).forEach(line)
        if exhausted > 0 {
            let fate = ["reject": "503", "least-remaining": "sent to the target that returns soonest", "passthrough": "sent on with the client's own model"]
            line("")
            line("  \(grouped(exhausted)) requests found every target suspended: \(fate[allSuspended] ?? allSuspended)")
        }
        line("")
        picture(line)
    }

    /// A row of letters, one a request; below it, where something is suspended, what.
    private func picture(_ line: (String) -> Void) {
        let rows = (requests + Self.rowLength - 1) / Self.rowLength
        let width = String((min(rows, Self.shownRows) - 1) * Self.rowLength).count
        for row in 0..<min(rows, Self.shownRows) {
            let range = row * Self.rowLength..<min(requests, (row + 1) * Self.rowLength)
            let number = String(range.lowerBound)
            let margin = String(repeating: " ", count: 2 + width - number.count) + number
            line("\(margin)  \(range.map(symbol).joined())")
            let blank = String(repeating: " ", count: 2 + width)
            for target in targets where target.suspensions.contains(where: { $0[0] < range.upperBound && $0[1] > range.lowerBound }) {
                var marks = range.map { now in target.suspensions.contains { $0[0] <= now && now < $0[1] } ? "~" : " " }
                while marks.last == " " { marks.removeLast() }
                line("\(blank)  \(marks.joined())  \(target.letter) suspended")
            }
        }
        if rows > Self.shownRows { line("  … and \(grouped(requests - Self.shownRows * Self.rowLength)) more; --svg and --json have all") }
    }

    /// More than 26 targets share `#` beyond `Z`: one column is one request.
    private func symbol(_ now: Int) -> String {
        guard let target = picks[now] else { return "." }
        return target < 26 ? targets[target].letter : "#"
    }
}
