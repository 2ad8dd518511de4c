import RoutingTable

/// An answer that is made here because the request cannot be served: whose fault, and what to do about it.
struct Refusal {
    var status: UInt16
    /// A stable word for programs.
    var code: StaticString
    /// A sentence for people.
    var message: StaticString
    /// Seconds; nil: no Retry-After.
    var retryAfter: UInt64?
    /// What may be used in a window; goes out as `x-ratelimit-limit`, with a remaining of 0, reset in `retryAfter`.
    var rateLimit: UInt32?
    /// Adds `Accept-Encoding: identity` (RFC 9110, 15.5.16).
    var acceptsIdentity = false
    /// Where in the body the fault is.
    var offset: Int?

    init(_ status: UInt16, _ code: StaticString, _ message: StaticString, retryAfter: UInt64? = nil, acceptsIdentity: Bool = false, offset: Int? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
        self.acceptsIdentity = acceptsIdentity
        self.offset = offset
    }

    static let notFound = Refusal(404, "route_not_found", "no route answers this host, path and method")
    static let noMemory = Refusal(503, "overloaded", "too many request bodies are held at once (--max-buffered); try again", retryAfter: 1)
    static let tooManyRequests = Refusal(503, "overloaded", "too many requests are under way (--max-requests); try again", retryAfter: 1)
    static let noCredential = Refusal(503, "no_credential", "the Secret of no backend of this route is there; see /status on the admin port")
    static let noBackend = Refusal(503, "no_backend", "the route has no backend that takes this request")

    /// OpenAI's word for the kind of error.
    var type: StaticString {
        switch status {
        case 429: "rate_limit_error"
        case 400..<500: "invalid_request_error"
        default: "server_error"
        }
    }

    /// RFC 9110, 15.
    static func reason(_ status: UInt16) -> StaticString {
        switch status {
        case 204: "No Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Error"
        }
    }

    /// APK's `description` where it has one, so that its clients read what they expect.
    var description: StaticString { status == 404 ? "The requested resource is not available." : message }
}

extension Worker {
    /// Answers a request here and moves on to the next one, or closes where what follows could not be told from the
    /// body that was not read.
    mutating func refuse(_ slot: Int, _ refusal: Refusal, mustClose: Bool = false) {
        if records[slot].began == 0 { // its head was not sound, or not whole
            records[slot] = RequestRecord()
            records[slot].began = nowNanos
        }
        settleBody(slot, mustClose: mustClose)
        let lingersUnbounded = clients[slot].flags.contains(.lingersUnbounded)
        writeRefusal(slot, refusal)
        countRequest(slot, status: refusal.status)
        records[slot].error = Bytes(refusal.code)
        guard sendToClient(slot) else { return }
        noteSpent(slot)
        finishRequest(slot)
        if lingersUnbounded { clients[slot].flags.insert(.lingersUnbounded) }
    }

    private mutating func writeRefusal(_ slot: Int, _ refusal: Refusal) {
        let body = refusalBody(refusal)
        scratch.written.clear()
        writeStatusLine(refusal.status)
        scratch.written.append("Content-Type: application/json\r\nContent-Length: ")
        scratch.written.append(decimal: UInt64(body.count))
        scratch.written.append("\r\n")
        date.append(to: &scratch.written)
        if let seconds = refusal.retryAfter {
            scratch.written.append("Retry-After: ")
            scratch.written.append(decimal: seconds)
            scratch.written.append("\r\n")
        }
        if let limit = refusal.rateLimit { writeRateLimit(limit, secondsLeft: refusal.retryAfter ?? 0) }
        if refusal.status == 405 { scratch.written.append("Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n") }
        if refusal.status == 401 { scratch.written.append("WWW-Authenticate: Bearer\r\n") } // RFC 9110, 15.5.2
        if refusal.acceptsIdentity { scratch.written.append("Accept-Encoding: identity\r\n") }
        writeCORS(slot)
        if clients[slot].attempts > 0 { appendAttempts(slot) }
        if clients[slot].flags.contains(.closeAfter) { scratch.written.append("Connection: close\r\n") }
        scratch.written.append("\r\n")
        if !clients[slot].flags.contains(.isHead) {
            scratch.written.append(body)
            records[slot].answerBytes = UInt64(body.count)
        }
    }

    private mutating func writeRateLimit(_ limit: UInt32, secondsLeft: UInt64) {
        scratch.written.append("x-ratelimit-limit: ")
        scratch.written.append(decimal: UInt64(limit))
        scratch.written.append("\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: ")
        scratch.written.append(decimal: secondsLeft)
        scratch.written.append("\r\n")
    }

    /// One form that OpenAI clients and APK clients both understand. It stands in `scratch.piece`.
    private mutating func refusalBody(_ refusal: Refusal) -> Bytes {
        scratch.piece.clear()
        scratch.piece.append("{\"error\":{\"message\":\"")
        appendEscaped(Bytes(refusal.message))
        if let offset = refusal.offset {
            scratch.piece.append(" (at byte ")
            scratch.piece.append(decimal: UInt64(offset))
            scratch.piece.append(" of the body)")
        }
        scratch.piece.append("\",\"type\":\"")
        scratch.piece.append(refusal.type)
        scratch.piece.append("\",\"code\":\"")
        scratch.piece.append(refusal.code)
        scratch.piece.append("\",\"param\":null},\"code\":\"")
        scratch.piece.append(decimal: UInt64(refusal.status))
        scratch.piece.append("\",\"message\":\"")
        scratch.piece.append(Refusal.reason(refusal.status))
        scratch.piece.append("\",\"description\":\"")
        appendEscaped(Bytes(refusal.description))
        scratch.piece.append("\"")
        if refusal.status == 401 { scratch.piece.append(",\"error_message\":\"Invalid Credentials\"") } // as APK says it
        scratch.piece.append("}")
        return scratch.piece.bytes
    }

    private mutating func appendEscaped(_ text: Bytes) {
        for i in 0..<text.count {
            if text[i] == ASCII.quote || text[i] == ASCII.backslash { scratch.piece.append(ASCII.backslash) }
            scratch.piece.append(text[i])
        }
    }
}
