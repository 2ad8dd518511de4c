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
        let sections = UnsafeMutablePointer<TableSections>.allocate(capacity: 1)
        let features = UnsafeMutablePointer<FeatureSections>.allocate(capacity: 1)
        do throws(TableFault) {
            unsafe sections.initialize(to: try TableSections(directory))
            unsafe features.initialize(to: try FeatureSections(directory))
            try unsafe RoutingTable(sections, features).validate()
        } catch {
            unsafe sections.deallocate() // views all of them: there is nothing to deinitialise
            unsafe features.deallocate()
            throw error
        }
        report(.validated)
        unsafe table = RoutingTable(sections, features)
        self.header = header
        self.directory = directory.entries
        self.memory = memory
    }

    deinit {
        unsafe table.sections.deallocate()
        unsafe table.featureSections.deallocate()
    }
}

/// A validated table, and the lookups over it. A view that is cheap to pass on: it lives as long as the `MappedTable` that
/// lends it.
@safe
@usableFromInline
package struct RoutingTable: @unchecked Sendable {
    // Safe: both belong to the `MappedTable`, are written before it lends this view, and never change.
    @usableFromInline let sections: UnsafePointer<TableSections>
    @usableFromInline let featureSections: UnsafePointer<FeatureSections>

    fileprivate init(_ sections: UnsafePointer<TableSections>, _ features: UnsafePointer<FeatureSections>) {
        unsafe self.sections = sections
        unsafe featureSections = features
    }

    @inlinable package var hosts: Records<rtbl_host> { unsafe sections.pointee.hosts }
    @inlinable var hostSlots: Records<rtbl_slot> { unsafe sections.pointee.hostSlots }
    @inlinable package var nodes: Records<rtbl_node> { unsafe sections.pointee.nodes }
    @inlinable var nodeSlots: Records<rtbl_slot> { unsafe sections.pointee.nodeSlots }
    @inlinable package var routes: Records<rtbl_route> { unsafe sections.pointee.routes }
    @inlinable package var rules: Records<rtbl_rule> { unsafe sections.pointee.rules }
    @inlinable package var apis: Records<rtbl_api> { unsafe sections.pointee.apis }
    @inlinable package var pools: Records<rtbl_pool> { unsafe sections.pointee.pools }
    @inlinable package var targets: Records<rtbl_target> { unsafe sections.pointee.targets }
    @inlinable package var rotations: Records<rtbl_rotation> { unsafe sections.pointee.rotations }
    @inlinable package var rotationData: Records<UInt16> { unsafe sections.pointee.rotationData }
    @inlinable package var backends: Records<rtbl_backend> { unsafe sections.pointee.backends }
    @inlinable package var backendSettings: Records<rtbl_backend_settings> { unsafe sections.pointee.backendSettings }
    @inlinable package var credentials: Records<rtbl_credential> { unsafe sections.pointee.credentials }
    @inlinable package var providers: Records<rtbl_provider> { unsafe sections.pointee.providers }
    @inlinable package var poolOptions: Records<rtbl_pool_options> { unsafe sections.pointee.poolOptions }
    @inlinable package var stringLists: Records<UInt32> { unsafe sections.pointee.stringLists }
    @inlinable package var regexes: Records<rtbl_regex> { unsafe sections.pointee.regexes }
    @inlinable var regexData: Bytes { unsafe sections.pointee.regexData }
    @inlinable var strings: Bytes { unsafe sections.pointee.strings }
    /// Where things were written; nil in a table without debug sections.
    package var positions: Positions? { unsafe sections.pointee.positions }
    /// Segments of the deepest path in the table: a lookup never probes deeper.
    @inlinable package var deepestPath: Int { unsafe sections.pointee.deepestPath }

    package typealias Positions = TableSections.Positions

    @inlinable package var features: FeatureSections {
        unsafeAddress { unsafe featureSections }
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
