/// Where a request of a browser comes from.
///
/// On loopback calls that change something need no token, so a page of a stranger, or one from another port of this machine,
/// must not be able to have a browser send them here. Browsers say whose page it was, and pages cannot change that.
enum CrossSite {
    /// Whether the request is this port's own page's, or no page's at all.
    ///
    /// - Parameters:
    ///   - fetchSite: `Sec-Fetch-Site` (W3C Fetch Metadata), which browsers send to loopback addresses and over TLS.
    ///   - origin: `Origin` (RFC 6454, 7), which they send with every POST.
    ///   - authority: of the request, as in `Host`.
    static func isOwn(fetchSite: String?, origin: String?, authority: String) -> Bool {
        // it holds also behind a proxy that changes Host
        if let fetchSite { return fetchSite == "same-origin" || fetchSite == "none" }
        guard let origin else { return true }
        for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
            return origin.dropFirst(scheme.count).lowercased() == authority.lowercased()
        }
        return false // "null": a sandboxed frame, a file
    }
}
