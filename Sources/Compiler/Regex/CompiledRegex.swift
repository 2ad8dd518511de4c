import CTable
import RoutingTable

/// A pattern in the form in which a table holds it.
package struct CompiledRegex {
    package let pattern: String
    /// How many groups the pattern has; the first nine can be named in a replacement.
    package let groups: Int
    /// The text that alone matches, if it is only one and there are no groups: an exact match does the same.
    package let literal: String?
    /// Whether a path can match at all: it is empty or begins with `/`.
    package let canMatchPath: Bool
    /// Bytes that every match begins with.
    package let literalPrefixBytes: Int
    /// The whole segments of that.
    package let segmentPrefix: String

    private let program: RegexProgram
    private let classes: ByteClasses
    private let matching: MatchAutomaton?

    /// - Throws: where the pattern is not one, or is larger than `RegexLimits` allow.
    package init(_ pattern: String) throws(RegexError) {
        self.pattern = pattern
        let (node, groups) = try RegexParser.parse(pattern)
        self.groups = groups
        program = try RegexProgram(node, keptGroups: RegexLimits.groups)
        var determiner = RegexDeterminiser(program)
        let prefix = LiteralPrefix(&determiner)
        literal = prefix.isWhole && groups == 0 ? String(decoding: prefix.bytes, as: UTF8.self) : nil
        canMatchPath = prefix.canMatchPath
        literalPrefixBytes = prefix.bytes.count
        segmentPrefix = String(decoding: prefix.bytes[..<prefix.segmentBytes], as: UTF8.self)
        classes = determiner.classes
        matching = MatchAutomaton(&determiner)
    }

    /// The forms that `Regex` describes, beside the program.
    package struct Forms: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }
        package static let matching = Forms(rawValue: 1)
        package static let capturing = Forms(rawValue: 2)
        package static let all: Forms = [.matching, .capturing]
    }

    /// It, ready to match without a table.
    package func standalone(captures: Bool, forms: Forms = .all) throws(TableFault) -> StandaloneRegex {
        let (record, data) = sections(captures: captures, pattern: 0, at: 0, forms: forms)
        return try StandaloneRegex(record, data: data)
    }

    /// Whether the table holds a match automaton, so that a match costs one lookup per byte.
    package var hasAutomaton: Bool { matching != nil }

    /// The record and its data, for a section of data that ends at `offset` so far (a multiple of 8).
    ///
    /// - Parameters:
    ///   - captures: whether a replacement names groups of it.
    ///   - forms: what it may use; a table uses all, tests compare them.
    func sections(captures: Bool, pattern: UInt32, at offset: UInt32, forms: Forms = .all) -> (record: rtbl_regex, data: [UInt8]) {
        let matching = forms.contains(.matching) ? matching : nil
        var capturing: CaptureAutomaton?
        if captures, forms.contains(.capturing) {
            var determiner = RegexDeterminiser(program)
            capturing = CaptureAutomaton(&determiner)
        }
        let hasProgram = matching == nil || (captures && capturing == nil)
        var record = rtbl_regex()
        record.pattern = pattern
        record.data = offset
        record.groups = UInt8(min(groups, RegexLimits.groups))
        var data: [UInt8] = []
        if matching != nil || capturing != nil {
            let merged = MergedClasses(classes, matching, capturing)
            record.class_count = UInt16(merged.kept.count)
            data += merged.map
            if let matching { Self.append(matching, merged, to: &data, &record) }
            Self.pad(&data)
            if let capturing { Self.append(capturing, merged, to: &data, &record) }
            Self.pad(&data)
        }
        if hasProgram {
            record.program_length = UInt16(program.instructions.count)
            for instruction in program.instructions {
                data += [instruction.operation, instruction.low, instruction.high, instruction.last]
                Self.append(instruction.out, to: &data)
                Self.append(instruction.other, to: &data)
            }
        }
        return (record, data)
    }

    private static func append(_ automaton: MatchAutomaton, _ classes: MergedClasses, to data: inout [UInt8], _ record: inout rtbl_regex) {
        record.state_count = UInt16(automaton.next.count)
        record.start = UInt16(automaton.start)
        record.first_accepting = UInt16(automaton.firstAccepting)
        for row in automaton.next {
            for column in classes.kept { append(UInt16(row[column] * classes.kept.count), to: &data) }
        }
    }

    private static func append(_ automaton: CaptureAutomaton, _ classes: MergedClasses, to data: inout [UInt8], _ record: inout rtbl_regex) {
        record.capture_state_count = UInt16(automaton.next.count)
        record.capture_start = 1
        for row in automaton.next {
            for column in classes.kept {
                append(UInt32(row[column].next * classes.kept.count) | row[column].noted << RTBL_REGEX_CAPTURE_SHIFT, to: &data)
            }
        }
        for accepting in automaton.accepting { append(accepting ?? RTBL_REGEX_NO_MATCH, to: &data) }
    }

    private static func append<Number: FixedWidthInteger>(_ number: Number, to data: inout [UInt8]) {
        for byte in 0..<MemoryLayout<Number>.size { data.append(UInt8(truncatingIfNeeded: number >> (8 * byte))) }
    }

    private static func pad(_ data: inout [UInt8]) {
        while data.count % 8 != 0 { data.append(0) }
    }
}

/// Classes of bytes that the finished automata still tell apart.
private struct MergedClasses {
    /// Columns of the automata, one for each class that is left.
    private(set) var kept: [Int] = []
    private(set) var map: [UInt8] = []

    private struct Column: Hashable {
        let next: [Int]
        let cells: [CaptureAutomaton.Cell]
    }

    init(_ classes: ByteClasses, _ matching: MatchAutomaton?, _ capturing: CaptureAutomaton?) {
        var numbers: [Column: Int] = [:]
        var numberOfClass: [UInt8] = []
        for column in 0..<classes.count {
            let key = Column(next: matching?.next.map { $0[column] } ?? [], cells: capturing?.next.map { $0[column] } ?? [])
            let number = numbers[key] ?? kept.count
            if numbers.updateValue(number, forKey: key) == nil { kept.append(column) }
            numberOfClass.append(UInt8(number))
        }
        map = classes.map.map { numberOfClass[Int($0)] }
    }
}
