import CTable
import RoutingTable

/// cORSPolicy: what a browser is told about who may call, and which answers a page may read (Fetch standard, 3.3).
///
/// Without a policy nothing is added and nothing is answered here. With one, preflights are answered before
/// authentication is asked for (a browser sends none with them), and every answer to a request of the rule, one made
/// here too, says whether its page may read it: a 401, 429 or 503 that a page cannot read looks like a broken network.
extension Worker {
    mutating func corsPolicy(_ slot: Int) -> rtbl_cors? {
        guard let index = ruleExtras(slot)?.corsIndex else { return nil }
        return unsafe configuration.pointee.snapshot.pointee.table.features.corsPolicies[index]
    }

    /// The method that a preflight asks about, as a bit of a route's set; nil: the request in `requestHead` is none.
    mutating func preflightMethod(_ head: Bytes) -> UInt16? {
        guard requestHead.method == .options, requestHead.fields.first(.origin) != nil,
            let method = requestHead.fields.first(.accessControlRequestMethod)
        else { return nil }
        return HTTPMethod(head.span, method.value.lowerBound, method.value.upperBound).bit
    }

    /// Answers a preflight, whose route is that of the request which it asks about.
    mutating func answerPreflight(_ slot: Int) {
        settleBody(slot)
        scratch.written.clear()
        writeStatusLine(204)
        if let cors = corsPolicy(slot) { writePreflight(slot, cors) }
        sendOwnAnswer(slot, status: 204)
    }

    private mutating func writePreflight(_ slot: Int, _ cors: rtbl_cors) {
        guard isOriginAllowed(slot, cors) else { return }
        writeList("Access-Control-Allow-Methods: ", cors.methods, asked: .accessControlRequestMethod, slot)
        writeList("Access-Control-Allow-Headers: ", cors.headers, asked: .accessControlRequestHeaders, slot)
        if cors.max_age_seconds != RTBL_NONE {
            scratch.written.append("Access-Control-Max-Age: ")
            scratch.written.append(decimal: UInt64(cors.max_age_seconds))
            scratch.written.append("\r\n")
        }
    }

    /// The fields by which a page may read this answer. The client's head is in its buffer still.
    mutating func writeCORS(_ slot: Int) {
        guard let cors = corsPolicy(slot) else { return }
        ensureParsed(slot)
        let isForAny = allowsAnyOrigin(cors)
        let head = clients[slot].head
        if isForAny || isOriginAllowed(slot, cors) {
            scratch.written.append("Access-Control-Allow-Origin: ")
            if isForAny { scratch.written.append("*") } else if let origin = requestHead.fields.first(.origin) { scratch.written.append(head[origin.value.indices]) }
            scratch.written.append("\r\n")
            if cors.flags & UInt32(RTBL_CORS_ALLOW_CREDENTIALS) != 0 { scratch.written.append("Access-Control-Allow-Credentials: true\r\n") }
            if !clients[slot].flags.contains(.isPreflight) { writeList("Access-Control-Expose-Headers: ", cors.exposed_headers, asked: nil, slot) }
        }
        if !isForAny { scratch.written.append("Vary: Origin\r\n") } // a cache must not give one origin's answer to another
    }

    /// A policy for any origin says so in a word; with credentials that is not allowed, and the origin stands for it.
    private mutating func allowsAnyOrigin(_ cors: rtbl_cors) -> Bool {
        cors.flags & UInt32(RTBL_CORS_ALLOW_CREDENTIALS) == 0 && lists(cors.origins, Bytes("*"))
    }

    private mutating func isOriginAllowed(_ slot: Int, _ cors: rtbl_cors) -> Bool {
        guard let field = requestHead.fields.first(.origin) else { return false }
        let table = unsafe configuration.pointee.snapshot.pointee.table
        let origin = clients[slot].head[field.value.indices]
        for number in 0..<Int(cors.origins.count) where CORSOrigin.matches(origin, allowed: table.string(number, of: cors.origins)) { return true }
        return false
    }

    private mutating func lists(_ list: rtbl_strings, _ word: Bytes) -> Bool {
        let table = unsafe configuration.pointee.snapshot.pointee.table
        for number in 0..<Int(list.count) where table.string(number, of: list) == word { return true }
        return false
    }

    /// A list with commas, if it has an element. In a preflight's answer `*` stands for what was asked for, by name:
    /// a browser does not count Authorization to `*`, nor anything where credentials are sent.
    private mutating func writeList(_ field: StaticString, _ list: rtbl_strings, asked: HeaderName?, _ slot: Int) {
        guard list.count > 0 else { return }
        let table = unsafe configuration.pointee.snapshot.pointee.table
        if let asked, lists(list, Bytes("*")) {
            guard let request = requestHead.fields.first(asked) else { return }
            scratch.written.append(field)
            scratch.written.append(clients[slot].head[request.value.indices])
            scratch.written.append("\r\nVary: ")
            scratch.written.append(asked == .accessControlRequestMethod ? "Access-Control-Request-Method" : "Access-Control-Request-Headers")
        } else {
            scratch.written.append(field)
            for number in 0..<Int(list.count) {
                if number > 0 { scratch.written.append(", ") }
                scratch.written.append(table.string(number, of: list))
            }
        }
        scratch.written.append("\r\n")
    }
}

extension Bytes {
    /// Whether a header's name is one that a cORSPolicy speaks for.
    var isAccessControl: Bool { count > 15 && self[0..<15].equalsIgnoringCase("access-control-") }
}
