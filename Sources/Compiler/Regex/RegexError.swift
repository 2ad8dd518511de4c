/// A pattern that is not one, or asks for more than a table holds.
package struct RegexError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, as the end of a sentence about the pattern.
    package let reason: String
    /// Where in the pattern: UTF-8 bytes from its start.
    package let offset: Int
    /// What to do about it.
    package let help: String

    init(_ reason: String, at offset: Int, help: String) {
        (self.reason, self.offset, self.help) = (reason, offset, help)
    }

    package var description: String { "\(reason) (at byte \(offset) of the pattern); \(help)" }
}
