import CTable

/// The sections of a table's file, each a view of the mapped bytes.
@usableFromInline
package struct TableSections: Sendable {
    @usableFromInline package let hosts: Records<rtbl_host>
    @usableFromInline package let hostSlots: Records<rtbl_slot>
    @usableFromInline package let nodes: Records<rtbl_node>
    @usableFromInline package let nodeSlots: Records<rtbl_slot>
    @usableFromInline package let routes: Records<rtbl_route>
    @usableFromInline package let rules: Records<rtbl_rule>
    @usableFromInline package let apis: Records<rtbl_api>
    @usableFromInline package let pools: Records<rtbl_pool>
    @usableFromInline package let targets: Records<rtbl_target>
    @usableFromInline package let rotations: Records<rtbl_rotation>
    @usableFromInline package let rotationData: Records<UInt16>
    @usableFromInline package let backends: Records<rtbl_backend>
    @usableFromInline package let backendSettings: Records<rtbl_backend_settings>
    @usableFromInline package let credentials: Records<rtbl_credential>
    @usableFromInline package let providers: Records<rtbl_provider>
    @usableFromInline package let poolOptions: Records<rtbl_pool_options>
    @usableFromInline package let stringLists: Records<UInt32>
    @usableFromInline package let regexes: Records<rtbl_regex>
    @usableFromInline package let regexData: Bytes
    @usableFromInline package let strings: Bytes

    /// Where things were written; nil in a table without debug sections.
    package let positions: Positions?
    /// Segments of the deepest path in the table: a lookup never probes deeper.
    @usableFromInline package let deepestPath: Int

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
    init(_ directory: SectionDirectory) throws(TableFault) {
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
        positions = try directory.hasDebugSections ? Positions(directory) : nil
        var deepest = 0
        for i in nodes.indices { deepest = max(deepest, Int(nodes[i].segments)) }
        deepestPath = deepest
    }
}

extension TableSections.Positions {
    fileprivate init(_ directory: SectionDirectory) throws(TableFault) {
        files = try directory.bytes(RTBL_SECTION_DEBUG_FILES)
        apis = try directory.records(RTBL_SECTION_DEBUG_APIS)
        rules = try directory.records(RTBL_SECTION_DEBUG_RULES)
        pools = try directory.records(RTBL_SECTION_DEBUG_POOLS)
        targets = try directory.records(RTBL_SECTION_DEBUG_TARGETS)
        backends = try directory.records(RTBL_SECTION_DEBUG_BACKENDS)
    }
}
