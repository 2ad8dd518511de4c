import Policies

/// HTTPRoute filters and timeouts.
extension Resolver {
    /// What header modifiers do, in order: those of one filter set, then add, then remove.
    mutating func headerOperations(_ rule: HTTPRoute.Rule, isResponse: Bool, _ subject: String) -> [IR.HeaderOperation] {
        var out: [IR.HeaderOperation] = []
        for modifier in rule.headerModifiers where modifier.isResponse == isResponse {
            var named: Set<String> = []
            func operation(_ kind: IR.HeaderOperation.Operation, _ name: Located<String>, _ value: String?) {
                let lower = name.value.lowercased()
                if HeaderText.isFraming(lower) {
                    report(.headerChange, "\(subject): header \(Text.quoted(name.value)) cannot be changed: the dataplane writes it itself", at: name.place)
                } else if !named.insert(lower).inserted, kind != .add {
                    report(.headerChange, "\(subject): one filter names header \(Text.quoted(name.value)) twice", at: name.place, help: "keep one of the two")
                }
                out.append(IR.HeaderOperation(kind, name: lower, value: value))
            }
            for change in modifier.set { operation(.set, change.name, change.value) }
            for change in modifier.add { operation(.add, change.name, change.value) }
            for name in modifier.remove { operation(.remove, name, nil) }
        }
        return out
    }

    mutating func redirect(_ rule: HTTPRoute.Rule, _ subject: String) -> IR.Redirect? {
        guard let redirect = rule.redirects.first else { return nil }
        if rule.redirects.count > 1 {
            report(.redirect, "\(subject): two RequestRedirect filters on one rule", at: redirect.place, help: "keep one")
        }
        if !rule.rewrites.isEmpty {
            report(.redirect, "\(subject): URLRewrite and RequestRedirect on one rule: a request that is sent elsewhere has no backend", at: redirect.place, help: "keep one of the two")
        }
        if let backend = rule.backendRefs.first {
            report(.redirect, "\(subject): a rule that redirects sends nothing to its backendRefs", at: backend.reference.name.place, help: "remove the backendRefs, or the redirect")
        }
        let status = redirect.statusCode?.value ?? 302
        if let found = redirect.statusCode, ![301, 302, 303, 307, 308].contains(status) {
            report(.redirect, "\(subject): \(status) is no status of a redirect", at: found.place, help: "use 301, 302, 303, 307 or 308")
        }
        if let host = redirect.hostname, HostText.backendHost(host.value) == nil {
            report(.redirect, "\(subject): hostname \(Text.quoted(host.value)) is no DNS name", at: host.place, help: "without scheme, port and path")
        }
        return IR.Redirect(scheme: redirect.scheme, hostname: redirect.hostname?.value, port: redirect.port,
                           path: redirect.path.map { newPath($0, rule, subject) } ?? .none, statusCode: status)
    }

    mutating func timeouts(_ rule: HTTPRoute.Rule, _ subject: String) -> IR.Timeouts? {
        guard !rule.timeouts.isEmpty else { return nil }
        let (whole, attempt) = (rule.timeouts.first { !$0.isBackend }, rule.timeouts.first { $0.isBackend })
        if let whole, let attempt, whole.milliseconds > 0, attempt.milliseconds > whole.milliseconds {
            report(.timeoutOrder, "\(subject): backendRequest is longer than request", at: attempt.place, help: "one attempt takes no longer than the whole (Gateway API)")
        }
        return IR.Timeouts(requestMillis: whole?.milliseconds, backendRequestMillis: attempt?.milliseconds)
    }

    /// Conditions on headers or query parameters, in order.
    mutating func conditions(_ list: [HTTPRoute.Condition], areHeaders: Bool, _ subject: String) -> [IR.Condition] {
        var seen: Set<String> = []
        return list.map { condition in
            let name = areHeaders ? condition.name.value.lowercased() : condition.name.value
            if !seen.insert(name).inserted {
                report(.repeatedCondition, "\(subject): one match names \(areHeaders ? "header" : "query parameter") \(Text.quoted(condition.name.value)) twice", at: condition.name.place,
                       help: "Gateway API looks at the first only: remove the second")
            }
            if condition.isRegularExpression { _ = expression(condition.value, subject) }
            return IR.Condition(name: name, value: condition.value.value, isRegularExpression: condition.isRegularExpression)
        }
    }
}
