/// A pattern that is not one, or asks for more than a table holds.
package struct RegexError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, as the end of a sentence about the pattern.
    package let reason: String
    /// Where in the pattern: UTF-8 bytes from its start.
    package let offset: Int
    /// What to do about it.
    package let help: String

    /// Whether the pattern is one, but larger than `RegexLimits` allow.
    package let isTooLarge: Bool

    init(_ reason: String, at offset: Int, help: String, isTooLarge: Bool = false) {
        (self.reason, self.offset, self.help, self.isTooLarge) = (reason, offset, help, isTooLarge)
    }

    package var description: String { "\(reason) (at byte \(offset) of the pattern); \(help)" }
}
