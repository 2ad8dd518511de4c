import CTable
import RoutingTable

/// The bytes of the STRINGS section (and of DEBUG_FILES): every string once, in order of first use.
struct StringPool {
    /// Offset 0 is the empty string: a length of zero.
    private(set) var bytes: [UInt8] = [0, 0]
    /// The STRING_LISTS section.
    private(set) var lists = ListPool<UInt32>()
    private var table = ProbeTable()

    /// Where `string` lies, added if it is new.
    mutating func offset(of string: String) throws(EmitError) -> UInt32 {
        if string.isEmpty { return 0 }
        let hash = TableHash.hash(seed: 0, string)
        if let known = table.find(hash: hash, where: { holds(string, at: $0) }) { return known }

        let length = string.utf8.count
        guard length <= RTBL_MAX_STRING else {
            throw EmitError("string \"\(string.prefix(40))…\"", "has \(length) bytes; a table holds strings of up to \(RTBL_MAX_STRING) bytes")
        }
        guard bytes.count + 2 + length < RTBL_NONE else {
            throw EmitError("string \"\(string.prefix(40))\"", "does not fit: the strings of one table have at most 4 GiB")
        }
        let offset = UInt32(bytes.count)
        bytes.append(UInt8(truncatingIfNeeded: length))
        bytes.append(UInt8(truncatingIfNeeded: length >> 8))
        bytes.append(contentsOf: string.utf8)
        table.insert(hash: hash, value: offset)
        return offset
    }

    /// Where these strings stand in STRING_LISTS, added if they are new; an empty list stands at 0.
    mutating func list(of strings: [String]) throws(EmitError) -> UInt32 {
        var offsets: [UInt32] = []
        for string in strings { offsets.append(try offset(of: string)) }
        return try lists.first(of: offsets)
    }

    /// Where in `bytes` the content of the string at `offset` lies.
    func content(at offset: UInt32) -> Range<Int> {
        let start = Int(offset)
        let length = Int(bytes[start]) | Int(bytes[start + 1]) << 8
        return start + 2..<start + 2 + length
    }

    private func holds(_ string: String, at offset: UInt32) -> Bool {
        bytes[content(at: offset)].elementsEqual(string.utf8)
    }

    /// Bytewise order of two strings of this pool.
    func isLess(_ a: UInt32, _ b: UInt32) -> Bool {
        bytes[content(at: a)].lexicographicallyPrecedes(bytes[content(at: b)])
    }
}
