/// A request method (RFC 9110 9, RFC 5789). Names are case-sensitive.
package enum HTTPMethod: UInt8, BitwiseCopyable {
    case get, head, post, put, delete, options, patch, connect, trace
    /// A token that names no method known here: 501 (RFC 9110 9.1). Its bytes are in `RequestHead.methodName`.
    case other

    @inline(__always)
    init(_ bytes: RawSpan, _ start: Int, _ end: Int) {
        switch end - start {
        case 3 where bytes.equals("GET", at: start): self = .get
        case 3 where bytes.equals("PUT", at: start): self = .put
        case 4 where bytes.equals("POST", at: start): self = .post
        case 4 where bytes.equals("HEAD", at: start): self = .head
        case 5 where bytes.equals("PATCH", at: start): self = .patch
        case 5 where bytes.equals("TRACE", at: start): self = .trace
        case 6 where bytes.equals("DELETE", at: start): self = .delete
        case 7 where bytes.equals("OPTIONS", at: start): self = .options
        case 7 where bytes.equals("CONNECT", at: start): self = .connect
        default: self = .other
        }
    }
}
