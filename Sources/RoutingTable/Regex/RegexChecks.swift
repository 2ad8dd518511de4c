import CTable

/// What FORMAT.md ("Regular expressions") asks of REGEXES and REGEX_DATA.
extension RoutingTable {
    func validateRegexes(_ known: borrowing StringStarts) throws(TableFault) {
        var next = 0
        for i in regexes.indices {
            let record = regexes[i]
            try known.check(record.pattern, "REGEXES[\(i)].pattern")
            let layout = RegexLayout(record)
            guard Int(record.data) == next, layout.end <= regexData.count - next else {
                throw TableFault("the data of REGEXES[\(i)] do not follow those of the one before, or reach beyond REGEX_DATA")
            }
            next += layout.end
            try Regex.validate(record, in: regexData, "REGEXES[\(i)]")
        }
        guard next == regexData.count else { throw TableFault("\(regexData.count - next) bytes of REGEX_DATA belong to no regular expression") }
    }

    /// Regex routes have an expression, others have none; groups in a replacement exist in every route's expression.
    func validateRegexRoutes() throws(TableFault) {
        for i in routes.indices {
            try checkOptionalIndex(routes[i].regex, below: regexes.count, "ROUTES[\(i)].regex")
        }
        for i in nodes.indices {
            let node = nodes[i]
            for route in node.routeRange where node.regexRoutes.contains(route) != (routes[route].regex != RTBL_NONE) {
                throw TableFault("ROUTES[\(route)].regex is there for another type of path, or missing")
            }
        }
        for i in routes.indices {
            let rule = rules[routes[i].ruleIndex]
            guard Int(rule.rewrite) == RTBL_REWRITE_CAPTURES else { continue }
            guard let number = routes[i].regexNumber, let named = RewriteTemplate(string(rule.rewrite_value)).highestGroup else {
                throw TableFault("the rule of ROUTES[\(i)] needs a regular expression with groups, and a value with \\1 to \\9")
            }
            let regex = self.regex(number)
            guard regex.hasCaptures, named <= regex.groups else { throw TableFault("the rule of ROUTES[\(i)] names group \(named), which its regular expression has not") }
        }
    }
}

extension Regex {
    /// Checks all of one expression, whose data reach no further than `data`.
    static func validate(_ record: rtbl_regex, in data: Bytes, _ name: String) throws(TableFault) {
        let layout = RegexLayout(record)
        try validateNumbers(of: record, layout, name)
        let own = data.from(Int(record.data))
        guard own[(layout.cells + 2 * layout.cellCount)..<layout.captureCells].isAllZero,
            own[(layout.captureCells + 4 * layout.captureCellCount)..<layout.program].isAllZero
        else { throw TableFault("padding in the data of \(name) is not 0") }
        let regex = Regex(record, in: data)
        try regex.validateAutomaton(name)
        try regex.validateCaptureAutomaton(name)
        try regex.validateProgram(name)
    }

    private static func validateNumbers(of record: rtbl_regex, _ layout: RegexLayout, _ name: String) throws(TableFault) {
        guard record.groups <= RTBL_MAX_REGEX_GROUPS, record.reserved == 0 else { throw TableFault("\(name).groups is not 0 to 9") }
        guard record.program_length <= RTBL_MAX_REGEX_PROGRAM, record.class_count <= 256, layout.cellCount <= RTBL_MAX_REGEX_CELLS,
            Int(record.capture_state_count) * Int(record.class_count) <= RTBL_MAX_REGEX_CAPTURE_CELLS
        else { throw TableFault("\(name) is larger than the format allows") }
        let states = record.state_count, captureStates = record.capture_state_count
        guard (record.class_count > 0) == (states > 0 || captureStates > 0), states > 0 || record.program_length > 0 else {
            throw TableFault("\(name) has neither an automaton nor a program, or classes without an automaton")
        }
        guard states > 0 ? record.start < states && record.first_accepting > 0 && record.first_accepting <= states
            : record.start == 0 && record.first_accepting == 0
        else { throw TableFault("\(name).start or first_accepting is not one of its states") }
        guard captureStates > 0 ? record.capture_start < captureStates : record.capture_start == 0 else {
            throw TableFault("\(name).capture_start is not one of its states")
        }
    }

    private func validateAutomaton(_ name: String) throws(TableFault) {
        let classCount = Int(record.class_count)
        for byte in classes.indices where Int(classes[byte]) >= classCount {
            throw TableFault("byte \(byte) is in no class of \(name)")
        }
        for i in cells.indices {
            let cell = Int(cells[i])
            guard cell % classCount == 0, cell < cells.count, i >= classCount || cell == 0 else {
                throw TableFault("cell \(i) of the match automaton of \(name) does not lead to a state")
            }
        }
    }

    private func validateCaptureAutomaton(_ name: String) throws(TableFault) {
        let classCount = Int(record.class_count)
        let cellCount = Int(record.capture_state_count) * classCount
        let slots = UInt32(1) << UInt32(2 * groups)
        for i in captureCells.indices {
            let cell = captureCells[i]
            if i >= cellCount {
                let isDead = i == cellCount
                guard cell == RTBL_REGEX_NO_MATCH || (!isDead && cell < slots) else {
                    throw TableFault("accept cell \(i - cellCount) of \(name) notes positions of groups that it has not")
                }
                continue
            }
            let next = Int(cell & (1 << RTBL_REGEX_CAPTURE_SHIFT - 1))
            guard next % classCount == 0, next < cellCount, i >= classCount || cell == 0, cell >> RTBL_REGEX_CAPTURE_SHIFT < slots else {
                throw TableFault("cell \(i) of the capture automaton of \(name) does not lead to a state")
            }
        }
    }

    private func validateProgram(_ name: String) throws(TableFault) {
        for i in program.indices {
            let instruction = program[i]
            guard Self.isSound(instruction, groups: groups), Int(instruction.out) < program.count, Int(instruction.other) < program.count else {
                throw TableFault("instruction \(i) of \(name) is not one")
            }
            let mustContinue = Int(instruction.operation) == RTBL_REGEX_BYTES && instruction.last == 0
            guard !mustContinue || (i + 1 < program.count && Int(program[i + 1].operation) == RTBL_REGEX_BYTES) else {
                throw TableFault("instruction \(i) of \(name) is not followed by another range of bytes")
            }
        }
    }

    private static func isSound(_ instruction: rtbl_regex_instruction, groups: Int) -> Bool {
        let (low, high, last) = (instruction.low, instruction.high, instruction.last)
        let noOther = instruction.other == 0
        switch Int(instruction.operation) {
        case RTBL_REGEX_BYTES: return low <= high && last <= 1 && noOther
        case RTBL_REGEX_SPLIT: return low == 0 && high == 0 && last == 0
        case RTBL_REGEX_CAPTURE: return Int(low) < 2 * groups && high == 0 && last == 0 && noOther
        case RTBL_REGEX_ASSERT: return low != 0 && Int(low) <= RTBL_REGEX_AT_ALL && high == 0 && last == 0 && noOther
        case RTBL_REGEX_MATCH, RTBL_REGEX_FAIL: return low == 0 && high == 0 && last == 0 && noOther && instruction.out == 0
        default: return false
        }
    }
}

extension rtbl_node {
    package var regexRoutes: Range<Int> {
        let start = Int(first_route) + Int(exact_count)
        return start..<(start + Int(regex_count))
    }
}
