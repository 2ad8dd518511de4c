import CTable

/// The path that a request has at its backend (SEMANTICS of URLRewrite), as up to three pieces that are
/// written one after the other: the Backend's base path, the rule's replacement, the rest of the request's path.
package struct UpstreamPath {
    package let basePath: Bytes
    package let replacement: Bytes
    package let rest: Bytes

    /// - Parameter basePath: of the Backend, or of the URL that stands in for it; without a trailing `/`.
    package init(_ match: RouteMatch, in table: borrowing RoutingTable, path: RequestPath, basePath: Bytes) {
        let route = table.routes[match.route]
        let rule = table.rules[route.ruleIndex]
        self.basePath = basePath
        replacement = Int(rule.rewrite) == RTBL_REWRITE_NONE ? .empty : table.string(rule.rewrite_value)
        if Int(rule.rewrite) == RTBL_REWRITE_FULL {
            rest = .empty
        } else {
            rest = (match.isPrefix ? path.withTrailingSlash : path.bytes).from(Int(route.strip_bytes))
        }
    }

    /// Bytes that `write` needs at most.
    package var maxCount: Int { basePath.count + replacement.count + rest.count + 2 }

    /// Joins the pieces with exactly one `/` between each two; never empty.
    ///
    /// - Parameter out: room for `maxCount` bytes.
    /// - Returns: how many were written.
    @unsafe
    package func write(to out: UnsafeMutablePointer<UInt8>) -> Int {
        var written = 0
        unsafe Self.append(basePath, to: out, &written)
        unsafe Self.append(replacement, to: out, &written)
        unsafe Self.append(rest, to: out, &written)
        if written == 0 {
            unsafe out[0] = UInt8(ascii: "/")
            written = 1
        }
        return written
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
