import Policies

/// The `rtbl/…` annotations of one policy; nil: the policy does not say.
struct PolicyOptions {
    typealias Options = IntermediateRepresentation.Options

    var failoverAttempts: Int?
    var failoverOn: [String]?
    var suspendOn: [String]?
    var allSuspended: Options.AllSuspended?
    var retryAfter: Options.RetryAfter?
    var suspendFor: Options.SuspendFor?
    var clientModel: Options.ClientModel?
    var missingModel: Options.MissingModel?
    /// `.some(nil)`: off.
    var sticky: IntermediateRepresentation.Sticky??
    /// Sizes, in list order; for the lists of the policy itself.
    var tiers: Located<[Int]>?

    /// One value, so that its lists are stored once.
    private static let defaults = Options()

    /// Events that may be listed, in the order in which the representation keeps them.
    static let failoverEvents = ["408", "429", "500", "502", "503", "504", "529", "connect", "timeout"]
    static let suspendEvents = ["429", "500", "502", "503", "504", "529", "connect", "timeout", "remaining"]
    static let names = [
        "all-suspended", "failover-attempts", "failover-on", "suspend-on", "retry-after", "suspend-for", "sticky", "tiers", "client-model", "missing-model",
    ]

    /// What this says, then what `other` says, then the defaults.
    func options(over other: PolicyOptions?, suspendSeconds: Int) -> Options {
        var options = Self.defaults
        options.suspendSeconds = suspendSeconds
        options.failoverAttempts = failoverAttempts ?? other?.failoverAttempts ?? options.failoverAttempts
        options.failoverOn = failoverOn ?? other?.failoverOn ?? options.failoverOn
        options.suspendOn = suspendOn ?? other?.suspendOn ?? options.suspendOn
        options.allSuspended = allSuspended ?? other?.allSuspended ?? options.allSuspended
        options.retryAfter = retryAfter ?? other?.retryAfter ?? options.retryAfter
        options.suspendFor = suspendFor ?? other?.suspendFor ?? options.suspendFor
        options.clientModel = clientModel ?? other?.clientModel ?? options.clientModel
        options.missingModel = missingModel ?? other?.missingModel ?? options.missingModel
        options.sticky = (sticky ?? other?.sticky) ?? options.sticky
        return options
    }
}

extension PolicyOptions {
    /// A pool of backends fails over as its policies say, the rule's before the API's; nothing is suspended there.
    static func ofBackends(_ policies: [PolicyOptions]) -> Options {
        var options = Self.defaults
        options.failoverAttempts = policies.lazy.compactMap(\.failoverAttempts).first ?? options.failoverAttempts
        options.failoverOn = policies.lazy.compactMap(\.failoverOn).first ?? options.failoverOn
        return options
    }
}

extension Resolver {
    mutating func resolveOptions(_ policy: APIPolicy) -> PolicyOptions {
        var options = PolicyOptions()
        for annotation in policy.annotations {
            let (name, value) = (annotation.name.value, annotation.value.value)
            var allowed: [String]?
            switch name {
            case "all-suspended": allowed = assign(&options.allSuspended, value, ["reject", "least-remaining", "passthrough"])
            case "retry-after": allowed = assign(&options.retryAfter, value, ["extend", "ignore"])
            case "suspend-for": allowed = assign(&options.suspendFor, value, ["policy", "reset"])
            case "client-model": allowed = assign(&options.clientModel, value, ["ignore", "honour"])
            case "missing-model": allowed = assign(&options.missingModel, value, ["insert", "pass", "reject"])
            case "failover-attempts":
                if let number = Int(value), (1...8).contains(number) { options.failoverAttempts = number } else { allowed = ["1 to 8"] }
            case "failover-on": allowed = assign(&options.failoverOn, value, events: PolicyOptions.failoverEvents)
            case "suspend-on": allowed = assign(&options.suspendOn, value, events: PolicyOptions.suspendEvents)
            case "sticky":
                if let sticky = Self.sticky(value) { options.sticky = sticky } else { allowed = ["off", "header:NAME", "claim:NAME"] }
            case "tiers":
                guard value != "off" else { continue }
                let sizes = value.split(separator: ",", omittingEmptySubsequences: false).map { Int($0.filter { $0 != " " }) ?? 0 }
                if sizes.allSatisfy({ (1...Limits.cycle).contains($0) }) { options.tiers = Located(sizes, annotation.value.place) } else { allowed = ["off", "sizes with commas, such as \"2,1\""] }
            default:
                let near = NearName.of(name, in: PolicyOptions.names)
                report(.annotationUnknown, "\(policy.header.id): unknown annotation \(Text.quoted("rtbl/" + name))", at: annotation.name.place,
                       help: near.map { "did you mean \(Text.quoted("rtbl/" + $0))?" } ?? "known are \(PolicyOptions.names.map { "rtbl/" + $0 }.joined(separator: ", "))")
            }
            guard let allowed else { continue }
            report(.annotationValue, "\(policy.header.id): rtbl/\(name) does not take \(Text.quoted(value))", at: annotation.value.place,
                   help: "it takes \(Text.alternatives(allowed))")
        }
        return options
    }

    /// nil: neither off nor a header nor a claim.
    private static func sticky(_ text: String) -> IR.Sticky?? {
        if text == "off" { return .some(nil) }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty else { return nil }
        switch parts[0] {
        case "header": return Pattern.headerName.matches(Array(parts[1].utf8)[...]) ? .header(parts[1].lowercased()) : nil
        case "claim": return .claim(parts[1])
        default: return nil
        }
    }

    /// - Returns: what would be allowed, if the value is not.
    private func assign<Value: RawRepresentable>(_ option: inout Value?, _ value: String, _ allowed: [String]) -> [String]? where Value.RawValue == String {
        option = Value(rawValue: value)
        return option == nil ? allowed : nil
    }

    /// A list with commas, kept in the order of `events` and without repeats.
    private func assign(_ option: inout [String]?, _ value: String, events: [String]) -> [String]? {
        let listed = value.split(separator: ",", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
        guard listed.allSatisfy({ events.contains($0) }) else { return ["a list with commas of " + events.joined(separator: " ")] }
        option = events.filter { listed.contains($0) }
        return nil
    }
}
