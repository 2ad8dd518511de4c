/// One thing that is wrong with the input, or that the user should know.
package struct Diagnostic: Sendable, Equatable {
    package enum Severity: String, Sendable { case error, warning }

    package var code: DiagnosticCode
    package var severity: Severity
    /// What is wrong, without the place: one line.
    package var message: String
    /// nil: the input as a whole.
    package var place: Place?
    /// What to do about it: one line.
    package var help: String?

    package init(_ code: DiagnosticCode, _ message: String, at place: Place?, help: String? = nil) {
        (self.code, self.severity, self.message, self.place, self.help) = (code, code.severity, message, place, help)
    }
}
