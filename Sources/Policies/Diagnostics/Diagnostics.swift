/// Collects the diagnostics of one compilation.
///
/// They come as they are found and are put in order once: by file as given, then by position.
package struct Diagnostics: Sendable {
    /// Errors, and the warnings that may be shown.
    package private(set) var items: [Diagnostic] = []
    package private(set) var hasErrors = false
    /// Those beyond `Limits.diagnostics`.
    package private(set) var dropped = 0
    package let keepsAllWarnings: Bool
    private var warnings: [DiagnosticCode: Warnings] = [:]

    /// Of one code: how many there are, and where in `items` the first ones by position are kept.
    private struct Warnings {
        var count = 0
        var kept: [Int] = []
    }

    /// - Parameter keepsAllWarnings: else of each code only those that come first by position are kept, so that
    ///   100,000 open APIs do not cost 100,000 messages.
    package init(keepsAllWarnings: Bool = false) { self.keepsAllWarnings = keepsAllWarnings }

    package mutating func report(_ code: DiagnosticCode, _ message: String, at place: Place?, help: String? = nil) {
        report(Diagnostic(code, message, at: place, help: help))
    }

    package mutating func report(_ diagnostic: Diagnostic) {
        switch diagnostic.severity {
        case .error:
            hasErrors = true
            append(diagnostic)
        case .warning:
            warnings[diagnostic.code, default: Warnings()].count += 1
            if keepsAllWarnings { append(diagnostic) } else { keepIfEarly(diagnostic) }
        }
    }

    /// Adds what was found in a later part of the same input.
    package mutating func add(_ later: Diagnostics) {
        for diagnostic in later.items where diagnostic.severity == .error || keepsAllWarnings { append(diagnostic) }
        hasErrors = hasErrors || later.hasErrors
        dropped += later.dropped
        for (code, found) in later.warnings {
            warnings[code, default: Warnings()].count += found.count
            for index in found.kept { keepIfEarly(later.items[index]) }
        }
    }

    private mutating func append(_ diagnostic: Diagnostic) {
        guard items.count < Limits.diagnostics else { dropped += 1; return }
        items.append(diagnostic)
    }

    private mutating func keepIfEarly(_ diagnostic: Diagnostic) {
        guard let kept = warnings[diagnostic.code]?.kept, kept.count >= Limits.warningsPerCode else {
            warnings[diagnostic.code]?.kept.append(items.count)
            return append(diagnostic)
        }
        guard let last = kept.max(by: { Diagnostics.precedes((items[$0], $0), (items[$1], $1)) }),
              Diagnostics.precedes((diagnostic, items.count), (items[last], last)) else { return }
        items[last] = diagnostic
    }

    /// What is shown: in order, and warnings as errors where `strict` makes them so.
    package func report(strict: Bool) -> DiagnosticReport {
        let order = items.indices.sorted { Diagnostics.precedes((items[$0], $0), (items[$1], $1)) }
        let shown = order.map { index in
            var item = items[index]
            if strict { item.severity = .error }
            return item
        }
        let hidden = keepsAllWarnings ? [] : warnings.filter { $0.value.count > Limits.warningsPerCode }
            .map { (code: $0.key, count: $0.value.count - Limits.warningsPerCode) }.sorted { $0.code.rawValue < $1.code.rawValue }
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
