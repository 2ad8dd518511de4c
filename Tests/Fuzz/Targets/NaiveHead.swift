/// A head's lines by splitting at CR LF: what a parser that accepts it must have seen.
enum NaiveHead {
    /// No byte that another parser may take for a line's end, and none but the last line is empty.
    static func check(_ bytes: [UInt8], _ count: Int) throws(Finding) {
        let head = bytes[..<count]
        try FuzzTargets.check(head.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)), "the head does not end in an empty line")
        for (index, byte) in head.enumerated() {
            switch byte {
            case 13: try FuzzTargets.check(index + 1 < count && head[index + 1] == 10, "a CR without LF at \(index)")
            case 10: try FuzzTargets.check(index > 0 && head[index - 1] == 13, "an LF without CR at \(index)")
            case 9, 32...126, 128...255: continue
            default: throw Finding("a control character at \(index)")
            }
        }
    }

    /// Where each line's name and value stand.
    static func fields(_ bytes: [UInt8], _ count: Int) -> [(Range<Int>, Range<Int>)] {
        var start = 0
        while bytes[start] == 13 { start += 2 }
        start = lineEnd(bytes, start) + 2
        var out: [(Range<Int>, Range<Int>)] = []
        while start < count - 2 {
            let end = lineEnd(bytes, start)
            guard let colon = bytes[start..<end].firstIndex(of: UInt8(ascii: ":")) else { return [] }
            var value = bytes[(colon + 1)..<end]
            while let first = value.first, first == 32 || first == 9 { value = value.dropFirst() }
            while let last = value.last, last == 32 || last == 9 { value = value.dropLast() }
            out.append((start..<colon, value.startIndex..<value.endIndex))
            start = end + 2
        }
        return out
    }

    static func count(_ name: String, _ bytes: [UInt8], _ names: [Range<Int>]) -> Int {
        names.count { String(decoding: bytes[$0], as: UTF8.self).lowercased() == name }
    }

    private static func lineEnd(_ bytes: [UInt8], _ start: Int) -> Int { bytes[start...].firstIndex(of: 13)! }
}
