import CTable

/// One line of the directory, as `inspect` shows it.
package struct SectionEntry: Sendable {
    package let kind: UInt32
    package let version: UInt16
    package let elementBytes: Int
    package let offset: Int
    package let count: Int
    package var byteCount: Int { elementBytes * count }
    /// The name in FORMAT.md; nil: a kind that this version does not know.
    package var name: String? { SectionKind.known[kind]?.name }
}

/// What FORMAT.md says of a section.
struct SectionKind {
    let name: String
    let elementBytes: Int
    var isDebug: Bool { number >= 64 }
    /// Absent where it would be empty.
    var isOptional: Bool { number > UInt32(RTBL_SECTION_POOL_OPTIONS) && !isDebug }
    let number: UInt32

    static let known: [UInt32: SectionKind] = {
        func entry<T>(_ kind: Int, _ name: String, _: T.Type) -> (UInt32, SectionKind) {
            (UInt32(kind), SectionKind(name: name, elementBytes: MemoryLayout<T>.size, number: UInt32(kind)))
        }
        return Dictionary(uniqueKeysWithValues: [
            entry(RTBL_SECTION_STRINGS, "STRINGS", UInt8.self),
            entry(RTBL_SECTION_STRING_LISTS, "STRING_LISTS", UInt32.self),
            entry(RTBL_SECTION_HOSTS, "HOSTS", rtbl_host.self),
            entry(RTBL_SECTION_HOST_SLOTS, "HOST_SLOTS", rtbl_slot.self),
            entry(RTBL_SECTION_NODES, "NODES", rtbl_node.self),
            entry(RTBL_SECTION_NODE_SLOTS, "NODE_SLOTS", rtbl_slot.self),
            entry(RTBL_SECTION_ROUTES, "ROUTES", rtbl_route.self),
            entry(RTBL_SECTION_RULES, "RULES", rtbl_rule.self),
            entry(RTBL_SECTION_APIS, "APIS", rtbl_api.self),
            entry(RTBL_SECTION_POOLS, "POOLS", rtbl_pool.self),
            entry(RTBL_SECTION_TARGETS, "TARGETS", rtbl_target.self),
            entry(RTBL_SECTION_ROTATIONS, "ROTATIONS", rtbl_rotation.self),
            entry(RTBL_SECTION_ROTATION_DATA, "ROTATION_DATA", UInt16.self),
            entry(RTBL_SECTION_BACKENDS, "BACKENDS", rtbl_backend.self),
            entry(RTBL_SECTION_BACKEND_SETTINGS, "BACKEND_SETTINGS", rtbl_backend_settings.self),
            entry(RTBL_SECTION_CREDENTIALS, "CREDENTIALS", rtbl_credential.self),
            entry(RTBL_SECTION_PROVIDERS, "PROVIDERS", rtbl_provider.self),
            entry(RTBL_SECTION_POOL_OPTIONS, "POOL_OPTIONS", rtbl_pool_options.self),
            entry(RTBL_SECTION_REGEXES, "REGEXES", rtbl_regex.self),
            entry(RTBL_SECTION_REGEX_DATA, "REGEX_DATA", UInt8.self),
            entry(RTBL_SECTION_CONDITION_SETS, "CONDITION_SETS", rtbl_condition_set.self),
            entry(RTBL_SECTION_CONDITIONS, "CONDITIONS", rtbl_condition.self),
            entry(RTBL_SECTION_RULE_EXTRAS, "RULE_EXTRAS", rtbl_rule_extras.self),
            entry(RTBL_SECTION_HEADER_OPERATIONS, "HEADER_OPERATIONS", rtbl_header_operation.self),
            entry(RTBL_SECTION_REDIRECTS, "REDIRECTS", rtbl_redirect.self),
            entry(RTBL_SECTION_CORS, "CORS", rtbl_cors.self),
            entry(RTBL_SECTION_AUTHENTICATIONS, "AUTHENTICATIONS", rtbl_authentication.self),
            entry(RTBL_SECTION_AUTHENTICATION_SCHEMES, "AUTHENTICATION_SCHEMES", rtbl_authentication_scheme.self),
            entry(RTBL_SECTION_TOKEN_ISSUERS, "TOKEN_ISSUERS", rtbl_token_issuer.self),
            entry(RTBL_SECTION_RATE_LIMITS, "RATE_LIMITS", rtbl_rate_limit.self),
            entry(RTBL_SECTION_BACKEND_EXTRAS, "BACKEND_EXTRAS", rtbl_backend_extras.self),
            entry(RTBL_SECTION_BACKEND_TLS, "BACKEND_TLS", rtbl_backend_tls.self),
            entry(RTBL_SECTION_RETRIES, "RETRIES", rtbl_retry.self),
            entry(RTBL_SECTION_CIRCUIT_BREAKERS, "CIRCUIT_BREAKERS", rtbl_circuit_breaker.self),
            entry(RTBL_SECTION_HEALTH_CHECKS, "HEALTH_CHECKS", rtbl_health_check.self),
            entry(RTBL_SECTION_AI_RATE_LIMITS, "AI_RATE_LIMITS", rtbl_ai_rate_limit.self),
            entry(RTBL_SECTION_POOL_EXTRAS, "POOL_EXTRAS", rtbl_pool_extras.self),
            entry(RTBL_SECTION_NUMBER_LISTS, "NUMBER_LISTS", UInt32.self),
            entry(RTBL_SECTION_BLOBS, "BLOBS", rtbl_blob.self),
            entry(RTBL_SECTION_BLOB_DATA, "BLOB_DATA", UInt8.self),
            entry(RTBL_SECTION_SECRET_TEXTS, "SECRET_TEXTS", rtbl_secret_text.self),
            entry(RTBL_SECTION_DEBUG_FILES, "DEBUG_FILES", UInt8.self),
            entry(RTBL_SECTION_DEBUG_APIS, "DEBUG_APIS", rtbl_position.self),
            entry(RTBL_SECTION_DEBUG_RULES, "DEBUG_RULES", rtbl_position.self),
            entry(RTBL_SECTION_DEBUG_POOLS, "DEBUG_POOLS", rtbl_position.self),
            entry(RTBL_SECTION_DEBUG_TARGETS, "DEBUG_TARGETS", rtbl_position.self),
            entry(RTBL_SECTION_DEBUG_BACKENDS, "DEBUG_BACKENDS", rtbl_position.self),
        ])
    }()
}

/// Where the sections lie, checked: ascending kinds, known sizes, inside the file, without overlap or gaps of
/// anything but zero bytes.
struct SectionDirectory {
    let file: Bytes
    let entries: [SectionEntry]
    private let numberOfKind: [UInt32: Int]

    init(of file: Bytes, header: TableHeader) throws(TableFault) {
        self.file = file
        let entryBytes = MemoryLayout<rtbl_section>.size
        let directoryEnd = TableHeader.byteCount + header.sectionCount * entryBytes
        guard directoryEnd <= file.count else { throw TableFault("the file ends inside its directory", at: file.count) }
        var entries: [SectionEntry] = []
        var numberOfKind: [UInt32: Int] = [:]
        var end = directoryEnd
        var previousKind: UInt32 = 0
        for number in 0..<header.sectionCount {
            let place = TableHeader.byteCount + number * entryBytes
            let raw = unsafe file.unsafeBuffer.load(fromByteOffset: place, as: rtbl_section.self)
            guard raw.kind > previousKind else { throw TableFault("section kinds do not ascend", at: place) }
            previousKind = raw.kind
            let entry = try Self.check(raw, at: place, after: end, in: file)
            end = entry.offset + entry.byteCount
            numberOfKind[raw.kind] = number
            entries.append(entry)
        }
        guard end == file.count else { throw TableFault("\(file.count - end) bytes follow the last section", at: end) }
        self.entries = entries
        self.numberOfKind = numberOfKind
        try checkCompleteness()
    }

    private static func check(_ raw: rtbl_section, at place: Int, after end: Int, in file: Bytes) throws(TableFault) -> SectionEntry {
        let name = SectionKind.known[raw.kind]?.name ?? "of kind \(raw.kind)"
        guard raw.reserved == 0 else { throw TableFault("the reserved field of section \(name) is not 0", at: place + 12) }
        guard raw.flags & ~UInt16(RTBL_SECTION_MUST_UNDERSTAND) == 0 else {
            throw TableFault("section \(name) has unknown flags", at: place + 6)
        }
        if let known = SectionKind.known[raw.kind] {
            try check(raw, is: known, at: place)
        } else if raw.flags & UInt16(RTBL_SECTION_MUST_UNDERSTAND) != 0 {
            throw TableFault("the table needs section kind \(raw.kind), which this program does not know; use a newer dataplane", at: place)
        }
        let (bytes, overflow) = raw.count.multipliedReportingOverflow(by: UInt64(raw.element_bytes))
        let size = UInt64(file.count)
        guard raw.offset % 8 == 0 else { throw TableFault("the offset of section \(name) is not a multiple of 8", at: place + 16) }
        guard !overflow, raw.offset <= size, bytes <= size - raw.offset, raw.count < UInt64(RTBL_NONE) else {
            throw TableFault("section \(name) lies outside the file", at: place + 16)
        }
        let offset = Int(raw.offset)
        guard offset >= end, offset - end < 8 else { throw TableFault("section \(name) overlaps another, or leaves a gap", at: place + 16) }
        guard file[end..<offset].isAllZero else { throw TableFault("the padding before section \(name) is not 0", at: end) }
        return SectionEntry(kind: raw.kind, version: raw.version, elementBytes: Int(raw.element_bytes), offset: offset, count: Int(raw.count))
    }

    private static func check(_ raw: rtbl_section, is known: SectionKind, at place: Int) throws(TableFault) {
        guard raw.version == 1 else {
            throw TableFault("section \(known.name) has version \(raw.version); this program reads version 1", at: place + 4)
        }
        guard raw.element_bytes == UInt32(known.elementBytes) else {
            throw TableFault("elements of \(known.name) are \(raw.element_bytes) bytes long, not \(known.elementBytes)", at: place + 8)
        }
        guard !known.isOptional || raw.count > 0 else {
            throw TableFault("section \(known.name) is there without elements; it is left out where it would be empty", at: place + 24)
        }
        guard (raw.flags != 0) == !known.isDebug else { throw TableFault("section \(known.name) is flagged wrongly", at: place + 6) }
    }

    private func checkCompleteness() throws(TableFault) {
        var debugSections = 0
        for (kind, known) in SectionKind.known.sorted(by: { $0.key < $1.key }) {
            let isThere = numberOfKind[kind] != nil
            if known.isDebug { debugSections += isThere ? 1 : 0 }
            guard isThere || known.isDebug || known.isOptional else { throw TableFault("section \(known.name) is missing") }
        }
        let all = SectionKind.known.values.count { $0.isDebug }
        guard debugSections == 0 || debugSections == all else { throw TableFault("only some of the debug sections are there") }
    }

    var hasDebugSections: Bool { numberOfKind[UInt32(RTBL_SECTION_DEBUG_FILES)] != nil }

    private func entry(_ kind: Int) throws(TableFault) -> SectionEntry {
        guard let number = numberOfKind[UInt32(kind)] else { throw TableFault("section kind \(kind) is missing") }
        return entries[number]
    }

    func bytes(_ kind: Int) throws(TableFault) -> Bytes {
        let entry = try entry(kind)
        return file[entry.offset..<(entry.offset + entry.count)]
    }

    /// The records of a section that is absent where it would be empty.
    func optionalRecords<Element>(_ kind: Int, as: Element.Type = Element.self) throws(TableFault) -> Records<Element> {
        guard numberOfKind[UInt32(kind)] != nil else { return unsafe Records(base: file.base, count: 0) }
        return try records(kind)
    }

    func optionalBytes(_ kind: Int) throws(TableFault) -> Bytes {
        numberOfKind[UInt32(kind)] == nil ? .empty : try bytes(kind)
    }

    func records<Element>(_ kind: Int, as: Element.Type = Element.self) throws(TableFault) -> Records<Element> {
        let entry = try entry(kind)
        precondition(entry.elementBytes == MemoryLayout<Element>.stride && MemoryLayout<Element>.alignment <= 8)
        return unsafe Records(base: UnsafeRawPointer(file.base + entry.offset), count: entry.count)
    }
}
