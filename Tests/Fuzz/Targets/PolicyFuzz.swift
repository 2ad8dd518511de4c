import Compiler
import Policies
import TestSupport

/// Policies: answered whatever the bytes, refused exactly where an error is reported, and compiled to a table that opens.
struct PolicyFuzz: FuzzBody {
    let fileName: String

    mutating func run(_ input: [UInt8]) throws(Finding) {
        let compilation = Compilation([SourceFile(displayName: fileName, relativeName: fileName, bytes: input)])
        let hasErrors = compilation.report.diagnostics.contains { $0.severity == .error }
        try check((compilation.representation == nil) == hasErrors, "refused: \(compilation.representation == nil), errors reported: \(hasErrors)")
        try Self.render(compilation)
        if let representation = compilation.representation { try RepresentationFuzz.compile(representation, mayBeRefused: false) }
    }

    private static func render(_ compilation: Compilation) throws(Finding) {
        let renderer = DiagnosticRenderer(files: compilation.files)
        for form in DiagnosticRenderer.Form.allCases {
            let text = Array(renderer.render(compilation.report, as: form).utf8)
            guard form == .json || form == .sarif else { continue }
            try check(Jansson(text).document != nil, "the diagnostics as \(form) are no JSON: \(text.shown)")
        }
    }
}
