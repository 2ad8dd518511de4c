/// What requests and responses have in common: a start-line, each its own, and field lines up to an empty one.
protocol MessageHead: ~Copyable {
    /// Bytes of the head, the empty line included.
    var headBytes: Int { get set }
    /// The offset behind the start-line; nil: it is not complete.
    mutating func lexStartLine(_ bytes: RawSpan) throws(HTTPFault) -> Int?
    /// `HeaderFields.lex` on the head's own fields.
    mutating func lexFields(_ bytes: RawSpan, _ progress: inout HeadProgress) throws(HTTPFault) -> Int?
    /// What the fields of a head that is there say of it.
    mutating func applyFields(_ bytes: RawSpan) throws(HTTPFault)
}

extension MessageHead where Self: ~Copyable {
    /// `RequestHead.parse` tells how.
    @inline(__always)
    mutating func parseLines(_ bytes: RawSpan, _ progress: inout HeadProgress) -> ParseOutcome {
        let window = bytes.extracting(first: Limits.headBytes)
        do throws(HTTPFault) {
            if let end = try lex(window, &progress) {
                headBytes = end
                try applyFields(window)
                return .done(bytes: end)
            }
        } catch {
            return .bad(error)
        }
        return window.byteCount == Limits.headBytes ? .bad(.headTooLarge) : .needMore
    }

    /// Lexes lines up to the end of the head; nil: it is not there yet.
    @inline(__always)
    private mutating func lex(_ bytes: RawSpan, _ progress: inout HeadProgress) throws(HTTPFault) -> Int? {
        if progress.lines > 0 {
            guard try lexFields(bytes, &progress) != nil else { return nil }
            // the lines before were lexed for faults only: other heads may have used this value since
            progress = HeadProgress()
        }
        guard let next = try lexStartLine(bytes) else { return nil }
        progress.lineStart = UInt32(truncatingIfNeeded: next)
        progress.lines = 1
        guard let end = try lexFields(bytes, &progress) else { return nil }
        progress = HeadProgress()
        return end
    }
}
