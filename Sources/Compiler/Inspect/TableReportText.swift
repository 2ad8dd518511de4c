extension TableReport {
    /// The report for people, line by line, without line feeds.
    package func text(_ line: (String) -> Void) {
        headText(line)
        sectionText(line)
        for api in apis { api.text(line) }
        backendText(line)
        shared?.text(line)
    }

    private func headText(_ line: (String) -> Void) {
        line("routing table, format \(format), \(grouped(fileBytes)) bytes")
        line("  file     \(digest)")
        line("  traffic  \(trafficDigest)")
    }

    private func sectionText(_ line: (String) -> Void) {
        var table = TextTable(header: ["kind", "section", "elements", "each", "bytes"], [.right, .left, .right, .right, .right])
        for section in sections {
            table.add([
                "\(section.kind)", section.name ?? "(unknown)", grouped(section.elements), "\(section.elementBytes)", grouped(section.bytes),
            ])
        }
        line("")
        line("sections")
        table.lines(indent: 2).forEach(line)
    }

    private func backendText(_ line: (String) -> Void) {
        var table = TextTable(
            header: ["backend", "upstream", "credential", "connect", "answer", "stream", "written at"], [.left, .left, .left, .right, .right, .right, .left])
        for backend in backends {
            table.add([
                backend.object, backend.upstream, backend.credential ?? "", seconds(backend.connectTimeoutMillis),
                seconds(backend.responseTimeoutMillis), seconds(backend.streamTimeoutMillis), backend.position ?? "",
            ])
        }
        line("")
        line("backends (timeouts that are not named are the dataplane's)")
        table.lines(indent: 2).forEach(line)
        for backend in backends { backend.featureText(line) }
    }
}

extension TableReport.API {
    fileprivate func text(_ line: (String) -> Void) {
        line("")
        line("API \(object)\(place(position))")
        line("  \(name) \(version), base path \(basePath), organization \(organization), \(environments.joined(separator: " and "))")
        if isDefaultVersion { line("  default version: also without the version in the path") }
        if isOpen { line("  open: asks for no authentication") }
        var table = TextTable(
            header: ["environment", "host", "method", "match", "path", "upstream path", "models", "backends", "written at"],
            Array(repeating: .left, count: 9))
        for route in routes {
            table.add([
                route.environment, route.host, route.methods.isEmpty ? "any" : route.methods.joined(separator: ","), route.match,
                route.pathText, route.upstreamPath, route.modelPool.map { "pool \($0)" } ?? "",
                route.backendPool.map { "pool \($0)" } ?? "", route.position ?? "",
            ])
        }
        line("")
        table.lines(indent: 2).forEach(line)
        for route in routes { route.featureText(line) }
        for pool in pools { pool.text(line) }
    }
}

extension TableReport.Pool {
    /// Turns of a rotation that are spelled out.
    private static let shownTurns = 64

    fileprivate func text(_ line: (String) -> Void) {
        line("")
        line("  pool \(number): \(environment) \(kind) of \(owner)\(place(position))")
        var facts = TextTable([.left, .left])
        facts.add(["rotation", rotationText])
        if provider != nil { // a pool of models; the others suspend nothing
            facts.add(["suspension", options.suspensionText])
        }
        facts.add(["failover", options.failoverText])
        if let text = options.differencesText { facts.add(["options", text]) }
        if let provider {
            facts.add(["provider", provider.object.map { "AIProvider \($0)" } ?? "none named: the defaults"])
            facts.add(["model", provider.modelText])
            if let text = provider.tokenText { facts.add(["tokens", text]) }
        }
        facts.lines(indent: 4, hasHeader: false).forEach(line)

        let hasTiers = targets.contains { $0.tier != 0 }
        var table = TextTable(
            header: ["", "share", "weight", "tier", "model", "backend", "upstream", "credential", "written at"],
            [.left, .right, .right, .right, .left, .left, .left, .left, .left])
        for (number, target) in targets.enumerated() {
            table.add([
                letter(number), percent(target.share), "\(target.weight)", hasTiers ? "\(target.tier)" : "", target.model ?? "",
                target.backend, target.upstream, target.credential ?? "", target.position ?? "",
            ])
        }
        table.lines(indent: 4).forEach(line)
    }

    var rotationText: String {
        let shown = rotation.prefix(Self.shownTurns).map(letter).joined(separator: " ")
        return rotation.count > Self.shownTurns ? "\(shown) … (\(grouped(rotation.count)) turns)" : shown
    }
}

extension TableReport.Options {
    var suspensionText: String {
        if suspendSeconds == 0 { return "never" }
        let end = retryAfter == "extend" ? ", longer if Retry-After says so" : ""
        return "\(grouped(suspendSeconds)) s on \(suspendOn.joined(separator: ", "))\(end)"
    }

    var failoverText: String {
        failoverAttempts == 1 ? "none" : "on \(failoverOn.joined(separator: ", ")); \(failoverAttempts) attempts at most"
    }

    /// What is not as usual.
    var differencesText: String? {
        var differences: [String] = []
        if allSuspended != "reject" { differences.append("all suspended: \(allSuspended)") }
        if suspendFor != "policy" { differences.append("suspend for: \(suspendFor)") }
        if clientModel != "ignore" { differences.append("client's model: \(clientModel)") }
        if missingModel != "insert" { differences.append("missing model: \(missingModel)") }
        switch sticky {
        case .header(let name)?: differences.append("sticky: header \(name)")
        case .claim(let name)?: differences.append("sticky: claim \(name)")
        case nil: break
        }
        return differences.isEmpty ? nil : differences.joined(separator: "; ")
    }
}

extension TableReport.Provider {
    var modelText: String {
        "in the request's \(requestModel)" + (responseModel.map { ", in the answer's \($0)" } ?? "")
    }

    fileprivate var tokenText: String? {
        let places = [("prompt", promptTokens), ("completion", completionTokens), ("total", totalTokens)]
        let named = places.compactMap { name, place in place.map { "\(name) \($0)" } }
        return named.isEmpty ? nil : "in the answer's " + named.joined(separator: ", ")
    }
}

// MARK: - Words

/// A, B, … Z, AA, AB, …
func letter(_ number: Int) -> String {
    var name = ""
    var rest = number + 1
    while rest > 0 {
        name = String(UnicodeScalar(UInt8(ascii: "A") + UInt8((rest - 1) % 26))) + name
        rest = (rest - 1) / 26
    }
    return name
}

func place(_ position: String?) -> String { position.map { "  (\($0))" } ?? "" }

/// Thousands apart: 65,535.
package func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    return String(digits.enumerated().flatMap { index, digit in
        index > 0 && (digits.count - index) % 3 == 0 ? [",", digit] : [digit]
    })
}

/// One decimal: 71.4 %.
func percent(_ share: Double) -> String {
    let tenths = Int((share * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) %"
}

func seconds(_ millis: Int?) -> String {
    guard let millis else { return "" }
    return millis % 1000 == 0 ? "\(millis / 1000) s" : "\(millis) ms"
}
