/// Finds what somebody probably meant.
package enum NearName {
    /// The candidate with the fewest edits, if they are few for the length of the name. Among equals the one that
    /// stands just before the name in sorted order, else the one just behind: `b-9` is nearer to `b-2` than to `b-1`.
    package static func of(_ name: String, in candidates: some Sequence<String>) -> String? {
        let wanted = Array(name.lowercased().utf8)
        var best: (name: String, edits: Int)?
        for candidate in candidates.prefix(Limits.nearNameCandidates) where candidate != name {
            let bound = min(best?.edits ?? .max, limit(wanted.count))
            let bytes = Array(candidate.lowercased().utf8)
            guard abs(bytes.count - wanted.count) <= bound, let edits = distance(wanted, bytes, atMost: bound) else { continue }
            if let current = best, edits == current.edits, !isNearer(candidate, than: current.name, to: name) { continue }
            best = (candidate, edits)
        }
        return best?.name
    }

    private static func limit(_ length: Int) -> Int { length <= 3 ? 1 : min(4, 1 + length / 4) }

    private static func isNearer(_ a: String, than b: String, to name: String) -> Bool {
        switch (a < name, b < name) {
        case (true, true): a > b
        case (false, false): a < b
        case (let before, _): before
        }
    }

    /// Insertions, deletions, replacements and swaps of neighbours; nil: more than `bound`.
    package static func distance(_ a: [UInt8], _ b: [UInt8], atMost bound: Int) -> Int? {
        var previous = [Int](), row = Array(0...b.count)
        for i in a.indices {
            let above = row
            row[0] = i + 1
            for j in b.indices {
                row[j + 1] = min(above[j + 1] + 1, row[j] + 1, above[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { row[j + 1] = min(row[j + 1], previous[j - 1] + 1) }
            }
            if row.min()! > bound { return nil }
            previous = above
        }
        return row[b.count] <= bound ? row[b.count] : nil
    }
}
