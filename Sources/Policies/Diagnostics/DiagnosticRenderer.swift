/// Writes a run's diagnostics in one of the forms that `--diagnostics` names.
package struct DiagnosticRenderer {
    package enum Form: String, CaseIterable, Sendable { case text, json, sarif, github }

    let files: [SourceFile]

    package init(files: [SourceFile]) { self.files = files }

    /// - Parameter color: ANSI colours, in text only.
    package func render(_ report: DiagnosticReport, as form: Form, color: Bool = false) -> String {
        switch form {
        case .text: TextRenderer(files: files, color: color).render(report)
        case .json: JSONRenderer(files: files).render(report)
        case .sarif: SARIFRenderer(files: files).render(report)
        case .github: GitHubRenderer(files: files).render(report)
        }
    }
}

extension DiagnosticReport {
    var errors: Int { diagnostics.count { $0.severity == .error } }
    var warnings: Int { diagnostics.count { $0.severity == .warning } }

    /// What is only counted, a line for each code.
    var remarks: [String] {
        hidden.map { "\($0.count) more \($0.count == 1 ? "warning" : "warnings") \($0.code.name) (\($0.code.title)): --all-warnings shows them" }
            + (dropped > 0 ? ["\(dropped) more diagnostics were only counted"] : [])
    }
}

/// `file:line:column: severity[code]: message`, the line itself, a mark under what is meant, and help.
struct TextRenderer {
    let files: [SourceFile]
    let color: Bool

    func render(_ report: DiagnosticReport) -> String {
        var out = ""
        var lines = LineCache()
        for diagnostic in report.diagnostics { append(diagnostic, to: &out, &lines) }
        for remark in report.remarks { out += paint("note", .bold) + ": \(remark)\n" }
        return out
    }

    private func append(_ diagnostic: Diagnostic, to out: inout String, _ lines: inout LineCache) {
        let tint: Tint = diagnostic.severity == .error ? .red : .magenta
        let head = paint("\(diagnostic.severity.rawValue)[\(diagnostic.code.name)]", tint) + ": " + paint(diagnostic.message, .bold) + "\n"
        guard let place = diagnostic.place else {
            out += head
            if let help = diagnostic.help { out += "  \(paint("help", .cyan)): \(help)\n" }
            return
        }
        out += paint("\(files[Int(place.file)].displayName):\(place.line):\(place.column)", .bold) + ": " + head
        if let line = lines.line(place, files) { appendExcerpt(line, place, tint, to: &out) }
        if let help = diagnostic.help { out += "  \(paint("help", .cyan)): \(help)\n" }
    }

    /// A long line is cut so that the mark stays in view; a tab is one column wide here as in the place.
    private func appendExcerpt(_ line: String, _ place: Place, _ tint: Tint, to out: inout String) {
        let scalars = line.unicodeScalars.map { $0 == "\t" || $0.properties.generalCategory == .control ? " " : $0 }
        let column = Int(place.column) - 1
        let start = column > Limits.excerptCharacters * 3 / 4 ? column - Limits.excerptCharacters / 4 : 0
        guard start <= scalars.count else { return }
        let shown = scalars[start...].prefix(Limits.excerptCharacters)
        var text = start > 0 ? "…" : ""
        for scalar in shown { text.unicodeScalars.append(scalar) }
        if start + shown.count < scalars.count { text += "…" }
        let number = String(place.line)
        let indent = String(repeating: " ", count: column - start + (start > 0 ? 1 : 0))
        let room = max(1, start + shown.count - column)
        let mark = "^" + String(repeating: "~", count: max(0, min(Int(place.length), room) - 1))
        out += "  \(paint(number + " |", .blue)) \(text)\n"
        out += "  \(paint(String(repeating: " ", count: number.count) + " |", .blue)) \(indent)\(paint(mark, tint))\n"
    }

    private enum Tint: String { case bold = "1", red = "1;31", magenta = "1;35", cyan = "1;36", blue = "34" }

    private func paint(_ text: String, _ tint: Tint) -> String {
        color ? "\u{1B}[\(tint.rawValue)m\(text)\u{1B}[0m" : text
    }
}

/// Lines of the file that was asked for last: diagnostics come in the order of the input, so it is read once at most.
struct LineCache {
    private var file: UInt32?
    private var reader: LineReader?

    mutating func line(_ place: Place, _ files: [SourceFile]) -> String? {
        if file != place.file || reader?.canReach(Int(place.line)) != true {
            (file, reader) = (place.file, LineReader(files[Int(place.file)]))
        }
        return reader?.line(Int(place.line)).map { String(decoding: $0, as: UTF8.self) }
    }
}
