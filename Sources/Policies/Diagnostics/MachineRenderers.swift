/// A JSON string, quotes included (RFC 8259 section 7).
func jsonString(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": out += "\\\""
        case "\\": out += "\\\\"
        case "\n": out += "\\n"
        case "\t": out += "\\t"
        case "\r": out += "\\r"
        case "\u{0}"..<"\u{20}":
            let hex = String(scalar.value, radix: 16)
            out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        default: out.unicodeScalars.append(scalar)
        }
    }
    return out + "\""
}

/// One array with an object for each diagnostic.
struct JSONRenderer {
    let files: [SourceFile]

    func render(_ report: DiagnosticReport) -> String {
        let items = report.diagnostics.map(object)
        return items.isEmpty ? "[]\n" : "[\n" + items.joined(separator: ",\n") + "\n]\n"
    }

    private func object(_ diagnostic: Diagnostic) -> String {
        var members = [("severity", jsonString(diagnostic.severity.rawValue)), ("code", jsonString(diagnostic.code.name)), ("message", jsonString(diagnostic.message))]
        if let place = diagnostic.place {
            members += [("file", jsonString(files[Int(place.file)].displayName)), ("line", String(place.line)), ("column", String(place.column)), ("length", String(place.length))]
        }
        if let help = diagnostic.help { members.append(("help", jsonString(help))) }
        return "  {" + members.map { "\(jsonString($0.0)): \($0.1)" }.joined(separator: ", ") + "}"
    }
}

/// SARIF 2.1.0 (OASIS): one run, a rule for each code that occurs.
struct SARIFRenderer {
    let files: [SourceFile]

    func render(_ report: DiagnosticReport) -> String {
        let codes = Set(report.diagnostics.map(\.code)).sorted { $0.rawValue < $1.rawValue }
        let rules = codes.map(rule)
        return """
            {
              "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
              "version": "2.1.0",
              "runs": [{
                "tool": {"driver": {"name": "rtblc", "rules": [\(rules.joined(separator: ", "))]}},
                "columnKind": "unicodeCodePoints",
                "results": [\(report.diagnostics.map(result).joined(separator: ",\n      "))]
              }]
            }

            """
    }

    /// What code scanning shows beside a result: GitHub asks for both descriptions and a help text.
    private func rule(_ code: DiagnosticCode) -> String {
        let example = "Mistake:\n\n```yaml\n\(code.example.mistake)\n```\n\nMended:\n\n```yaml\n\(code.example.mend)\n```"
        return #"{"id": \#(jsonString(code.name)), "name": \#(jsonString("\(code)")), "shortDescription": {"text": \#(jsonString(code.title))}, "fullDescription": {"text": \#(jsonString("\(code.title): \(code.remedy)"))}, "help": {"text": \#(jsonString(code.remedy)), "markdown": \#(jsonString("\(code.remedy)\n\n\(example)"))}, "defaultConfiguration": {"level": \#(jsonString(code.severity.rawValue))}}"#
    }

    /// One without a place of its own (nothing to serve in the whole input) is shown at the first file: a result that
    /// stands nowhere is refused by code scanning.
    private func result(_ diagnostic: Diagnostic) -> String {
        let text = diagnostic.message + (diagnostic.help.map { "\n\($0)" } ?? "")
        let shown = diagnostic.place ?? (files.isEmpty ? nil : Place(file: 0, line: 1, column: 1, length: 1))
        let locations = shown.map { place in
            #"{"physicalLocation": {"artifactLocation": {"uri": \#(jsonString(uri(place)))}, "region": {"startLine": \#(place.line), "startColumn": \#(place.column), "endLine": \#(place.line), "endColumn": \#(place.column + place.length)}}}"#
        }
        return #"{"ruleId": \#(jsonString(diagnostic.code.name)), "level": \#(jsonString(diagnostic.severity.rawValue)), "message": {"text": \#(jsonString(text))}, "locations": [\#(locations ?? "")]}"#
    }

    /// A file name as a relative URI, an absolute one as a file's: what is not allowed there is percent-encoded (RFC 3986).
    private func uri(_ place: Place) -> String {
        let digits = Array("0123456789ABCDEF")
        let name = files[Int(place.file)].displayName
        return name.utf8.reduce(into: name.hasPrefix("/") ? "file://" : "") { out, byte in
            if Pattern.isAlphanumeric(byte) || "-._~/".utf8.contains(byte) { out.unicodeScalars.append(Unicode.Scalar(byte)) } else {
                out += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }
}

/// Workflow commands that GitHub shows beside the lines.
struct GitHubRenderer {
    let files: [SourceFile]

    func render(_ report: DiagnosticReport) -> String {
        report.diagnostics.map(command).joined() + report.remarks.map { "::notice::\(data($0))\n" }.joined()
    }

    private func command(_ diagnostic: Diagnostic) -> String {
        var properties = ["title=\(property(diagnostic.code.name + ": " + diagnostic.code.title))"]
        if let place = diagnostic.place {
            properties = ["file=\(property(files[Int(place.file)].displayName))", "line=\(place.line)", "col=\(place.column)", "endColumn=\(place.column + place.length)"] + properties
        }
        let text = diagnostic.message + (diagnostic.help.map { "\n\($0)" } ?? "")
        return "::\(diagnostic.severity.rawValue) \(properties.joined(separator: ","))::\(data(text))\n"
    }

    private func data(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { out, scalar in
            switch scalar {
            case "%": out += "%25"
            case "\r": out += "%0D"
            case "\n": out += "%0A"
            default: out.unicodeScalars.append(scalar)
            }
        }
    }

    private func property(_ text: String) -> String {
        data(text).unicodeScalars.reduce(into: "") { out, scalar in
            switch scalar {
            case ":": out += "%3A"
            case ",": out += "%2C"
            default: out.unicodeScalars.append(scalar)
            }
        }
    }
}
