import RoutingTable

/// Records of a section that holds none twice, in order of first use.
struct RecordPool<Record: BitwiseCopyable> {
    private(set) var records: [Record] = []
    private var table = ProbeTable()

    /// The index of a record with these bytes, added if it is new. The C layouts have no padding of the compiler's
    /// (FORMAT.md: reserved fields are 0), so equal records have equal bytes.
    mutating func index(of record: Record) throws(EmitError) -> UInt32 {
        let hash = withBytes(of: record) { TableHash.hash(seed: 0, bytes: $0) }
        if let known = table.find(hash: hash, where: { isSame(record, records[Int($0)]) }) { return known }
        let index: UInt32 = try newIndex(after: records.count, of: "\(Record.self)")
        records.append(record)
        table.insert(hash: hash, value: index)
        return index
    }

    private func isSame(_ a: Record, _ b: Record) -> Bool {
        withBytes(of: a) { a in
            withBytes(of: b) { b in
                // Both spans have the size of a Record; every byte of a record is initialised.
                unsafe a.withUnsafeBytes { a in unsafe b.withUnsafeBytes { b in unsafe a.elementsEqual(b) } }
            }
        }
    }

    private func withBytes<Result>(of record: Record, _ body: (RawSpan) -> Result) -> Result {
        // The pointer is to a copy that lives as long as the closure; a RawSpan cannot leave it.
        unsafe withUnsafeBytes(of: record) { unsafe body($0.bytes) }
    }
}

/// The index of an element that is about to be appended.
func newIndex(after count: Int, of what: String) throws(EmitError) -> UInt32 {
    guard let index = UInt32(exactly: count), index != UInt32.max else {
        throw EmitError("table", "has more than \(UInt32.max) records of one kind (\(what))")
    }
    return index
}
