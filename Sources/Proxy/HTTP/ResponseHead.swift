/// Where a response's body ends (RFC 9112 6.3).
package enum BodyFraming: BitwiseCopyable, Equatable {
    /// There is none: an answer to HEAD, 1xx, 204, 304.
    case none
    /// Exactly so many bytes.
    case length(UInt64)
    case chunked
    /// Everything until the connection is closed.
    case untilClose
}

/// The head of one response of a backend, checked as strictly as a request's. Every fault is a 502.
///
/// All ranges are offsets into the buffer that was parsed, and `fields` are in the order in which they came.
package struct ResponseHead: ~Copyable, MessageHead {
    package internal(set) var fields = HeaderFields()
    /// Bytes of the head, the empty line included. The body starts behind them.
    package internal(set) var headBytes = 0

    /// 100–599.
    package internal(set) var statusCode: UInt16 = 0
    /// The reason phrase, perhaps empty.
    package internal(set) var reason = ByteRange.empty
    package internal(set) var minorVersion: UInt8 = 1
    package internal(set) var framing = BodyFraming.none
    /// The value of Content-Length, also where there is no body (HEAD, 304).
    package internal(set) var contentLength: UInt64?
    /// Whether the connection may carry another request when the body has ended.
    package internal(set) var keepAlive = false
    /// `Keep-Alive: timeout=N`: seconds after which the backend closes an idle connection.
    package internal(set) var keepAliveTimeoutSeconds: UInt32?
    /// The content is `text/event-stream`.
    package internal(set) var isEventStream = false
    package internal(set) var hasDate = false

    /// What it answers.
    var requestMethod = HTTPMethod.other

    package init() {}

    /// Parses the head that starts at the first byte of `bytes`; `RequestHead.parse` tells how.
    ///
    /// - Parameter requestMethod: what this answers: an answer to HEAD has no body, whatever its fields say.
    package mutating func parse(_ bytes: RawSpan, requestMethod: HTTPMethod, progress: inout HeadProgress) -> ParseOutcome {
        self.requestMethod = requestMethod
        return parseLines(bytes, &progress)
    }

    mutating func lexStartLine(_ bytes: RawSpan) throws(HTTPFault) -> Int? { try lexStatusLine(bytes) }

    mutating func lexFields(_ bytes: RawSpan, _ progress: inout HeadProgress) throws(HTTPFault) -> Int? {
        try fields.lex(bytes, &progress)
    }

    /// HTTP-version SP status-code SP [reason-phrase] CRLF (RFC 9112 4).
    private mutating func lexStatusLine(_ bytes: RawSpan) throws(HTTPFault) -> Int? {
        if bytes.byteCount >= 15, bytes.equals("HTTP/1.1 200 ", at: 0) {
            (minorVersion, statusCode) = (1, 200)
            return try lexReason(bytes, 13)
        }
        let available = min(bytes.byteCount, 13)
        var status: UInt16 = 0
        for i in 0..<available {
            let byte = bytes[i]
            let isExpected: Bool
            switch i {
            case 0: isExpected = byte == 0x48
            case 1, 2: isExpected = byte == 0x54
            case 3: isExpected = byte == 0x50
            case 4: isExpected = byte == ASCII.slash
            case 5: isExpected = byte == 0x31
            case 6: isExpected = byte == ASCII.dot
            case 8, 12: isExpected = byte == ASCII.space
            default: isExpected = ASCII.isDigit(byte)
            }
            guard isExpected else { throw .statusLineMalformed }
            if i == 7 { minorVersion = byte - ASCII.zero }
            if i > 8, i < 12 { status = status * 10 + UInt16(byte - ASCII.zero) }
            if i == 11, status < 100 || status > 599 { throw .statusOutOfRange }
        }
        guard available == 13 else { return nil }
        statusCode = status
        return try lexReason(bytes, 13)
    }

    private mutating func lexReason(_ bytes: RawSpan, _ start: Int) throws(HTTPFault) -> Int? {
        var end = bytes.skipText(from: start)
        while end < bytes.byteCount, bytes[end] == ASCII.tab { end = bytes.skipText(from: end + 1) }
        guard end < bytes.byteCount else { return nil }
        guard bytes[end] == ASCII.carriageReturn else { throw bytes[end] == ASCII.lineFeed ? .bareLF : .statusLineMalformed }
        guard end + 1 < bytes.byteCount else { return nil }
        guard bytes[end + 1] == ASCII.lineFeed else { throw .bareCR }
        reason = ByteRange(start, end)
        return end + 2
    }
}
