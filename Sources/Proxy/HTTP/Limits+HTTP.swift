/// The bounds of an HTTP/1.1 message. All of them are bytes or counts of the wire form.
extension Limits {
    /// A whole head: start-line, field lines, the empty line, and empty lines before it. Past it: 431 (RFC 6585 5).
    package static let headBytes = 32 * 1024
    /// Field lines of one head. Past it: 431.
    package static let headFields = 100
    /// A request-line with its CRLF. RFC 9112 3 asks for at least 8,000. Past it: 414.
    package static let requestLineBytes = 8 * 1024
    /// A method. The longest registered one (UPDATEREDIRECTREF) has 17. Past it: 501.
    package static let methodBytes = 32
    /// Empty lines that may precede a request-line; RFC 9112 2.2 asks for one at least.
    package static let emptyLinesBeforeRequest = 2
    /// Options in all Connection lines of a head: each is compared with every field, so they are few.
    package static let connectionOptions = 32

    /// Digits of one chunk-size, leading zeros included; 16 hold 64 bits.
    package static let chunkSizeDigits = 32
    /// Extensions of one chunk. Past it: 400 (RFC 9112 7.1.1).
    package static let chunkExtensionBytes = 256
    /// Extensions of one body.
    package static let bodyExtensionBytes = 16 * 1024
    /// Trailer section with its line ends. Past it: 431.
    package static let trailerBytes = 8 * 1024
    /// Trailer lines.
    package static let trailerFields = 100
}
