import CTable
import RoutingTable

/// Every match of every rule on every host of it, in document order: what the route index is sorted from.
struct MatchList {
    struct Entry {
        /// Index into `hosts`.
        var host: UInt32
        /// String, whole and normalised.
        var path: UInt32
        var rule: UInt32
        /// Index into CONDITION_SETS, or `RTBL_NONE`.
        var conditions: UInt32
        var methods: UInt16
        var stripBytes: UInt16
        var segments: UInt16
        var type: IntermediateRepresentation.Match.PathType
        /// Index into REGEXES, or `RTBL_NONE`.
        var regex: UInt32
        /// Of a regular expression: bytes that every path that it matches begins with.
        var literalBytes: UInt16
        /// Serves a default version without its version segment.
        var isUnversioned: Bool
        var headerCount: UInt8
        var queryCount: UInt8
    }

    private(set) var matches: [Entry] = []
    /// In order of first use.
    private(set) var hosts: [rtbl_host] = []
    /// The expressions of all routes.
    var regexes = RegexSections()
    private var hostNumbers: [UInt64: UInt32] = [:]
    private(set) var conditions = ConditionSections()

    /// Adds the matches of a rule whose number in the table is `number`.
    mutating func add(
        _ rule: IntermediateRepresentation.Rule, number: UInt32, api: IntermediateRepresentation.API, strings: inout StringPool
    ) throws(EmitError) {
        var hosts: [UInt32] = []
        for host in rule.hosts { hosts.append(try self.host(host, of: rule, &strings)) }
        for match in rule.matches {
            var entry = try entry(match, of: rule, number: number, api: api, &strings)
            for host in hosts {
                _ = try newIndex(after: matches.count, of: "route")
                entry.host = host
                matches.append(entry)
            }
        }
    }

    private mutating func host(
        _ host: String, of rule: IntermediateRepresentation.Rule, _ strings: inout StringPool
    ) throws(EmitError) -> UInt32 {
        let isWildcard = host.hasPrefix("*")
        let name = isWildcard ? String(host.dropFirst()) : host
        guard name != "", name != "." else { throw EmitError(rule.subject, "has the host name \"\(host)\"", at: rule.position) }
        let flags = isWildcard ? UInt32(RTBL_HOST_WILDCARD) : 0
        let offset = try strings.offset(of: name)
        let key = UInt64(flags) << 32 | UInt64(offset)
        if let number = hostNumbers[key] { return number }
        let number = try newIndex(after: hosts.count, of: "host")
        hosts.append(rtbl_host(name: offset, flags: flags))
        hostNumbers[key] = number
        return number
    }

    private mutating func entry(
        _ match: IntermediateRepresentation.Match, of rule: IntermediateRepresentation.Rule, number: UInt32,
        api: IntermediateRepresentation.API, _ strings: inout StringPool
    ) throws(EmitError) -> Entry {
        let place = try place(of: match, of: rule)
        let segments = try Self.segments(of: place.path, of: rule)
        return Entry(
            host: 0, path: try strings.offset(of: place.path), rule: number,
            conditions: try conditions.index(of: match, of: rule, regexes: &regexes, strings: &strings),
            methods: try Self.methods(match.method, of: rule), stripBytes: try Self.strip(match, place.path, of: rule),
            segments: segments, type: match.type, regex: place.regex, literalBytes: place.literalBytes,
            isUnversioned: Self.trimmed(match.basePath) != Self.trimmed(api.basePath),
            headerCount: UInt8(match.headers.count), queryCount: UInt8(match.queryParameters.count)) // the conditions have a limit
    }

    /// The node's path. A regular expression hangs where its base path and the whole segments that it begins with end.
    private mutating func place(
        of match: IntermediateRepresentation.Match, of rule: IntermediateRepresentation.Rule
    ) throws(EmitError) -> (path: String, regex: UInt32, literalBytes: UInt16) {
        let groups = rule.rewrite.namedGroups
        guard match.type == .regularExpression, let pattern = match.pattern else {
            guard groups.isEmpty else {
                throw EmitError(rule.subject, "the new path names a group, but the path \"\(match.path)\" is no regular expression", at: rule.position)
            }
            guard match.type != .regularExpression else { throw EmitError(rule.subject, "has a regular expression without a pattern", at: rule.position) }
            return (match.path, RTBL_NONE, 0)
        }
        let number = try regexes.index(of: pattern, captures: !groups.isEmpty, rule.subject, at: rule.position)
        let regex = regexes.compiled[Int(number)]
        guard groups.count <= RTBL_MAX_REWRITE_GROUPS, groups.allSatisfy({ $0 <= regex.groups }) else {
            throw EmitError(
                rule.subject, "the new path names a group that \"\(pattern)\" does not have (it has \(regex.groups)), or more than \(RTBL_MAX_REWRITE_GROUPS) groups",
                at: rule.position)
        }
        let base = String(Self.trimmed(match.basePath))
        return (Self.shortened(base + regex.segmentPrefix), number, UInt16(clamping: base.utf8.count + regex.literalPrefixBytes))
    }

    /// At most as many segments as a node's path may have, without a `/` at the end.
    private static func shortened(_ path: String) -> String {
        var end = path.utf8.startIndex
        var segments = 0
        for at in path.utf8.indices where path.utf8[at] == UInt8(ascii: "/") {
            segments += 1
            end = at
            if segments > RTBL_MAX_PATH_SEGMENTS { return String(path[..<at]) }
        }
        return path.utf8.last == UInt8(ascii: "/") ? String(path[..<end]) : path
    }

    private static func segments(of path: String, of rule: IntermediateRepresentation.Rule) throws(EmitError) -> UInt16 {
        guard path.isEmpty || path.utf8.first == UInt8(ascii: "/") && path.utf8.last != UInt8(ascii: "/") else {
            throw EmitError(rule.subject, "the path \"\(path)\" is not normalised: it begins with \"/\" and does not end with one", at: rule.position)
        }
        let segments = path.utf8.count { $0 == UInt8(ascii: "/") }
        guard segments <= RTBL_MAX_PATH_SEGMENTS else {
            throw EmitError(rule.subject, "the path \"\(path)\" has \(segments) segments; a table routes paths of up to \(RTBL_MAX_PATH_SEGMENTS)", at: rule.position)
        }
        return UInt16(segments)
    }

    /// How much of the request path the upstream path does without: FORMAT.md, "Upstream path".
    private static func strip(
        _ match: IntermediateRepresentation.Match, _ path: String, of rule: IntermediateRepresentation.Rule
    ) throws(EmitError) -> UInt16 {
        let base = trimmed(match.basePath)
        guard path.utf8.starts(with: base.utf8) else {
            throw EmitError(rule.subject, "the path \"\(path)\" does not begin with the base path \"\(match.basePath)\"", at: rule.position)
        }
        if rule.replacesPrefix, match.type != .regularExpression { return UInt16(truncatingIfNeeded: path.utf8.count) }
        return UInt16(truncatingIfNeeded: base.utf8.count) // at most as long as the path, which the string pool limits
    }

    private static func trimmed(_ basePath: String) -> Substring {
        basePath.hasSuffix("/") ? basePath.dropLast() : basePath[...]
    }

    private static func methods(_ method: String?, of rule: IntermediateRepresentation.Rule) throws(EmitError) -> UInt16 {
        let bit =
            switch method {
            case nil: RTBL_METHOD_ALL
            case "GET": RTBL_METHOD_GET
            case "HEAD": RTBL_METHOD_HEAD
            case "POST": RTBL_METHOD_POST
            case "PUT": RTBL_METHOD_PUT
            case "DELETE": RTBL_METHOD_DELETE
            case "CONNECT": RTBL_METHOD_CONNECT
            case "OPTIONS": RTBL_METHOD_OPTIONS
            case "TRACE": RTBL_METHOD_TRACE
            case "PATCH": RTBL_METHOD_PATCH
            default: 0
            }
        guard bit != 0 else { throw EmitError(rule.subject, "the method \"\(method ?? "")\" is not one of Gateway API's", at: rule.position) }
        return UInt16(bit)
    }
}

extension IntermediateRepresentation.Rule {
    var subject: String { "HTTPRoute \(route), rule \(index)" }

    /// Whether what follows the match's path is kept, in the upstream path or the redirect.
    fileprivate var replacesPrefix: Bool {
        if case .replacePrefixMatch = rewrite { return true }
        if case .replacePrefixMatch = redirect?.path { return true }
        return false
    }
}
