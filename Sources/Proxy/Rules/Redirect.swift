import CTable
import RoutingTable

/// RequestRedirect: a rule whose requests are answered here with another address (Gateway API HTTPRequestRedirectFilter).
extension Worker {
    /// Answers a request whose rule redirects it. Its body is not looked at: what has not come yet is not waited for.
    ///
    /// - Returns: false: its rule does not.
    mutating func answerRedirect(_ slot: Int) -> Bool {
        guard let index = ruleExtras(slot)?.redirectIndex else { return false }
        let table = unsafe configuration.pointee.snapshot.pointee.table
        let redirect = table.features.redirects[index]
        settleBody(slot)
        scratch.written.clear()
        writeStatusLine(redirect.status)
        scratch.written.append("Location: ")
        writeLocation(slot, redirect)
        scratch.written.append("\r\nContent-Length: 0\r\n")
        sendOwnAnswer(slot, status: redirect.status)
        return true
    }

    /// Scheme, host, port, path and query of the request, but for what the filter names.
    private mutating func writeLocation(_ slot: Int, _ redirect: rtbl_redirect) {
        let table = unsafe configuration.pointee.snapshot.pointee.table
        let head = clients[slot].head
        let named = table.string(redirect.scheme), hostname = table.string(redirect.hostname)
        let scheme = named.isEmpty ? connectionScheme(slot) : named
        scratch.written.append(scheme)
        scratch.written.append("://")
        scratch.written.append(hostname.isEmpty ? head[requestHead.host.indices] : hostname)
        // The scheme's own port where a scheme is named, else the request's; a scheme's own port is left out.
        let port = redirect.port != 0 ? redirect.port : named.isEmpty ? requestHead.port : nil
        if let port, port != (scheme == Bytes("https") ? 443 : 80) {
            scratch.written.append(":")
            scratch.written.append(decimal: UInt64(port))
        }
        writeRedirectedPath(slot, redirect)
        if !hostname.isEmpty {
            writeQuery(slot, head, nil) // another host has no business with the caller's key for this one
        } else if let query = requestHead.query {
            scratch.written.append("?")
            scratch.written.append(head[query.indices])
        }
    }

    private mutating func writeRedirectedPath(_ slot: Int, _ redirect: rtbl_redirect) {
        let table = unsafe configuration.pointee.snapshot.pointee.table
        let head = clients[slot].head
        let path: UpstreamPath
        switch Int(redirect.path) {
        case RTBL_REWRITE_FULL: path = UpstreamPath(replacement: table.string(redirect.path_value), rest: .empty)
        case RTBL_REWRITE_PREFIX:
            guard let match = clients[slot].match, let normal = requestPath(head) else { preconditionFailure("a request is redirected only after it was routed") }
            let rest = (match.isPrefix ? normal.withTrailingSlash : normal.bytes).from(Int(table.routes[match.route].strip_bytes))
            path = UpstreamPath(replacement: table.string(redirect.path_value), rest: rest)
        default: path = UpstreamPath(replacement: head[requestHead.path.indices], rest: .empty)
        }
        let room = unsafe scratch.written.reserve(path.maxCount)
        scratch.written.commit(unsafe path.write(to: room))
    }

    /// Of the connection that the request came on.
    private mutating func connectionScheme(_ slot: Int) -> Bytes { Bytes(clients[slot].transport.isTLS ? "https" : "http") }
}
