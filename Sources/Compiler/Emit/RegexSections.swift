import CTable

/// REGEXES and REGEX_DATA: every pattern once, in order of first use.
struct RegexSections {
    private(set) var compiled: [CompiledRegex] = []
    /// Whether a replacement names groups of it, parallel to `compiled`.
    private var captures: [Bool] = []
    private var numbers: [String: UInt32] = [:]

    /// The number of `pattern`, compiled if it is new.
    mutating func index(
        of pattern: String, captures needsCaptures: Bool, _ subject: @autoclosure () -> String, at position: IntermediateRepresentation.Position?
    ) throws(EmitError) -> UInt32 {
        if let known = numbers[pattern] {
            if needsCaptures { captures[Int(known)] = true }
            return known
        }
        let number: UInt32 = try newIndex(after: compiled.count, of: "regular expression")
        do throws(RegexError) { compiled.append(try CompiledRegex(pattern)) } catch {
            throw EmitError(subject(), "the regular expression \"\(pattern)\" \(error)", at: position)
        }
        captures.append(needsCaptures)
        numbers[pattern] = number
        return number
    }

    /// The sections' bytes.
    func finish(_ strings: inout StringPool) throws(EmitError) -> (records: [rtbl_regex], data: [UInt8]) {
        var records: [rtbl_regex] = []
        var data: [UInt8] = []
        for (number, regex) in compiled.enumerated() {
            let offset: UInt32 = try field(data.count, "the size of the automata", of: "table")
            let sections = regex.sections(captures: captures[number], pattern: try strings.offset(of: regex.pattern), at: offset)
            records.append(sections.record)
            data += sections.data
        }
        guard data.count < RTBL_NONE else { throw EmitError("table", "the automata of its regular expressions have more than 4 GiB") }
        return (records, data)
    }
}

extension IntermediateRepresentation.Rewrite {
    /// The groups `\1` to `\9` that a full path names, in order; empty for others.
    var namedGroups: [Int] {
        guard case .replaceFullPath(let path) = self else { return [] }
        var groups: [Int] = []
        let bytes = Array(path.utf8)
        for (at, byte) in bytes.enumerated().dropLast() where byte == UInt8(ascii: "\\") && (0x31...0x39).contains(bytes[at + 1]) {
            groups.append(Int(bytes[at + 1] - 0x30))
        }
        return groups
    }
}
