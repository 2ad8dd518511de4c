/// The field lines of one head: room for `Limits.headFields` of them, taken once and used for head after head.
@safe
package struct HeaderFields: ~Copyable {
    /// Holds `Limits.headFields` initialised elements from init to deinit; every access checks its index.
    private let base: UnsafeMutablePointer<HeaderField>
    package private(set) var count = 0

    init() {
        unsafe base = .allocate(capacity: Limits.headFields)
        unsafe base.initialize(
            repeating: HeaderField(name: .empty, value: .empty, id: .other, isHopByHop: false), count: Limits.headFields)
    }

    deinit { unsafe base.deallocate() }

    package subscript(index: Int) -> HeaderField {
        @inline(__always)
        get {
            precondition(index >= 0 && index < count, "field index out of range")
            return unsafe base[index]
        }
    }

    /// The first field of that name.
    package func first(_ id: HeaderName) -> HeaderField? {
        for i in 0..<count where self[i].id == id { return self[i] }
        return nil
    }

    func markHopByHop(_ index: Int) {
        precondition(index >= 0 && index < count, "field index out of range")
        unsafe base[index].isHopByHop = true
    }

    /// Lexes field lines from where `progress` stands to the empty line, and returns the offset behind that; nil: more
    /// bytes are needed, and `progress` is at the line that is not whole. RFC 9112 5, 2.2.
    mutating func lex(_ bytes: RawSpan, _ progress: inout HeadProgress) throws(HTTPFault) -> Int? {
        var start = Int(progress.lineStart)
        count = Int(progress.lines) - 1
        while start < bytes.byteCount {
            if bytes[start] == ASCII.carriageReturn {
                return try lexLineEnd(bytes, start)
            }
            guard count < Limits.headFields else { throw .tooManyFields }
            guard let next = try lexLine(bytes, start) else { break }
            start = next
            count += 1
        }
        progress.lineStart = UInt32(truncatingIfNeeded: start)
        progress.lines = UInt32(truncatingIfNeeded: count + 1)
        return nil
    }

    /// One line, recorded at `count`; the offset of the next.
    @inline(__always)
    private func lexLine(_ bytes: RawSpan, _ start: Int) throws(HTTPFault) -> Int? {
        let colon = bytes.skipToken(from: start)
        guard colon < bytes.byteCount else { return nil }
        guard bytes[colon] == ASCII.colon, colon > start else { throw nameFault(bytes, start, colon) }
        var end = colon + 1
        while true {
            end = bytes.skipText(from: end)
            guard end < bytes.byteCount else { return nil }
            if bytes[end] != ASCII.tab { break }
            end += 1
        }
        guard let next = try lexLineEnd(bytes, end) else { return nil }
        let id = HeaderName(bytes, start, colon)
        unsafe base[count] = HeaderField(
            name: ByteRange(start, colon), value: bytes.trimmed(colon + 1, end), id: id, isHopByHop: id.isHopByHop)
        return next
    }

    /// CR LF at `offset`: the offset behind it.
    @inline(__always)
    private func lexLineEnd(_ bytes: RawSpan, _ offset: Int) throws(HTTPFault) -> Int? {
        guard bytes[offset] == ASCII.carriageReturn else {
            throw bytes[offset] == ASCII.lineFeed ? .bareLF : .controlCharacter
        }
        guard offset + 1 < bytes.byteCount else { return nil }
        guard bytes[offset + 1] == ASCII.lineFeed else { throw .bareCR }
        return offset + 2
    }

    /// Why the byte at `offset` ends a field line that starts at `start` before its colon.
    private func nameFault(_ bytes: RawSpan, _ start: Int, _ offset: Int) -> HTTPFault {
        switch bytes[offset] {
        case ASCII.colon: .fieldNameEmpty
        case ASCII.lineFeed: .bareLF
        case ASCII.carriageReturn: .fieldWithoutColon
        case ASCII.space, ASCII.tab: offset > start ? .blankInName : count == 0 ? .blankBeforeFirstField : .obsoleteFold
        default: .fieldNameNotToken
        }
    }
}
