extension TableDiff {
    /// For people, line by line, without line feeds.
    package func text(_ line: (String) -> Void) {
        guard !isEmpty else { return line(sameText) }
        line(summary)
        for (title, changes) in sections where !changes.isEmpty {
            line("")
            line(title)
            for change in changes { change.text(line) }
        }
    }

    /// For a pull request.
    package func markdown(_ line: (String) -> Void) {
        guard !isEmpty else { return line(sameText) }
        line("### Routing changes")
        line("")
        line(summary)
        for (title, changes) in sections where !changes.isEmpty {
            line("")
            line("#### \(title)")
            for change in changes { change.markdown(line) }
        }
    }

    var sections: [(String, [Change])] {
        [("APIs", apis), ("Routes", routes), ("Shares, suspension, failover", pools), ("Backends", backends)]
    }

    private var sameText: String {
        oldTrafficDigest == newTrafficDigest
            ? "No difference for traffic (traffic digest \(newTrafficDigest.prefix(12)))."
            : "No difference for traffic: only names that carry state, or the order in which things were written, differ."
    }

    private var summary: String {
        let counts = [("API", apis), ("route", routes), ("pool", pools), ("backend", backends)].flatMap { thing, changes in
            [Kind.added, .removed, .changed].compactMap { kind -> String? in
                let count = changes.count { $0.kind == kind }
                return count == 0 ? nil : "\(grouped(count)) \(thing)\(count == 1 ? "" : "s") \(kind.rawValue)"
            }
        }
        return counts.joined(separator: ", ") + "."
    }
}

extension TableDiff.Change {
    private var sign: String { ["added": "+", "removed": "-", "changed": "~"][kind.rawValue] ?? "" }

    fileprivate func text(_ line: (String) -> Void) {
        line("  \(sign) \(subject)\(place(position))")
        for detail in details { line("      \(detail.text)") }
        guard !shares.isEmpty else { return }
        var table = TextTable(header: ["model", "backend", "before", "after", ""], [.left, .left, .right, .right, .right])
        for share in shares { table.add([share.model ?? "", share.backend ?? "(all)"] + share.numbers) }
        table.lines(indent: 6).forEach(line)
    }

    fileprivate func markdown(_ line: (String) -> Void) {
        line("- **\(kind.rawValue)** \(Self.code(subject))\(place(position))")
        for detail in details { line("  - \(detail.what): \(detail.before.map(Self.code) ?? "nothing") → \(detail.after.map(Self.code) ?? "nothing")") }
        guard !shares.isEmpty else { return }
        line("")
        line("  | model | backend | before | after | |")
        line("  |---|---|---:|---:|---:|")
        for share in shares {
            line("  | \(Self.cell(share.model ?? "")) | \(Self.cell(share.backend ?? "(all)")) | \(share.numbers.joined(separator: " | ")) |")
        }
    }

    /// A code span (CommonMark 6.1): longer fences than any run of backticks inside.
    private static func code(_ text: String) -> String {
        var longest = 0, run = 0
        for character in text {
            run = character == "`" ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: longest + 1)
        let pad = longest > 0 ? " " : ""
        return fence + pad + text + pad + fence
    }

    private static func cell(_ text: String) -> String { text.isEmpty ? "" : code(text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")) }
}

extension TableDiff.Detail {
    fileprivate var text: String { before == nil ? "\(what): \(after ?? "")" : "\(what): \(before ?? "") → \(after ?? "none")" }
}

extension TableDiff.Share {
    /// Before, after, and by how many points it moves.
    fileprivate var numbers: [String] {
        let delta = Int((((after ?? 0) - (before ?? 0)) * 10).rounded())
        let moved = "\(delta < 0 ? "−" : "+")\(abs(delta) / 10).\(abs(delta) % 10)"
        return [before.map(percent) ?? "–", after.map(percent) ?? "–", delta == 0 ? "" : moved]
    }
}
