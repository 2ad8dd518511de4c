/// Why a table is refused: the first fault that the reader found, with its place.
package struct TableFault: Error, Equatable, CustomStringConvertible {
    /// What is wrong, in a sentence without its place.
    package let reason: String
    /// Bytes from the file's start, where that says more than the reason.
    package let offset: Int?
    /// Whether the file could not even be read (as opposed to: it was read and is not a valid table).
    package let isMissing: Bool

    package init(_ reason: String, at offset: Int? = nil, isMissing: Bool = false) {
        self.reason = reason
        self.offset = offset
        self.isMissing = isMissing
    }

    package var description: String {
        let place = offset.map { " (at byte \($0))" } ?? ""
        return isMissing ? reason : reason + place + "; compile the table again with rtblc"
    }
}
