/// The form of a request-target (RFC 9112 3.2). Authority-form is refused with its method, CONNECT.
package enum TargetForm: UInt8, BitwiseCopyable {
    /// `/path?query`
    case origin
    /// `http://host/path?query`
    case absolute
    /// `*`, for OPTIONS only
    case asterisk
}

/// The head of one request, checked whole: what a value of this type says after `.done` can be relied upon, and a
/// request that leaves a doubt about where it ends never gets there. One value serves one event loop, head after head.
///
/// All ranges are offsets into the buffer that was parsed, and `fields` are in the order in which they came.
package struct RequestHead: ~Copyable, MessageHead {
    package internal(set) var fields = HeaderFields()
    /// Bytes of the head, the empty line included. The body starts behind them.
    package internal(set) var headBytes = 0

    package internal(set) var method = HTTPMethod.other
    package internal(set) var methodName = ByteRange.empty
    /// The minor version as sent. Above 1 it is processed as 1 (RFC 9110 2.5).
    package internal(set) var minorVersion: UInt8 = 1
    package internal(set) var targetForm = TargetForm.origin
    /// The request-target as sent.
    package internal(set) var target = ByteRange.empty
    /// The path as sent, percent-encoding and all. Empty, for `http://host`, it means `/`; for `*` it is that byte.
    package internal(set) var path = ByteRange.empty
    /// Behind the first `?`, which may be followed by nothing; nil without one.
    package internal(set) var query: ByteRange?

    /// The host that is asked for, without port, an IPv6 address with its brackets. Empty only in HTTP/1.0 without Host.
    package internal(set) var host = ByteRange.empty
    package internal(set) var port: UInt16?

    /// The value of Content-Length, below 2^63.
    package internal(set) var contentLength: UInt64?
    package internal(set) var isChunked = false
    /// Whether another request may follow: not for HTTP/1.0 (RFC 9112 9.3), not after `Connection: close`.
    package internal(set) var keepAlive = false
    /// `Expect: 100-continue` that asks for an answer: in HTTP/1.1, with a body announced (RFC 9110 10.1.1).
    package internal(set) var expectsContinue = false
    /// An Upgrade field is there. It is hop-by-hop and ignored here: bytes behind the head are the body.
    package internal(set) var hasUpgrade = false

    /// The scheme of an absolute target was `https`: decides the port that stands for none.
    var targetIsSecure = false
    /// The authority of an absolute target.
    var targetAuthority: Authority?

    package init() {}

    /// Whether a body, be it an empty chunked one, follows the head.
    package var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }

    /// Parses the head that starts at the first byte of `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: what has been received of it, and perhaps of what follows. After `.needMore` the same bytes are
    ///     given again with more behind them.
    ///   - progress: a fresh value for a new head; else what the last call for this head left.
    package mutating func parse(_ bytes: RawSpan, progress: inout HeadProgress) -> ParseOutcome {
        parseLines(bytes, &progress)
    }

    mutating func lexStartLine(_ bytes: RawSpan) throws(HTTPFault) -> Int? { try lexRequestLine(bytes) }

    mutating func lexFields(_ bytes: RawSpan, _ progress: inout HeadProgress) throws(HTTPFault) -> Int? {
        try fields.lex(bytes, &progress)
    }
}
