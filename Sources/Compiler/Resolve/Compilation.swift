import Policies

/// From files to the intermediate representation, with everything there is to say about them.
package struct Compilation: Sendable {
    package struct Options: Sendable {
        /// Of documents that name none.
        package var defaultNamespace = "default"
        /// Warnings are errors.
        package var isStrict = false
        /// More than `Limits.warningsPerCode` warnings of one code.
        package var showsAllWarnings = false
        package init() {}
    }

    /// In the order in which they were given.
    package let files: [SourceFile]
    /// nil: the input has errors.
    package let representation: IntermediateRepresentation?
    package let report: DiagnosticReport
    /// Of the input, for `--secrets-out`.
    package let secrets: [Secret]

    /// Whether `--namespace` may be this: Secrets are written below a folder of that name.
    package static func isNamespace(_ text: String) -> Bool { Pattern.label.matches(Array(text.utf8)[...]) }

    /// - Parameter options: `defaultNamespace` must be a namespace.
    package init(_ files: [SourceFile], options: Options = Options()) {
        precondition(Self.isNamespace(options.defaultNamespace), "the caller checks the namespace")
        var diagnostics = Diagnostics(keepsAllWarnings: options.showsAllWarnings)
        let converted = ConvertedInputs(files, &diagnostics)
        var resources = ResourceReader.read(converted.readable, defaultNamespace: options.defaultNamespace, &diagnostics)
        resources.isIncomplete = resources.isIncomplete || converted.hasFaults
        let representation = Resolver.resolve(resources, diagnostics: &diagnostics)
        report = diagnostics.report(strict: options.isStrict)
        self.representation = report.failed ? nil : representation
        self.files = files
        secrets = resources.secrets
    }
}
