import CTable

/// A replacement with `\1` … `\9` in it.
package struct RewriteTemplate {
    package let bytes: Bytes

    package init(_ bytes: Bytes) { self.bytes = bytes }

    /// The greatest number of a group in it; nil if there is none, too many, or a `\` before anything else.
    package var highestGroup: Int? {
        var highest = 0, places = 0
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "\\") {
                guard at + 1 < bytes.count, let group = Self.group(bytes[at + 1]) else { return nil }
                highest = max(highest, group)
                places += 1
                at += 1
            }
            at += 1
        }
        return places > 0 && places <= Int(RTBL_MAX_REWRITE_GROUPS) ? highest : nil
    }

    private static func group(_ byte: UInt8) -> Int? {
        (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(byte) ? Int(byte - UInt8(ascii: "0")) : nil
    }

    /// Calls `body` with the pieces in order: literal text, and what the groups matched.
    func forEachPiece(groups: (Int) -> Bytes, _ body: (Bytes) -> Void) {
        var start = 0, at = 0
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count, let group = Self.group(bytes[at + 1]) else {
                at += 1
                continue
            }
            body(bytes[start..<at])
            body(groups(group))
            at += 2
            start = at
        }
        body(bytes.from(start))
    }
}
