import RoutingTable

/// Whether an origin (RFC 6454, 6.1) is one that a cORSPolicy allows.
enum CORSOrigin {
    /// Forms of `allowed`: `*`; `null`; `https://host` with or without a port; a host alone, of any scheme; either with
    /// `*.` before the host, for every host below it. Case does not matter.
    static func matches(_ origin: Bytes, allowed: Bytes) -> Bool {
        if allowed == Bytes("*") { return true }
        guard let originHost = hostStart(origin) else { return origin == allowed } // null
        var wanted = allowed
        if let host = hostStart(allowed) {
            guard origin[0..<originHost].equalsIgnoringCase(allowed[0..<host]) else { return false }
            wanted = allowed.from(host)
        }
        let found = origin.from(originHost)
        guard !wanted.isEmpty, wanted[0] == ASCII.asterisk else { return found.equalsIgnoringCase(wanted) }
        let suffix = wanted.from(1)
        return found.count > suffix.count && found.from(found.count - suffix.count).equalsIgnoringCase(suffix)
    }

    /// Behind `://`; nil: there is none.
    private static func hostStart(_ text: Bytes) -> Int? {
        var i = 0
        while i + 3 <= text.count {
            if text[i] == ASCII.colon, text[i + 1] == ASCII.slash, text[i + 2] == ASCII.slash { return i + 3 }
            i += 1
        }
        return nil
    }
}
