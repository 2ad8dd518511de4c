import CTable

/// A routing table file in memory: mapped, validated once, then read without further checks of its structure.
///
/// The initialiser is the only way to get one, so a value of this type *is* the proof that every offset,
/// index, string, hash slot and cycle entry in it is sound. FORMAT.md describes the file.
package struct MappedTable: ~Copyable {
    package let header: TableHeader
    package let directory: [SectionEntry]
    /// Lives as long as this value.
    package let table: RoutingTable
    private let memory: SealedMemory

    /// What opening a table consists of.
    package enum Step: CaseIterable, Sendable { case copied, digested, validated }

    /// Maps and checks the table at `path`.
    ///
    /// - Parameters:
    ///   - threads: that make the digest. More than one start threads, which a sandbox may not allow.
    ///   - report: called after each step.
    /// - Throws: `TableFault`, `isMissing` if the file cannot be read.
    package init(path: String, threads: Int = 1, report: (Step) -> Void = { _ in }) throws(TableFault) {
        let memory = try SealedMemory(copyOf: path)
        report(.copied)
        try self.init(memory, threads: threads, report)
    }

    package init(bytes: [UInt8], threads: Int = 1) throws(TableFault) {
        try self.init(SealedMemory(copyOf: bytes), threads: threads) { _ in }
    }

    private init(_ memory: consuming SealedMemory, threads: Int, _ report: (Step) -> Void) throws(TableFault) {
        let header = try TableHeader(of: memory.bytes)
        let file = memory.bytes[0..<header.fileBytes]
        try header.checkDigest(of: file, threads: threads)
        report(.digested)
        let directory = try SectionDirectory(of: file, header: header)
        let table = try RoutingTable(directory)
        try table.validate()
        report(.validated)
        self.header = header
        self.directory = directory.entries
        self.table = table
        self.memory = memory
    }
}

/// The sections of a validated table, and the lookups over them. A view: it lives as long as the `MappedTable`
/// that lends it.
@usableFromInline
package struct RoutingTable: Sendable {
    package let hosts: Records<rtbl_host>
    let hostSlots: Records<rtbl_slot>
    package let nodes: Records<rtbl_node>
    let nodeSlots: Records<rtbl_slot>
    package let routes: Records<rtbl_route>
    package let rules: Records<rtbl_rule>
    package let apis: Records<rtbl_api>
    package let pools: Records<rtbl_pool>
    package let targets: Records<rtbl_target>
    @usableFromInline package let rotations: Records<rtbl_rotation>
    package let rotationData: Records<UInt16>
    package let backends: Records<rtbl_backend>
    package let backendSettings: Records<rtbl_backend_settings>
    package let credentials: Records<rtbl_credential>
    package let providers: Records<rtbl_provider>
    package let poolOptions: Records<rtbl_pool_options>
    package let stringLists: Records<UInt32>
    package let regexes: Records<rtbl_regex>
    let regexData: Bytes
    @usableFromInline let strings: Bytes
    package let features: FeatureSections

    /// Where things were written; nil in a table without debug sections.
    package let positions: Positions?
    /// Segments of the deepest path in the table: a lookup never probes deeper.
    package let deepestPath: Int

    /// Positions in CR files, parallel to the sections that they accompany.
    package struct Positions: Sendable {
        let files: Bytes
        package let apis: Records<rtbl_position>
        package let rules: Records<rtbl_position>
        package let pools: Records<rtbl_position>
        package let targets: Records<rtbl_position>
        package let backends: Records<rtbl_position>

        /// The file's name relative to the PATH argument that it was compiled from.
        package func file(_ position: rtbl_position) -> Bytes { RoutingTable.string(at: position.file, in: files) }
    }

    /// Lends the sections; nothing may be looked up in them before `validate()` has accepted them.
    fileprivate init(_ directory: SectionDirectory) throws(TableFault) {
        strings = try directory.bytes(RTBL_SECTION_STRINGS)
        stringLists = try directory.records(RTBL_SECTION_STRING_LISTS)
        hosts = try directory.records(RTBL_SECTION_HOSTS)
        hostSlots = try directory.records(RTBL_SECTION_HOST_SLOTS)
        nodes = try directory.records(RTBL_SECTION_NODES)
        nodeSlots = try directory.records(RTBL_SECTION_NODE_SLOTS)
        routes = try directory.records(RTBL_SECTION_ROUTES)
        rules = try directory.records(RTBL_SECTION_RULES)
        apis = try directory.records(RTBL_SECTION_APIS)
        pools = try directory.records(RTBL_SECTION_POOLS)
        targets = try directory.records(RTBL_SECTION_TARGETS)
        rotations = try directory.records(RTBL_SECTION_ROTATIONS)
        rotationData = try directory.records(RTBL_SECTION_ROTATION_DATA)
        backends = try directory.records(RTBL_SECTION_BACKENDS)
        backendSettings = try directory.records(RTBL_SECTION_BACKEND_SETTINGS)
        credentials = try directory.records(RTBL_SECTION_CREDENTIALS)
        providers = try directory.records(RTBL_SECTION_PROVIDERS)
        poolOptions = try directory.records(RTBL_SECTION_POOL_OPTIONS)
        regexes = try directory.optionalRecords(RTBL_SECTION_REGEXES)
        regexData = try directory.optionalBytes(RTBL_SECTION_REGEX_DATA)
        features = try FeatureSections(directory)
        positions = try directory.hasDebugSections ? Positions(directory) : nil
        var deepest = 0
        for i in nodes.indices { deepest = max(deepest, Int(nodes[i].segments)) }
        deepestPath = deepest
    }

    /// A string of STRINGS. `offset` comes from a record of this table.
    @inlinable
    package func string(_ offset: UInt32) -> Bytes { RoutingTable.string(at: offset, in: strings) }

    /// A length-prefixed string in a section of strings that has been validated.
    @inlinable
    static func string(at offset: UInt32, in blob: Bytes) -> Bytes {
        let start = Int(offset)
        let length = Int(blob[start]) | Int(blob[start + 1]) << 8
        return blob[(start + 2)..<(start + 2 + length)]
    }
}

extension RoutingTable.Positions {
    fileprivate init(_ directory: SectionDirectory) throws(TableFault) {
        files = try directory.bytes(RTBL_SECTION_DEBUG_FILES)
        apis = try directory.records(RTBL_SECTION_DEBUG_APIS)
        rules = try directory.records(RTBL_SECTION_DEBUG_RULES)
        pools = try directory.records(RTBL_SECTION_DEBUG_POOLS)
        targets = try directory.records(RTBL_SECTION_DEBUG_TARGETS)
        backends = try directory.records(RTBL_SECTION_DEBUG_BACKENDS)
    }
}

// MARK: - From records to records

extension rtbl_route {
    @inlinable package var ruleIndex: Index<rtbl_rule> { Index(unchecked: rule) }
}

extension rtbl_rule {
    @inlinable package var apiIndex: Index<rtbl_api> { Index(unchecked: api) }
    /// nil: no rotation of models.
    @inlinable package var modelPoolIndex: Index<rtbl_pool>? { Index(present: model_pool) }
    /// nil: the rule has no backendRefs that take traffic.
    @inlinable package var backendPoolIndex: Index<rtbl_pool>? { Index(present: backend_pool) }
}

extension rtbl_pool {
    @inlinable package var apiIndex: Index<rtbl_api> { Index(unchecked: api) }
    @inlinable package var rotationIndex: Index<rtbl_rotation> { Index(unchecked: rotation) }
    @inlinable package var optionsIndex: Index<rtbl_pool_options> { Index(unchecked: options) }
    /// nil in a pool of backends.
    @inlinable package var providerIndex: Index<rtbl_provider>? { Index(present: provider) }
    /// `number` counts from 0 within the pool, as its rotation does.
    @inlinable package func target(_ number: Int) -> Index<rtbl_target> { Index(unchecked: first_target + UInt32(number)) }
}

extension rtbl_target {
    @inlinable package var backendIndex: Index<rtbl_backend> { Index(unchecked: backend) }
}

extension rtbl_backend {
    @inlinable package var credentialIndex: Index<rtbl_credential>? { Index(present: credential) }
    @inlinable package var settingsIndex: Index<rtbl_backend_settings> { Index(unchecked: settings) }
}

extension Index {
    /// nil for `RTBL_NONE`.
    @inlinable
    package init?(present raw: UInt32) {
        guard raw != RTBL_NONE else { return nil }
        self.init(unchecked: raw)
    }
}

extension RoutingTable {
    @inlinable
    package func targetCount(of pool: rtbl_pool) -> Int { Int(rotations[pool.rotationIndex].target_count) }
}
