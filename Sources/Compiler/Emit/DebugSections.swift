import CTable

/// Where in the CRs every API, rule, pool, target and backend was written, parallel to their sections.
struct DebugSections {
    private(set) var files = StringPool()
    private(set) var apis: [rtbl_position] = []
    private(set) var rules: [rtbl_position] = []
    private(set) var pools: [rtbl_position] = []
    private(set) var targets: [rtbl_position] = []
    private(set) var backends: [rtbl_position] = []

    init(_ ir: IntermediateRepresentation) throws(EmitError) {
        for api in ir.apis {
            apis.append(try record(api.position))
            for pool in api.pools {
                pools.append(try record(pool.position))
                for target in pool.targets { targets.append(try record(target.position)) }
            }
            for rule in api.rules { rules.append(try record(rule.position)) }
        }
        for backend in ir.backends { backends.append(try record(backend.position)) }
    }

    private mutating func record(_ position: IntermediateRepresentation.Position?) throws(EmitError) -> rtbl_position {
        guard let position else { return rtbl_position(file: 0, line: 0) }
        return rtbl_position(
            file: try files.offset(of: position.file),
            line: try field(position.line, "the line", of: "file \(position.file)"))
    }
}
