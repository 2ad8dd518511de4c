import CTable

/// The path that a request has at its backend (SEMANTICS of URLRewrite), as up to three pieces that are
/// written one after the other: the Backend's base path, the rule's replacement, the rest of the request's path.
package struct UpstreamPath {
    package let basePath: Bytes
    /// With `\1` … where the rule says so; `write` puts in what the groups matched.
    package let replacement: Bytes
    package let rest: Bytes
    /// What the groups of the route's regular expression matched, and in which text.
    private let groups: (text: Bytes, captures: RegexCaptures)?

    /// - Parameter basePath: of the Backend, or of the URL that stands in for it; without a trailing `/`.
    package init(
        _ match: RouteMatch, in table: borrowing RoutingTable, path: RequestPath, basePath: Bytes, scratch: inout RegexScratch
    ) {
        let route = table.routes[match.route]
        let rule = table.rules[route.ruleIndex]
        self.basePath = basePath
        let rewrite = Int(rule.rewrite)
        replacement = rewrite == RTBL_REWRITE_NONE ? .empty : table.string(rule.rewrite_value)
        if rewrite == RTBL_REWRITE_FULL || rewrite == RTBL_REWRITE_CAPTURES {
            rest = .empty
        } else {
            rest = (match.isPrefix ? path.withTrailingSlash : path.bytes).from(Int(route.strip_bytes))
        }
        if rewrite == RTBL_REWRITE_CAPTURES, let number = route.regexNumber {
            let text = path.bytes.from(Int(route.strip_bytes))
            var captures = RegexCaptures()
            // It matched when the route was found; if a table made elsewhere disagrees with itself, the groups are empty.
            if !table.regex(number).match(text, isPath: true, scratch: &scratch, captures: &captures) { captures = RegexCaptures() }
            groups = (text, captures)
        } else {
            groups = nil
        }
    }

    /// A path that no Backend has a part in, such as one that a redirect leads to.
    package init(replacement: Bytes, rest: Bytes) {
        basePath = .empty
        self.replacement = replacement
        self.rest = rest
        groups = nil
    }

    /// Bytes that `write` needs at most.
    package var maxCount: Int {
        var count = basePath.count + replacement.count + rest.count + 2
        if let groups { count += Int(RTBL_MAX_REWRITE_GROUPS) * groups.text.count }
        return count
    }

    /// Joins the pieces with exactly one `/` between each two; never empty.
    ///
    /// - Parameter out: room for `maxCount` bytes.
    /// - Returns: how many were written.
    @unsafe
    package func write(to out: UnsafeMutablePointer<UInt8>) -> Int {
        var written = 0
        unsafe Self.append(basePath, to: out, &written)
        if let groups {
            unsafe appendReplacement(groups.text, groups.captures, to: out, &written)
        } else {
            unsafe Self.append(replacement, to: out, &written)
        }
        unsafe Self.append(rest, to: out, &written)
        if written == 0 {
            unsafe out[0] = UInt8(ascii: "/")
            written = 1
        }
        return written
    }

    /// Only the first piece that is not empty is joined to the base path with a `/`: the others are one text with it.
    private func appendReplacement(_ text: Bytes, _ captures: RegexCaptures, to out: UnsafeMutablePointer<UInt8>, _ written: inout Int) {
        var isJoined = false
        RewriteTemplate(replacement).forEachPiece(groups: { group in
            guard let range = captures.range(of: group) else { return .empty }
            return text[min(range.lowerBound, text.count)..<min(range.upperBound, text.count)] // without a slash that only the pattern has
        }) { piece in
            guard !piece.isEmpty else { return }
            if isJoined {
                unsafe (out + written).update(from: piece.base, count: piece.count)
                written += piece.count
            } else {
                unsafe Self.append(piece, to: out, &written)
                isJoined = true
            }
        }
    }

    private static func append(_ piece: Bytes, to out: UnsafeMutablePointer<UInt8>, _ written: inout Int) {
        guard !piece.isEmpty else { return }
        let slash = UInt8(ascii: "/")
        let endsWithSlash = unsafe written > 0 && out[written - 1] == slash
        let startsWithSlash = piece[0] == slash
        if endsWithSlash, startsWithSlash { written -= 1 }
        if !endsWithSlash, !startsWithSlash {
            unsafe out[written] = slash
            written += 1
        }
        unsafe (out + written).update(from: piece.base, count: piece.count)
        written += piece.count
    }
}
