/// The field names that this proxy acts on, in one byte; every other name is `other`.
package enum HeaderName: UInt8, BitwiseCopyable {
    case other
    // framing and routing
    case host, contentLength, expect
    // hop-by-hop, whether Connection names them or not (RFC 9110 7.6.1)
    case connection, keepAlive, proxyConnection, te, trailer, transferEncoding, upgrade, http2Settings, proxyAuthorization
    // credentials
    case authorization, proxyAuthenticate, wwwAuthenticate, cookie, setCookie
    // content
    case contentType, contentEncoding, acceptEncoding, accept
    // the rest of the edge
    case date, via, server, userAgent, maxForwards, origin, accessControlRequestMethod, accessControlRequestHeaders, xRequestID, traceparent
    // quota
    case retryAfter, retryAfterMs
    case xRatelimitLimit, xRatelimitLimitRequests, xRatelimitLimitTokens
    case xRatelimitRemaining, xRatelimitRemainingRequests, xRatelimitRemainingTokens
    case xRatelimitReset, xRatelimitResetRequests, xRatelimitResetTokens
    /// `anthropic-ratelimit-*-limit`; what `*` is, `HeaderField.anthropicDimension` says.
    case anthropicRatelimitLimit, anthropicRatelimitRemaining, anthropicRatelimitReset
    // added here to a backend's answer
    case xRtblModel, xRtblAttempts

    /// Removed from every message that passes on (RFC 9110 7.6.1).
    @inline(__always)
    package var isHopByHop: Bool {
        rawValue >= HeaderName.connection.rawValue && rawValue <= HeaderName.proxyAuthorization.rawValue
    }

    /// Connection may not remove these: what is forwarded would be another request than the one that was checked.
    /// (Transfer-Encoding goes in any case, and the framing of what is forwarded is stated anew.)
    @inline(__always)
    var isProtectedFromConnection: Bool {
        self == .host || self == .contentLength || self == .authorization
    }

    /// The name at `start..<end`, which has been lexed as a token. Length first, then a comparison in words.
    @inline(__always)
    init(_ bytes: RawSpan, _ start: Int, _ end: Int) {
        let count = end - start
        self = count < 17 ? HeaderName.short(bytes, start, count) : HeaderName.long(bytes, start, count)
    }

    private static func short(_ bytes: RawSpan, _ start: Int, _ count: Int) -> HeaderName {
        @inline(__always)
        func named(_ literal: StaticString) -> Bool { bytes.equalsIgnoringCase(literal, at: start) }
        switch count {
        case 2: if named("te") { return .te }
        case 3: if named("via") { return .via }
        case 4:
            if named("host") { return .host }
            if named("date") { return .date }
        case 6:
            if named("accept") { return .accept }
            if named("expect") { return .expect }
            if named("server") { return .server }
            if named("cookie") { return .cookie }
            if named("origin") { return .origin }
        case 7:
            if named("upgrade") { return .upgrade }
            if named("trailer") { return .trailer }
        case 10:
            if named("user-agent") { return .userAgent }
            if named("connection") { return .connection }
            if named("keep-alive") { return .keepAlive }
            if named("set-cookie") { return .setCookie }
        case 11:
            if named("retry-after") { return .retryAfter }
            if named("traceparent") { return .traceparent }
        case 12:
            if named("content-type") { return .contentType }
            if named("x-request-id") { return .xRequestID }
            if named("max-forwards") { return .maxForwards }
            if named("x-rtbl-model") { return .xRtblModel }
        case 13: if named("authorization") { return .authorization }
        case 14:
            if named("content-length") { return .contentLength }
            if named("retry-after-ms") { return .retryAfterMs }
            if named("http2-settings") { return .http2Settings }
        case 15:
            if named("accept-encoding") { return .acceptEncoding }
            if named("x-rtbl-attempts") { return .xRtblAttempts }
        case 16:
            if named("content-encoding") { return .contentEncoding }
            if named("proxy-connection") { return .proxyConnection }
            if named("www-authenticate") { return .wwwAuthenticate }
        default: break
        }
        return .other
    }

    private static func long(_ bytes: RawSpan, _ start: Int, _ count: Int) -> HeaderName {
        @inline(__always)
        func named(_ literal: StaticString) -> Bool { bytes.equalsIgnoringCase(literal, at: start) }
        switch count {
        case 17:
            if named("transfer-encoding") { return .transferEncoding }
            if named("x-ratelimit-limit") { return .xRatelimitLimit }
            if named("x-ratelimit-reset") { return .xRatelimitReset }
        case 18: if named("proxy-authenticate") { return .proxyAuthenticate }
        case 19: if named("proxy-authorization") { return .proxyAuthorization }
        case 21: if named("x-ratelimit-remaining") { return .xRatelimitRemaining }
        case 24:
            if named("x-ratelimit-limit-tokens") { return .xRatelimitLimitTokens }
            if named("x-ratelimit-reset-tokens") { return .xRatelimitResetTokens }
        case 26:
            if named("x-ratelimit-limit-requests") { return .xRatelimitLimitRequests }
            if named("x-ratelimit-reset-requests") { return .xRatelimitResetRequests }
        case 28: if named("x-ratelimit-remaining-tokens") { return .xRatelimitRemainingTokens }
        case 29: if named("access-control-request-method") { return .accessControlRequestMethod }
        case 30:
            if named("access-control-request-headers") { return .accessControlRequestHeaders }
            if named("x-ratelimit-remaining-requests") { return .xRatelimitRemainingRequests }
        default: break
        }
        return anthropic(bytes, start, count)
    }

    /// `anthropic-ratelimit-` DIMENSION (`-limit`, `-remaining` or `-reset`), DIMENSION not empty.
    private static func anthropic(_ bytes: RawSpan, _ start: Int, _ count: Int) -> HeaderName {
        guard count > anthropicPrefixBytes + 6, bytes.equalsIgnoringCase("anthropic-ratelimit-", at: start) else { return .other }
        let end = start + count
        if bytes.equalsIgnoringCase("-limit", at: end - 6) { return .anthropicRatelimitLimit }
        if bytes.equalsIgnoringCase("-reset", at: end - 6) { return .anthropicRatelimitReset }
        if count > anthropicPrefixBytes + 10, bytes.equalsIgnoringCase("-remaining", at: end - 10) { return .anthropicRatelimitRemaining }
        return .other
    }

    static let anthropicPrefixBytes = 20
}
