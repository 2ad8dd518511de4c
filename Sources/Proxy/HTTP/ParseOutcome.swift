/// What a parser says about the bytes that it was given.
package enum ParseOutcome: BitwiseCopyable, Equatable {
    /// A whole head stands in the first `bytes` bytes.
    case done(bytes: Int)
    /// All is well so far: call again, with the same bytes and more behind them.
    case needMore
    /// No continuation can mend this message: answer with the fault's status (a response: 502) and close.
    case bad(HTTPFault)
}

/// How far the lexing of one head got. Kept per connection between calls, so that a sender of single bytes costs no
/// second look at what is known to be well-formed. A fresh value starts a new head.
package struct HeadProgress: BitwiseCopyable, Equatable {
    /// Where the line starts that is not complete yet.
    var lineStart: UInt32 = 0
    /// Bytes of that line up to here have been lexed, if it is a field line: of its name, or of its value.
    var scanned: UInt32 = 0
    /// Complete lines before it, the start-line included, empty lines before that not.
    var lines: UInt16 = 0
    /// The colon of that line has been seen.
    var isInValue = false

    package init() {}
}
