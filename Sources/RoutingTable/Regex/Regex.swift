import CTable

/// One regular expression of a validated table: up to three forms of it, of which a match takes the first that
/// is there and can do what is asked.
///
/// | form | cost | gives |
/// |---|---|---|
/// | match automaton | one lookup per byte | whether the text matches |
/// | capture automaton | one lookup per byte | that, and the groups |
/// | program | at most its length per byte | that, and the groups |
///
/// Whole texts match, from end to end. None of the forms ever goes back in the text.
package struct Regex: Sendable {
    let record: rtbl_regex
    /// Class of each byte.
    let classes: Records<UInt8>
    /// Cells of the match automaton: number of the next state's first cell. State 0 is dead.
    let cells: Records<UInt16>
    /// Cells of the capture automaton; then one accept cell per state.
    let captureCells: Records<UInt32>
    let program: Records<rtbl_regex_instruction>

    /// Whether `match(_:isPath:scratch:captures:)` can say what the groups matched.
    package var hasCaptures: Bool { record.capture_state_count > 0 || record.program_length > 0 }
    package var groups: Int { Int(record.groups) }

    /// Whether the whole of `text` matches.
    ///
    /// - Parameter isPath: whether it is enough if it matches with one more `/` at its end.
    package func match(_ text: Bytes, isPath: Bool, scratch: inout RegexScratch) -> Bool {
        if record.state_count > 0 { return run(text, isPath: isPath) }
        var captures = RegexCaptures()
        var machine = RegexMachine(program: program, groups: 0)
        return machine.run(text, isPath: isPath, scratch: &scratch, captures: &captures)
    }

    /// The same, with what the groups matched. The `/` that was added lies behind the end of `text`.
    package func match(_ text: Bytes, isPath: Bool, scratch: inout RegexScratch, captures: inout RegexCaptures) -> Bool {
        if record.capture_state_count > 0 {
            if runCaptures(text, withSlash: false, &captures) { return true }
            return isPath && runCaptures(text, withSlash: true, &captures)
        }
        var machine = RegexMachine(program: program, groups: groups)
        return machine.run(text, isPath: isPath, scratch: &scratch, captures: &captures)
    }

    private func run(_ text: Bytes, isPath: Bool) -> Bool {
        let firstAccepting = Int(record.first_accepting) * Int(record.class_count)
        var cell = Int(record.start) * Int(record.class_count)
        for i in 0..<text.count {
            cell = Int(cells[cell + Int(classes[Int(text[i])])])
            if cell == 0 { return false }
        }
        if cell >= firstAccepting { return true }
        return isPath && Int(cells[cell + Int(classes[Int(UInt8(ascii: "/"))])]) >= firstAccepting
    }

    private func runCaptures(_ text: Bytes, withSlash: Bool, _ captures: inout RegexCaptures) -> Bool {
        captures = RegexCaptures()
        let low = UInt32(1) << RTBL_REGEX_CAPTURE_SHIFT - 1
        let classCount = Int(record.class_count)
        var cell = Int(record.capture_start) * classCount
        var position = 0
        while position < text.count || (withSlash && position == text.count) {
            let byte = position < text.count ? text[position] : UInt8(ascii: "/")
            let next = captureCells[cell + Int(classes[Int(byte)])]
            if next & low == 0 { return false }
            if next > low { captures.note(position, in: next >> RTBL_REGEX_CAPTURE_SHIFT) }
            cell = Int(next & low)
            position += 1
        }
        let accept = captureCells[Int(record.capture_state_count) * classCount + cell / classCount]
        guard accept != RTBL_REGEX_NO_MATCH else { return false }
        captures.note(position, in: accept)
        return true
    }
}

extension RoutingTable {
    /// The regular expression of a route.
    package func regex(_ number: UInt32) -> Regex { Regex(regexes[Int(number)], in: regexData) }
}

extension Regex {
    /// - Parameter data: REGEX_DATA, aligned to 8 bytes and known to reach to the end of this expression's data.
    init(_ record: rtbl_regex, in data: Bytes) {
        let layout = RegexLayout(record)
        let own = data.from(Int(record.data))
        precondition(layout.end <= own.count)
        self.record = record
        // Safe: all parts end before `layout.end`, and begin at multiples of their alignment.
        unsafe classes = Records(base: own.base, count: layout.hasAutomaton ? layout.cells : 0)
        unsafe cells = Records(base: own.base + layout.cells, count: layout.cellCount)
        unsafe captureCells = Records(base: own.base + layout.captureCells, count: layout.captureCellCount)
        unsafe program = Records(base: own.base + layout.program, count: Int(record.program_length))
    }
}

extension rtbl_route {
    /// nil: the route is not one of a regular expression.
    package var regexNumber: UInt32? { regex == RTBL_NONE ? nil : regex }
}

/// Where the parts of an expression's data lie, as byte offsets from its first.
struct RegexLayout {
    let hasAutomaton: Bool
    /// After the class map.
    let cells: Int
    let captureCells: Int
    let program: Int
    /// A multiple of 8.
    let end: Int
    let cellCount: Int
    /// With the accept cells.
    let captureCellCount: Int

    init(_ record: rtbl_regex) {
        let classCount = Int(record.class_count)
        hasAutomaton = classCount > 0
        cells = hasAutomaton ? Int(RTBL_REGEX_CLASS_MAP_BYTES) : 0
        cellCount = Int(record.state_count) * classCount
        captureCells = (cells + 2 * cellCount + 7) & ~7
        captureCellCount = Int(record.capture_state_count) * (classCount + 1)
        program = (captureCells + 4 * captureCellCount + 7) & ~7
        end = program + 8 * Int(record.program_length)
    }
}
