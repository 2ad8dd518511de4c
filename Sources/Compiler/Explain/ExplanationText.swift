extension Explanation {
    /// For people, line by line, without line feeds.
    package func text(_ line: (String) -> Void) {
        line("\(request.method) \(request.path)\(request.query.map { "?" + $0 } ?? "") on \(request.host)")
        line("")
        var facts = TextTable([.left, .left])
        if let host { facts.add(["host", "\(host.name), \(host.kind)"]) }
        if let failure {
            facts.add(["answer", "\(failure.status): \(failure.reason)"])
            for hint in failure.hints { facts.add(["", hint]) }
            return facts.lines(indent: 0, hasHeader: false).forEach(line)
        }
        if let route {
            facts.add(["route", "\(route.environment), \(route.oneLine)"])
            facts.add(["why", why ?? ""])
            for other in others { facts.add(["not", "\(other.route.oneLine): \(other.why)"]) }
        }
        if let api {
            facts.add(["API", "\(api.object), \(api.name) \(api.version), base path \(api.basePath)\(place(api.position))"])
            if api.isOpen { facts.add(["", "open: asks for no authentication"]) }
        }
        if let route { facts.add(["path", "\(route.upstreamPath) behind the Backend's base path"]) }
        facts.lines(indent: 0, hasHeader: false).forEach(line)
        for pool in pools { pool.text(line) }
    }
}

extension Explanation.Pool {
    fileprivate func text(_ line: (String) -> Void) {
        line("")
        line("pool \(pool.number) for \(serves)")
        var facts = TextTable([.left, .left])
        facts.add(["policy", "\(pool.owner)\(place(pool.position))"])
        facts.add(["rotation", pool.rotationText])
        if let provider = pool.provider { // a pool of models
            facts.add(["suspension", pool.options.suspensionText])
            facts.add(["model", "written into the request's \(provider.requestModel)"])
        }
        facts.add(["failover", pool.options.failoverText])
        if let text = pool.options.differencesText { facts.add(["options", text]) }
        facts.lines(indent: 2, hasHeader: false).forEach(line)

        let hasTiers = targets.contains { $0.tier != 0 }
        var table = TextTable(
            header: ["", "share", "tier", "model", "written at", "backend", "written at", "URL", "credential"],
            [.left, .right, .right, .left, .left, .left, .left, .left, .left])
        for (number, target) in targets.enumerated() {
            table.add([
                letter(number), percent(target.share), hasTiers ? "\(target.tier)" : "", target.model ?? "", target.position ?? "",
                target.backend, target.backendPosition ?? "", target.url, target.credential ?? "",
            ])
        }
        table.lines(indent: 2).forEach(line)
    }
}
