extension TableDiff {
    /// For people, line by line, without line feeds.
    package func text(_ line: (String) -> Void) {
        guard !isEmpty else { return line(sameText) }
        line(summary)
        if !risks.isEmpty {
            line("")
            line("Look twice")
            for risk in risks {
                line("  ! \(risk.what)")
                for subject in risk.subjects { line("      \(subject)") }
            }
        }
        for (title, changes) in sections where !changes.isEmpty {
            line("")
            line(title)
            for group in Self.groups(changes) { Change.text(group, line) }
        }
    }

    /// For a pull request.
    package func markdown(_ line: (String) -> Void) {
        guard !isEmpty else { return line(sameText) }
        line("### Routing changes")
        line("")
        line(summary)
        if !risks.isEmpty {
            line("")
            line("> [!CAUTION]")
            for (number, risk) in risks.enumerated() {
                if number > 0 { line(">") }
                line("> **\(risk.what)**: \(Change.list(risk.subjects.map(Change.code)))")
            }
        }
        for (title, changes) in sections where !changes.isEmpty {
            line("")
            line("#### \(title)")
            for group in Self.groups(changes) { Change.markdown(group, line) }
        }
    }

    /// Changes that say the same of several subjects are one: a policy of an API changes all its routes.
    private static func groups(_ changes: [Change]) -> [[Change]] {
        var groups: [[Change]] = []
        var known: [Set<String>: Int] = [:]
        for change in changes {
            let says = Set(["\(change.kind)"] + change.details.map { "\($0)" })
            if let group = known[says], change.shares.isEmpty, change.kind != .added { groups[group].append(change) } else {
                if change.shares.isEmpty { known[says] = groups.count }
                groups.append([change])
            }
        }
        return groups
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

    fileprivate static func text(_ group: [Self], _ line: (String) -> Void) {
        guard let first = group.first else { return }
        for change in group { line("  \(change.sign) \(change.subject)\(place(change.position))") }
        for detail in first.details { line("      \(detail.text(isNew: first.kind == .added))") }
        guard !first.shares.isEmpty else { return }
        var table = TextTable(header: ["model", "backend", "before", "after", ""], [.left, .left, .right, .right, .right])
        for share in first.shares { table.add([share.model ?? "", share.backend ?? "(all)"] + share.numbers) }
        table.lines(indent: 6).forEach(line)
    }

    fileprivate static func markdown(_ group: [Self], _ line: (String) -> Void) {
        guard let first = group.first else { return }
        line("- **\(first.kind.rawValue)** " + list(group.map { code($0.subject) + place($0.position) }))
        for detail in first.details { line("  - \(detail.markdown(isNew: first.kind == .added))") }
        guard !first.shares.isEmpty else { return }
        line("")
        line("  | model | backend | before | after | |")
        line("  |---|---|---:|---:|---:|")
        for share in first.shares {
            line("  | \(cell(share.model ?? "")) | \(cell(share.backend ?? "(all)")) | \(share.numbers.joined(separator: " | ")) |")
        }
    }

    /// The first ten, and how many more there are: a comment is read, the text form has them all.
    fileprivate static func list(_ items: [String]) -> String {
        let shown = 10
        return items.prefix(shown).joined(separator: ", ") + (items.count > shown ? " and \(grouped(items.count - shown)) more" : "")
    }

    /// A code span (CommonMark 6.1): longer fences than any run of backticks inside.
    fileprivate static func code(_ text: String) -> String {
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
    /// - Parameter isNew: of something new there is nothing to compare with.
    fileprivate func text(isNew: Bool) -> String { isNew ? "\(what): \(after ?? "")" : "\(what): \(before ?? "none") → \(after ?? "none")" }

    fileprivate func markdown(isNew: Bool) -> String {
        let new = after.map(TableDiff.Change.code) ?? "**none**"
        return isNew ? "\(what): \(new)" : "\(what): \(before.map(TableDiff.Change.code) ?? "**none**") → \(new)"
    }
}

extension TableDiff.Share {
    /// Before, after, and by how many points it moves.
    fileprivate var numbers: [String] {
        let delta = Int((((after ?? 0) - (before ?? 0)) * 10).rounded())
        let moved = "\(delta < 0 ? "−" : "+")\(abs(delta) / 10).\(abs(delta) % 10)"
        return [before.map(percent) ?? "–", after.map(percent) ?? "–", delta == 0 ? "" : moved]
    }
}
