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

    /// The same fields as a plain value: good until the next head is parsed.
    var list: HeaderFieldList { unsafe HeaderFieldList(base: UnsafePointer(base), count: count) }

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
    /// bytes are needed, and `progress` says how far these were good. RFC 9112 5, 2.2.
    mutating func lex(_ bytes: RawSpan, _ progress: inout HeadProgress) throws(HTTPFault) -> Int? {
        var start = Int(progress.lineStart)
        var scanned = max(start, Int(progress.scanned))
        var isInValue = progress.isInValue
        count = Int(progress.lines) - 1
        while start < bytes.byteCount {
            if bytes[start] == ASCII.carriageReturn {
                if let end = try lexLineEnd(bytes, start) { return end }
                break
            }
            guard count < Limits.headFields else { throw .tooManyFields }
            // the rest of a value whose beginning came before; the whole head is lexed again when it is there
            let end = isInValue ? try lexValue(bytes, scanned) : try lexLine(bytes, start, scanned)
            guard let end else { break }
            start = end
            scanned = end
            isInValue = false
            count += 1
        }
        progress = HeadProgress(bytes, lineStart: start, lines: count + 1, scanned: scanned, wasInValue: isInValue)
        return nil
    }

    /// One line, of whose name the bytes before `scanned` are known, recorded at `count`; the offset of the next.
    @inline(__always)
    private func lexLine(_ bytes: RawSpan, _ start: Int, _ scanned: Int) throws(HTTPFault) -> Int? {
        let colon = bytes.skipToken(from: scanned)
        guard colon < bytes.byteCount else { return nil }
        guard bytes[colon] == ASCII.colon, colon > start else { throw nameFault(bytes, start, colon) }
        guard let next = try lexValue(bytes, colon + 1) else { return nil }
        let id = HeaderName(bytes, start, colon)
        unsafe base[count] = HeaderField(
            name: ByteRange(start, colon), value: bytes.trimmed(colon + 1, next - 2), id: id, isHopByHop: id.isHopByHop)
        return next
    }

    /// The rest of a line from somewhere behind its colon; the offset of the next.
    @inline(__always)
    private func lexValue(_ bytes: RawSpan, _ start: Int) throws(HTTPFault) -> Int? {
        var end = bytes.skipText(from: start)
        while end < bytes.byteCount, bytes[end] == ASCII.tab { end = bytes.skipText(from: end + 1) }
        return end < bytes.byteCount ? try lexLineEnd(bytes, end) : nil
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

/// The fields of a head that was parsed, to be passed on by value.
@safe
struct HeaderFieldList: BitwiseCopyable {
    // Safe: `HeaderFields` holds `count` elements here as long as the worker lives; every access checks its index.
    private let base: UnsafePointer<HeaderField>
    let count: Int

    @unsafe
    fileprivate init(base: UnsafePointer<HeaderField>, count: Int) {
        unsafe self.base = base
        self.count = count
    }

    subscript(index: Int) -> HeaderField {
        precondition(index >= 0 && index < count, "field index out of range")
        return unsafe base[index]
    }
}

extension HeadProgress {
    /// What is left to know when all `bytes` have been found good, but a field line at `lineStart` is not complete.
    ///
    /// - Parameters:
    ///   - scanned: up to where that line was known before.
    ///   - wasInValue: its colon was known before.
    init(_ bytes: RawSpan, lineStart: Int, lines: Int, scanned: Int, wasInValue: Bool) {
        self.lineStart = UInt32(truncatingIfNeeded: lineStart)
        self.lines = UInt16(truncatingIfNeeded: lines)
        isInValue = wasInValue
        var i = scanned
        while !isInValue, i < bytes.byteCount {
            isInValue = bytes[i] == ASCII.colon
            i += 1
        }
        // a CR at the end is not known to be good before its LF
        let endsInCR = bytes.byteCount > lineStart && bytes[bytes.byteCount - 1] == ASCII.carriageReturn
        self.scanned = UInt32(truncatingIfNeeded: endsInCR ? bytes.byteCount - 1 : bytes.byteCount)
    }
}
