import Policies

extension Resolver {
    /// The rule's matches with whole, normalised paths; nil in the place of one that has a fault.
    mutating func matches(_ rule: HTTPRoute.Rule, _ api: API, _ subject: String) -> [IR.Match?] {
        guard let basePath = api.basePath?.value, (try? PathText.normalise(basePath)) != nil else { return [] }
        return rule.matches.map { match in
            guard let value = pathValue(match.path, subject) else { return nil }
            do throws(PathText.Fault) {
                let path = try PathText.normalise(basePath + value)
                return IR.Match(type: match.path.kind == .prefix ? .prefix : .exact, basePath: basePath, path: path, method: match.method)
            } catch {
                report(.path, "\(subject): path \(Text.quoted(match.path.value.value)) \(error.reason)", at: match.path.value.place)
                return nil
            }
        }
    }

    /// The literal text of a match's path.
    private mutating func pathValue(_ path: HTTPRoute.PathMatch, _ subject: String) -> String? {
        let text = path.value.value
        guard path.kind == .regularExpression else {
            if text.hasPrefix("/") { return text }
            report(.path, "\(subject): path \(Text.quoted(text)) does not begin with /", at: path.value.place)
            return nil
        }
        guard let literal = PathText.literal(text) else {
            report(.regularExpressionOperators, "\(subject): regular expression \(Text.quoted(text)): regular expressions with operators are not compiled yet",
                   at: path.value.place, help: "use type: Exact or PathPrefix, or escape with \\ what is meant literally")
            return nil
        }
        if literal.hasPrefix("/") { return literal }
        report(.path, "\(subject): regular expression \(Text.quoted(text)) does not begin with /", at: path.value.place)
        return nil
    }

    mutating func rewrite(_ rule: HTTPRoute.Rule, _ subject: String) -> IR.Rewrite {
        let (value, rewrite): (Located<String>, IR.Rewrite)
        checkFilters(rule, subject)
        switch rule.rewrites.first {
        case nil: return .none
        case .fullPath(let path)?:
            (value, rewrite) = (path, .replaceFullPath(path.value))
            let hasOperators = rule.matches.contains { $0.path.kind == .regularExpression && PathText.literal($0.path.value.value) == nil }
            if hasOperators { return .none }
            if let group = Self.groupReference(path.value) {
                report(.rewrite, "\(subject): replaceFullPath refers to group \(group), and the path has none", at: path.place)
                return .none
            }
        case .prefixMatch(let path)?:
            (value, rewrite) = (path, .replacePrefixMatch(path.value))
            if rule.matches.contains(where: { $0.path.kind != .prefix }) {
                report(.rewrite, "\(subject): ReplacePrefixMatch needs a path of type PathPrefix in every match", at: path.place, help: "use ReplaceFullPath, or PathPrefix")
            }
        }
        do throws(PathText.Fault) { try PathText.check(value.value) } catch {
            report(.rewrite, "\(subject): the new path \(Text.quoted(value.value)) \(error.reason)", at: value.place)
        }
        return rewrite
    }

    private mutating func checkFilters(_ rule: HTTPRoute.Rule, _ subject: String) {
        for fault in rule.filterFaults {
            if let missing = fault.missing {
                report(.missingField, "\(subject): type \(Text.quotable(fault.type.value)) needs \(Text.quoted(missing))", at: fault.type.place)
            } else {
                report(.rewrite, "\(subject): a filter of type \(Text.quotable(fault.type.value)) has the member of another type", at: fault.type.place,
                       help: "make two filters of it")
            }
        }
        if rule.rewrites.count > 1 {
            report(.rewrite, "\(subject): two URLRewrite filters on one rule", at: rule.place, help: "keep one")
        }
    }

    /// `\1` to `\9`: only a regular expression with operators has groups.
    private static func groupReference(_ text: String) -> Character? {
        var rest = text[...]
        while let backslash = rest.firstIndex(of: "\\") {
            rest = rest[rest.index(after: backslash)...]
            if let digit = rest.first, digit.isASCII, digit.isNumber { return digit }
        }
        return nil
    }
}
