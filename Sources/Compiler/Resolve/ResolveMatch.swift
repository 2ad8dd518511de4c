import Policies

extension Resolver {
    /// A match with its whole path, and the same without the version where a default version is served so.
    struct ResolvedMatch {
        let match: IR.Match
        let withoutVersion: IR.Match?
    }

    /// The rule's matches with whole, normalised paths; nil in the place of one that has a fault.
    mutating func matches(_ rule: HTTPRoute.Rule, _ api: API, _ subject: String) -> [ResolvedMatch?] {
        guard let basePath = api.basePath?.value, (try? PathText.normalise(basePath)) != nil else { return [] }
        let shorter = Self.basePathWithoutVersion(api)
        return rule.matches.map { match in
            let headers = conditions(match.headers, areHeaders: true, subject)
            let parameters = conditions(match.queryParams, areHeaders: false, subject)
            guard let path = matchPath(match.path, subject),
                  var found = irMatch(path, basePath, subject, at: match.path.value.place) else { return nil }
            (found.method, found.headers, found.queryParameters) = (match.method, headers, parameters)
            guard let shorter, var other = irMatch(path, shorter, subject, at: match.path.value.place) else { return ResolvedMatch(match: found, withoutVersion: nil) }
            (other.method, other.headers, other.queryParameters) = (match.method, headers, parameters)
            return ResolvedMatch(match: found, withoutVersion: other)
        }
    }

    /// nil: the API is no default version, or its version is no segment of its own.
    static func basePathWithoutVersion(_ api: API) -> String? {
        guard api.isDefaultVersion?.value == true, let path = api.basePath?.value, let version = api.apiVersion?.value else { return nil }
        // `/v1.0.0` for version 1.0.0 is common.
        return ["/", "/v"].lazy.map { $0 + version }.first(where: path.hasSuffix).map { String(path.dropLast($0.count)) }
    }

    fileprivate enum MatchPath { case exact(String), prefix(String), expression(String, ExpressionFacts) }

    /// The kind of path and its text; an expression that matches only one text is an exact path.
    private mutating func matchPath(_ path: HTTPRoute.PathMatch, _ subject: String) -> MatchPath? {
        let text = path.value.value
        if path.kind == .regularExpression {
            guard let facts = expression(path.value, subject) else { return nil }
            if let literal = PathText.literal(text) ?? facts.literal, literal.hasPrefix("/") { return .exact(literal) }
            if facts.canMatchPath { return .expression(text, facts) }
            report(.path, "\(subject): regular expression \(Text.quoted(text)) matches no path: none begins with /", at: path.value.place)
            return nil
        }
        if text.hasPrefix("/") { return path.kind == .prefix ? .prefix(text) : .exact(text) }
        report(.path, "\(subject): path \(Text.quoted(text)) does not begin with /", at: path.value.place)
        return nil
    }

    private mutating func irMatch(_ path: MatchPath, _ basePath: String, _ subject: String, at place: Place) -> IR.Match? {
        do throws(PathText.Fault) {
            switch path {
            case .exact(let text): return IR.Match(type: .exact, basePath: basePath, path: paths.shared(try PathText.normalise(basePath + text)))
            case .prefix(let text): return IR.Match(type: .prefix, basePath: basePath, path: paths.shared(try PathText.normalise(basePath + text)))
            case .expression(let text, let facts):
                let base = basePath.isEmpty ? "" : try PathText.normalise(basePath)
                return IR.Match(type: .regularExpression, basePath: basePath, path: base + facts.segmentPrefix, pattern: text)
            }
        } catch {
            report(.path, "\(subject): path \(Text.quoted(path.text)) \(error.reason)", at: place)
            return nil
        }
    }

    // MARK: rewrites

    mutating func rewrite(_ rule: HTTPRoute.Rule, _ subject: String) -> IR.Rewrite {
        checkFilters(rule, subject)
        return rule.rewrites.first.map { newPath($0, rule, subject) } ?? .none
    }

    /// The path of a URLRewrite or RequestRedirect.
    mutating func newPath(_ rewrite: HTTPRoute.Rewrite, _ rule: HTTPRoute.Rule, _ subject: String) -> IR.Rewrite {
        let (value, out): (Located<String>, IR.Rewrite)
        var text: String
        switch rewrite {
        case .fullPath(let path):
            (value, out, text) = (path, .replaceFullPath(path.value), path.value)
            let groups = Self.groupReferences(path.value)
            for match in rule.matches {
                let known = match.path.kind == .regularExpression && PathText.literal(match.path.value.value) == nil ? expression(match.path.value, subject)?.groups : nil
                guard let missing = groups.first(where: { $0 > known ?? -1 }) else { continue }
                report(.rewrite, "\(subject): replaceFullPath refers to group \(missing), and the path \(Text.quoted(match.path.value.value)) has \(Self.count(known))", at: path.place,
                       help: known == nil ? "groups are the parts in ( ) of a path of type RegularExpression" : nil)
                return .none
            }
            text = Self.withoutGroups(text)
        case .prefixMatch(let path):
            (value, out, text) = (path, .replacePrefixMatch(path.value), path.value)
            if rule.matches.contains(where: { $0.path.kind != .prefix }) {
                report(.rewrite, "\(subject): ReplacePrefixMatch needs a path of type PathPrefix in every match", at: path.place, help: "use ReplaceFullPath, or PathPrefix")
            }
        }
        do throws(PathText.Fault) { try PathText.check(text) } catch {
            report(.rewrite, "\(subject): the new path \(Text.quoted(value.value)) \(error.reason)", at: value.place)
        }
        return out
    }

    private static func count(_ groups: Int?) -> String {
        guard let groups, groups > 0 else { return "none" }
        return groups == 1 ? "only one" : "only \(groups)"
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

    /// The numbers in `\0` to `\9`.
    private static func groupReferences(_ text: String) -> [Int] {
        let bytes = Array(text.utf8)
        return bytes.indices.dropLast().compactMap { index in
            guard bytes[index] == UInt8(ascii: "\\"), (0x30...0x39).contains(bytes[index + 1]) else { return nil }
            return Int(bytes[index + 1] - 0x30)
        }
    }

    /// With `0` for each reference: what a group has matched was part of a path.
    private static func withoutGroups(_ text: String) -> String {
        var out: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), let digit = rest.first, (0x30...0x39).contains(digit) { rest.removeFirst(); out.append(0x30) } else { out.append(byte) }
        }
        return String(decoding: out, as: UTF8.self)
    }
}

private extension Resolver.MatchPath {
    var text: String {
        switch self {
        case .exact(let text), .prefix(let text), .expression(let text, _): text
        }
    }
}
