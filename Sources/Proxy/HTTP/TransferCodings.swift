/// The transfer codings of a message, over all its Transfer-Encoding lines (RFC 9112 6.1, 7). Only `chunked` alone
/// passes; this tells the other cases apart.
struct TransferCodings: BitwiseCopyable {
    private(set) var isPresent = false
    private var hasChunked = false
    private var hasOther = false
    private var isChunkedLast = false

    init() {}

    /// One line's list. An element that is empty or not a coding leaves doubt about what is last: refused.
    mutating func add(_ bytes: RawSpan, _ value: ByteRange) throws(HTTPFault) {
        isPresent = true
        var start = value.lowerBound
        while true {
            var end = start
            while end < value.upperBound, bytes[end] != ASCII.comma { end += 1 }
            try addElement(bytes, bytes.trimmed(start, end))
            if end == value.upperBound { return }
            start = end + 1
        }
    }

    private mutating func addElement(_ bytes: RawSpan, _ element: ByteRange) throws(HTTPFault) {
        var nameEnd = element.lowerBound
        while nameEnd < element.upperBound, ByteSet.token.contains(bytes[nameEnd]) { nameEnd += 1 }
        let count = nameEnd - element.lowerBound
        guard count > 0 else { throw .transferEncodingMalformed }
        isChunkedLast = count == 7 && bytes.equalsIgnoringCase("chunked", at: element.lowerBound)
        guard isChunkedLast else {
            hasOther = true
            return
        }
        guard !hasChunked else { throw .transferEncodingRepeated }
        // chunked has no parameters (RFC 9112 7.1)
        guard count == element.count else { throw .transferEncodingMalformed }
        hasChunked = true
    }

    /// Throws unless the codings are `chunked`, once and alone.
    func finish() throws(HTTPFault) {
        guard isChunkedLast else { throw .transferEncodingNotChunked }
        guard !hasOther else { throw .transferEncodingUnknown }
    }
}
