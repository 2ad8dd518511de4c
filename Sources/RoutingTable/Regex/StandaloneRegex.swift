import CTable

/// A regular expression with memory of its own, for questions about one without a table.
@safe
package final class StandaloneRegex {
    // Safe: `regex` points into `memory`, and is lent only while this object lives.
    private let memory: UnsafeMutableRawBufferPointer
    private let regex: Regex

    /// - Throws: where the record or its data would be refused in a table.
    package init(_ record: rtbl_regex, data: [UInt8]) throws(TableFault) {
        guard record.data == 0, RegexLayout(record).end == data.count else { throw TableFault("the data do not fit the record") }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(8, data.count), alignment: 8)
        unsafe copy.copyBytes(from: data)
        let bytes = unsafe Bytes(base: UnsafeRawPointer(copy.baseAddress!), count: data.count)
        do throws(TableFault) { try Regex.validate(record, in: bytes, "the regular expression") } catch {
            unsafe copy.deallocate()
            throw error
        }
        unsafe memory = copy
        regex = Regex(record, in: bytes)
    }

    deinit { unsafe memory.deallocate() }

    /// Whether all of `text` matches.
    package func match(_ text: Bytes, isPath: Bool, scratch: inout RegexScratch) -> Bool {
        regex.match(text, isPath: isPath, scratch: &scratch)
    }

    package func match(_ text: Bytes, isPath: Bool, scratch: inout RegexScratch, captures: inout RegexCaptures) -> Bool {
        regex.match(text, isPath: isPath, scratch: &scratch, captures: &captures)
    }

    /// Whether it has the capture automaton, by which a match with groups costs one lookup per byte.
    package var hasCaptureAutomaton: Bool { regex.record.capture_state_count > 0 }
    /// Whether it has the match automaton.
    package var hasMatchAutomaton: Bool { regex.record.state_count > 0 }
}
