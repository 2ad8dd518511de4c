import Policies
import Threading

/// From files to the intermediate representation, with everything there is to say about them.
package struct Compilation: Sendable {
    package struct Options: Sendable {
        /// Of documents that name none.
        package var defaultNamespace = "default"
        /// Warnings are errors.
        package var isStrict = false
        /// More than `Limits.warningsPerCode` warnings of one code.
        package var showsAllWarnings = false
        /// How the input is read; the result is the same whatever they are.
        package var threads = Parallel.processors
        package var pieceBytes = Limits.pieceBytes
        package init() {}
    }

    /// In the order in which they were given.
    package let files: [SourceFile]
    /// nil: the input has errors.
    package let representation: IntermediateRepresentation?
    package let report: DiagnosticReport
    /// Of the input, for `--secrets-out`.
    package let secrets: [Secret]
    /// A file that could be opened, but not read to its end.
    package let unreadable: Inputs.Failure?

    /// Whether `--namespace` may be this: Secrets are written below a folder of that name.
    package static func isNamespace(_ text: String) -> Bool { Pattern.label.matches(Array(text.utf8)[...]) }

    /// - Parameter options: `defaultNamespace` must be a namespace.
    package init(_ files: [SourceFile], options: Options = Options(), progress: Progress? = nil) {
        precondition(Self.isNamespace(options.defaultNamespace), "the caller checks the namespace")
        var diagnostics = Diagnostics(keepsAllWarnings: options.showsAllWarnings)
        let converted = ConvertedInputs(files, &diagnostics)
        var reading = ResourceReader.Options(defaultNamespace: options.defaultNamespace)
        (reading.threads, reading.pieceBytes, reading.progress) = (options.threads, options.pieceBytes, progress)
        var resources = ResourceReader.read(converted.readable, reading, &diagnostics)
        resources.isIncomplete = resources.isIncomplete || converted.hasFaults
        unreadable = resources.unreadable.map { .unreadable(converted.readable[$0.file].displayName, errno: $0.errno) }
        secrets = resources.secrets
        let representation = Resolver.resolve(consume resources, progress: progress, diagnostics: &diagnostics)
        report = diagnostics.report(strict: options.isStrict)
        self.representation = report.failed ? nil : representation
        self.files = files
    }
}
