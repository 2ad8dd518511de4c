import CTable

/// CONDITION_SETS and CONDITIONS: what matches demand beside path and method.
struct ConditionSections {
    private(set) var sets = RecordPool<rtbl_condition_set>()
    private(set) var conditions = ListPool<rtbl_condition>()

    /// The set of a match; `RTBL_NONE`: it demands nothing.
    mutating func index(
        of match: IntermediateRepresentation.Match, of rule: IntermediateRepresentation.Rule, regexes: inout RegexSections,
        strings: inout StringPool
    ) throws(EmitError) -> UInt32 {
        guard !match.headers.isEmpty || !match.queryParameters.isEmpty else { return RTBL_NONE }
        guard max(match.headers.count, match.queryParameters.count) <= RTBL_MAX_CONDITIONS else {
            throw EmitError(rule.subject, "a match has more than \(RTBL_MAX_CONDITIONS) headers or query parameters", at: rule.position)
        }
        var list: [rtbl_condition] = []
        for header in match.headers {
            list.append(try record(header, name: try strings.headerName(header.name, of: rule.subject), of: rule, &regexes, &strings))
        }
        for parameter in match.queryParameters {
            guard !parameter.name.isEmpty else { throw EmitError(rule.subject, "a query parameter has no name", at: rule.position) }
            list.append(try record(parameter, name: try strings.offset(of: parameter.name), of: rule, &regexes, &strings))
        }
        return try sets.index(of: rtbl_condition_set(
            first: try conditions.first(of: list), header_count: UInt16(match.headers.count), query_count: UInt16(match.queryParameters.count)))
    }

    private func record(
        _ condition: IntermediateRepresentation.Condition, name: UInt32, of rule: IntermediateRepresentation.Rule,
        _ regexes: inout RegexSections, _ strings: inout StringPool
    ) throws(EmitError) -> rtbl_condition {
        guard condition.isRegularExpression else { return rtbl_condition(name: name, value: try strings.offset(of: condition.value), regex: RTBL_NONE) }
        let regex = try regexes.index(of: condition.value, captures: false, rule.subject, at: rule.position)
        return rtbl_condition(name: name, value: 0, regex: regex)
    }
}
