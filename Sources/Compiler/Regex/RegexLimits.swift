import CTable

/// What a regular expression may ask for. Each limit is an error of its own, never a silent change of meaning.
package enum RegexLimits {
    /// UTF-8 bytes of a pattern.
    package static let patternBytes = 4096
    /// Groups within groups.
    package static let nesting = 200
    /// Of a counted repetition, and of the product of nested ones (as RE2).
    package static let repetition = 1000
    /// Instructions of a program; bounds the work per byte where no automaton fits.
    package static let instructions = Int(RTBL_MAX_REGEX_PROGRAM)
    /// States × byte classes of a match automaton; with more, the program is executed instead.
    static let automatonCells = 32_768
    /// Instructions followed while an automaton is made: bounds the time of compiling.
    static let automatonWork = 4_000_000
    static let captureAutomatonCells = Int(RTBL_MAX_REGEX_CAPTURE_CELLS)
    /// Groups that a replacement can name.
    package static let groups = Int(RTBL_MAX_REGEX_GROUPS)
}
