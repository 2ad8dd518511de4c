import ArgumentParser
import Compiler
import Policies
import RoutingTable
import Threading

/// One run from PATH arguments to a table in memory. Diagnostics are printed on the way; where it cannot go on, the
/// error thrown is the exit code.
struct CompilationRun {
    let table: [UInt8]
    /// One line for people: what is in the table.
    let summary: String
    private let representation: IntermediateRepresentation
    private let secrets: [Secret]
    private let options: CompilationOptions

    init(_ options: CompilationOptions) throws {
        self.options = options
        FreedMemory.share()
        let display = ProgressDisplay()
        let files = try Self.findInputs(options.paths)
        let compilation = display.show { progress in
            Compilation(files, options: Self.compilerOptions(options), progress: progress)
        }
        if let failure = compilation.unreadable { throw Self.report(failure) }
        try Self.show(compilation, options)
        guard let representation = compilation.representation else {
            Console.message("rtblc: \(Self.counts(compilation.report)); nothing is written")
            throw ExitCode.inputFault
        }
        self.representation = representation
        secrets = compilation.secrets
        table = try display.show { (progress) throws(ExitCode) in try Self.emit(representation, progress) }
        summary = try Self.summarise(table, compilation.report)
    }

    /// `--ir` and `--secrets-out`.
    func writeSideOutputs() throws {
        if let path = options.ir { try Console.write(representation.json(), to: path) }
        if let folder = options.secretsOut {
            do {
                try SecretWriter.write(secrets, to: folder)
            } catch {
                Console.message("rtblc: \(error)")
                throw ExitCode.cannotCreate
            }
        }
    }

    private static func findInputs(_ paths: [String]) throws(ExitCode) -> [SourceFile] {
        do {
            return try Inputs.collect(paths)
        } catch {
            throw report(error)
        }
    }

    private static func report(_ failure: Inputs.Failure) -> ExitCode {
        Console.message("rtblc: \(failure)")
        if case .tooLarge = failure { return .inputFault }
        return .noInput
    }

    private static func compilerOptions(_ options: CompilationOptions) -> Compilation.Options {
        var chosen = Compilation.Options()
        chosen.defaultNamespace = options.namespace
        chosen.isStrict = options.strict
        chosen.showsAllWarnings = options.allWarnings
        return chosen
    }

    private static func show(_ compilation: Compilation, _ options: CompilationOptions) throws(ExitCode) {
        let renderer = DiagnosticRenderer(files: compilation.files)
        if options.diagnostics == .text {
            Console.message(raw: renderer.render(compilation.report, as: .text, color: Console.hasColor))
        } else {
            try Console.output(Array(renderer.render(compilation.report, as: options.diagnostics).utf8))
        }
    }

    private static func emit(_ representation: IntermediateRepresentation, _ progress: Progress?) throws(ExitCode) -> [UInt8] {
        do {
            return try emitTable(representation, progress: progress)
        } catch {
            Console.message("error: \(error)")
            throw .inputFault
        }
    }

    /// Reads the table back as the dataplane will: one that it would refuse is not written.
    private static func summarise(_ table: [UInt8], _ report: DiagnosticReport) throws(ExitCode) -> String {
        do {
            let mapped = try MappedTable(bytes: table, threads: Parallel.processors)
            let counts = [
                count(mapped.table.apis.count, "API"), count(mapped.table.routes.count, "route"), count(mapped.table.pools.count, "pool"),
                count(mapped.table.targets.count, "target"), count(table.count, "byte"), "digest \(mapped.header.digest.hex.prefix(12))",
                Self.counts(report),
            ]
            return counts.joined(separator: ", ")
        } catch {
            Console.message("rtblc: a fault of rtblc: the table that it made is not valid: \(error.reason)")
            throw .internalFault
        }
    }

    private static func counts(_ report: DiagnosticReport) -> String {
        let errors = report.diagnostics.count { $0.severity == .error }
        let hidden = report.hidden.reduce(0) { $0 + $1.count }
        // Under --strict a warning that is not shown is an error all the same; `failed` says so.
        let warnings = count(report.diagnostics.count - errors + hidden, "warning")
        return errors == 0 ? warnings : "\(count(errors, "error")), \(warnings)"
    }

    private static func count(_ number: Int, _ thing: String) -> String { "\(grouped(number)) \(thing)\(number == 1 ? "" : "s")" }
}
