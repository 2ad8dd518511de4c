import CTable

extension RoutingTable {
    /// Checks all that FORMAT.md ("Illegal values") asks for beyond header and directory, in one pass over each
    /// section. What it has accepted, nothing later needs to check again.
    func validate() throws(TableFault) {
        let known = try StringStarts(of: strings, section: "STRINGS")
        try validateStringLists(known)
        try validateHosts(known)
        try validateNodes(known)
        try validateRoutes()
        try validateRegexes(known)
        try validateAPIs(known)
        try validateRules(known)
        try validateRegexRoutes()
        try validateRotations()
        try validatePools(known)
        try validateTargets(known)
        try validateBackends(known)
        try validateCredentials(known)
        try validateProviders(known)
        try validatePoolOptions()
        try validateFeatures(known)
        try validatePositions()
    }
}

/// Where strings begin in a section of strings: a field may point nowhere else.
struct StringStarts {
    private var bits: [UInt64]
    private let section: String

    /// Walks the section, whose strings lie without gaps, and checks that each is UTF-8.
    init(of blob: Bytes, section: String) throws(TableFault) {
        bits = Array(repeating: 0, count: blob.count / 64 + 1)
        self.section = section
        guard blob.count >= 2, blob[0] == 0, blob[1] == 0 else { throw TableFault("\(section) does not begin with the empty string") }
        var at = 0
        while at < blob.count {
            guard blob.count - at >= 2 else { throw TableFault("\(section) ends inside a string", at: at) }
            let end = at + 2 + Int(blob[at]) + Int(blob[at + 1]) << 8
            guard end <= blob.count else { throw TableFault("a string of \(section) reaches beyond its section", at: at) }
            guard blob[(at + 2)..<end].isUTF8 else { throw TableFault("a string of \(section) is not UTF-8", at: at) }
            bits[at / 64] |= 1 << UInt64(at % 64)
            at = end
        }
    }

    func check(_ offset: UInt32, _ field: @autoclosure () -> String) throws(TableFault) {
        let at = Int(offset)
        guard at / 64 < bits.count, bits[at / 64] & 1 << UInt64(at % 64) != 0 else {
            throw TableFault("\(field()) points to byte \(offset) of \(section), where no string begins")
        }
    }
}

extension RoutingTable {
    func checkIndex(_ raw: UInt32, below count: Int, _ field: @autoclosure () -> String) throws(TableFault) {
        guard Int(raw) < count else { throw TableFault("\(field()) is \(raw), but there are only \(count)") }
    }

    func checkOptionalIndex(_ raw: UInt32, below count: Int, _ field: @autoclosure () -> String) throws(TableFault) {
        if raw != RTBL_NONE { try checkIndex(raw, below: count, field()) }
    }

    /// The values of an enumeration stand in a row.
    func checkKnown(_ raw: some FixedWidthInteger, _ values: ClosedRange<Int>, _ field: @autoclosure () -> String) throws(TableFault) {
        guard values.contains(Int(raw)) else { throw TableFault("\(field()) is unknown") }
    }

    func checkReserved(_ isZero: Bool, _ owner: @autoclosure () -> String) throws(TableFault) {
        guard isZero else { throw TableFault("a reserved field of \(owner()) is not 0") }
    }

    func checkAbsent(_ raw: UInt32, _ field: @autoclosure () -> String) throws(TableFault) {
        guard raw == RTBL_NONE else { throw TableFault("\(field()) is used, which format 1.1 does not define") }
    }

    private func validateStringLists(_ known: borrowing StringStarts) throws(TableFault) {
        for i in stringLists.indices { try known.check(stringLists[i], "STRING_LISTS[\(i)]") }
    }

    private func validatePositions() throws(TableFault) {
        guard let positions else { return }
        let known = try StringStarts(of: positions.files, section: "DEBUG_FILES")
        for (section, count, name) in [
            (positions.apis, apis.count, "DEBUG_APIS"), (positions.rules, rules.count, "DEBUG_RULES"),
            (positions.pools, pools.count, "DEBUG_POOLS"), (positions.targets, targets.count, "DEBUG_TARGETS"),
            (positions.backends, backends.count, "DEBUG_BACKENDS"),
        ] {
            guard section.count == count else { throw TableFault("\(name) has \(section.count) elements for \(count)") }
            for i in section.indices { try known.check(section[i].file, "\(name)[\(i)].file") }
        }
    }
}
