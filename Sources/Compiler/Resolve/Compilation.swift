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

    package init(_ files: [SourceFile], options: Options = Options()) {
        var diagnostics = Diagnostics(keepsAllWarnings: options.showsAllWarnings)
        let resources = ResourceReader.read(files, defaultNamespace: options.defaultNamespace, &diagnostics)
        let representation = Resolver.resolve(resources, diagnostics: &diagnostics)
        report = diagnostics.report(strict: options.isStrict)
        self.representation = report.failed ? nil : representation
        self.files = files
        secrets = resources.secrets
    }
}
