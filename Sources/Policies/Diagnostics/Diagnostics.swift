/// Collects the diagnostics of one compilation.
///
/// They come as they are found and are put in order once: by file as given, then by position.
package struct Diagnostics: Sendable {
    package private(set) var items: [Diagnostic] = []
    package private(set) var hasErrors = false
    /// Those beyond `Limits.diagnostics`.
    package private(set) var dropped = 0

    package init() {}

    package mutating func report(_ code: DiagnosticCode, _ message: String, at place: Place?, help: String? = nil) {
        report(Diagnostic(code, message, at: place, help: help))
    }

    package mutating func report(_ diagnostic: Diagnostic) {
        if diagnostic.severity == .error { hasErrors = true }
        guard items.count < Limits.diagnostics else { dropped += 1; return }
        items.append(diagnostic)
    }

    /// What is shown: in order, warnings of one code cut off after `Limits.warningsPerCode`, and errors where
    /// `strict` makes them so.
    package func report(strict: Bool, allWarnings: Bool) -> DiagnosticReport {
        let order = items.indices.sorted { Diagnostics.precedes((items[$0], $0), (items[$1], $1)) }
        var shown: [Diagnostic] = []
        var counts: [DiagnosticCode: Int] = [:]
        for index in order {
            var item = items[index]
            if item.severity == .warning {
                counts[item.code, default: 0] += 1
                if !allWarnings, counts[item.code]! > Limits.warningsPerCode { continue }
                if strict { item.severity = .error }
            }
            shown.append(item)
        }
        let hidden = allWarnings ? [] : counts.filter { $0.value > Limits.warningsPerCode }
            .map { (code: $0.key, count: $0.value - Limits.warningsPerCode) }.sorted { $0.code.rawValue < $1.code.rawValue }
        return DiagnosticReport(
            diagnostics: shown, hidden: hidden.map(DiagnosticReport.Hidden.init), dropped: dropped,
            failed: hasErrors || (strict && !items.isEmpty))
    }

    /// Those without a place come first; those at one place in the order of their codes, then as they came.
    private static func precedes(_ a: (Diagnostic, Int), _ b: (Diagnostic, Int)) -> Bool {
        switch (a.0.place, b.0.place) {
        case (nil, .some): return true
        case (.some, nil): return false
        case (.some(let p), .some(let q)) where p < q: return true
        case (.some(let p), .some(let q)) where q < p: return false
        default: return (a.0.code.rawValue, a.1) < (b.0.code.rawValue, b.1)
        }
    }
}

/// The diagnostics of a run as they are shown.
package struct DiagnosticReport: Sendable {
    package struct Hidden: Sendable {
        package let code: DiagnosticCode
        package let count: Int
        init(_ pair: (code: DiagnosticCode, count: Int)) { (code, count) = pair }
    }

    package let diagnostics: [Diagnostic]
    /// Warnings that are only counted.
    package let hidden: [Hidden]
    /// Diagnostics of any kind beyond the limit.
    package let dropped: Int
    /// The input is at fault: exit code 1, nothing is written.
    package let failed: Bool
}
