import RoutingTable

/// Reads the token counts out of an answer while it passes: a JSON document, or the data of server-sent events, each line a
/// document of its own. Bytes come in pieces, cut anywhere; nothing is held back, kept or allocated.
///
/// It looks for numbers at given paths of object keys, and for nothing else: what is not JSON is not its business. A key
/// written with escapes is not recognised.
package struct UsageScanner: BitwiseCopyable {
    /// What it has found; the latest of each counts, so that the last event that has a usage wins.
    package internal(set) var counts = TokenCounts()

    private enum Mode: UInt8 {
        /// One JSON document.
        case document
        /// Server-sent events: at a line's beginning, within `data:`, in a line that is something else, in data.
        case lineStart, field, otherLine, data
        /// Looking for the key under which all counts stand; behind it, before its colon and before its value; in the object
        /// that is its value.
        case skimming, behindKey, behindColon, object
    }

    private var mode: Mode
    private let isEventStream: Bool
    /// While skimming: how much of the key, with its quotes, the last piece ended in, and whether a backslash was before it.
    var carried: UInt32 = 0
    var endedInBackslash = false
    /// How much of `data:` has been read.
    private var fieldBytes: UInt8 = 0
    /// Objects and arrays that are open.
    private var depth: UInt32 = 0
    /// Bit n: the one at depth n + 1 is an object.
    private var objects: UInt64 = 0
    private var isInString = false
    private var isEscaped = false
    /// The next string is a key.
    private var expectsKey = false
    private var isInKey = false
    /// Bytes of the present key so far.
    private var keyBytes: UInt32 = 0
    /// Bit n: the number that comes next, or is being read, is field n's. Two may stand under one key.
    private var wanted: UInt8 = none
    private var isInNumber = false
    private var number: UInt64 = 0
    /// Of each field: how many components of its path the open objects have matched …
    private var matched = InlineArray<3, UInt8>(repeating: 0)
    /// … and whether the present key has agreed with the next one so far.
    private var agrees = InlineArray<3, Bool>(repeating: false)

    private static let none: UInt8 = 0
    /// Deeper objects are counted, but nothing is looked for in them.
    private static let trackedDepth: UInt32 = 8

    /// - Parameters:
    ///   - isEventStream: the answer is `text/event-stream`.
    ///   - skims: reads nothing but objects under the key in which all counts stand, at whatever depth; the latest counts.
    ///     Many times faster, and wrong only about an answer that has another object of that name in or behind its usage, in
    ///     some member, or in a line of a stream that is not data. Only for fields that have a `commonKey`.
    package init(isEventStream: Bool, skims: Bool = false) {
        self.isEventStream = isEventStream
        mode = skims ? .skimming : isEventStream ? .lineStart : .document
    }

    /// What a header says.
    package mutating func note(_ field: Int, _ value: UInt64) { counts.set(field, value) }

    /// - Parameter isLast: no bytes follow.
    package mutating func scan(_ bytes: Bytes, _ fields: borrowing UsageFields, isLast: Bool = false) {
        if isLast, mode == .skimming, !isEventStream, skimEnd(bytes, fields) { return }
        var i = 0
        while i < bytes.count {
            if mode == .skimming {
                i = skim(bytes, from: i, fields)
                continue
            }
            let byte = bytes[i]
            if mode == .behindColon, byte == ASCII.openBrace, let names = fields.names, let next = Self.readWhole(bytes, from: i, names, &counts) {
                i = next
                mode = .skimming
                continue
            }
            i += 1
            switch mode {
            case .skimming: break
            case .behindKey, .behindColon, .object: readValue(byte, fields)
            case .document: step(byte, fields)
            case .data where byte == ASCII.lineFeed || byte == ASCII.carriageReturn: mode = .lineStart
            case .data: step(byte, fields)
            case .lineStart: beginLine(byte)
            case .field: readField(byte)
            case .otherLine: if byte == ASCII.lineFeed || byte == ASCII.carriageReturn { mode = .lineStart }
            }
        }
    }

    // MARK: - Skimming

    mutating func hasFoundKey() {
        (mode, carried, endedInBackslash) = (.behindKey, 0, false)
    }

    /// A byte behind the key: as if the root were open, and this one of its members.
    private mutating func readValue(_ byte: UInt8, _ fields: borrowing UsageFields) {
        let endsLine = isEventStream && (byte == ASCII.lineFeed || byte == ASCII.carriageReturn)
        switch mode {
        case _ where endsLine: mode = .skimming
        case .behindKey where byte == ASCII.colon: mode = .behindColon
        case .behindColon where byte == ASCII.openBrace:
            startDocument()
            (depth, objects, mode) = (1, 1, .object)
            agrees = InlineArray(repeating: true)
            step(byte, fields)
        case .object:
            step(byte, fields)
            if depth == 1 { mode = .skimming }
        default: if !ASCII.isBlank(byte), byte != ASCII.lineFeed, byte != ASCII.carriageReturn { mode = .skimming }
        }
    }

    // MARK: - Lines (HTML, 9.2.5)

    private mutating func beginLine(_ byte: UInt8) {
        switch byte {
        case ASCII.lineFeed, ASCII.carriageReturn: break // an empty line, or the second half of CR LF
        case UInt8(ascii: "d"): (mode, fieldBytes) = (.field, 1)
        default: mode = .otherLine
        }
    }

    private mutating func readField(_ byte: UInt8) {
        let name: StaticString = "data:"
        guard byte == Bytes(name)[Int(fieldBytes)] else {
            mode = byte == ASCII.lineFeed || byte == ASCII.carriageReturn ? .lineStart : .otherLine
            return
        }
        fieldBytes += 1
        if fieldBytes == 5 {
            mode = .data
            startDocument()
        }
    }

    private mutating func startDocument() {
        (depth, objects, expectsKey, isInString, isEscaped, isInKey, isInNumber, wanted) = (0, 0, false, false, false, false, false, Self.none)
        matched = InlineArray(repeating: 0)
    }

    // MARK: - JSON

    private mutating func step(_ byte: UInt8, _ fields: borrowing UsageFields) {
        if isInString { return stepInString(byte, fields) }
        if isInNumber { readNumber(byte) }
        switch byte {
        case ASCII.quote: beginString()
        case ASCII.openBrace: open(isObject: true, fields)
        case ASCII.openBracket: open(isObject: false, fields)
        case ASCII.closeBrace, ASCII.closeBracket: close()
        case ASCII.comma:
            expectsKey = depth > 0 && depth <= Self.trackedDepth && objects >> UInt64(depth - 1) & 1 == 1
            wanted = Self.none
        case UInt8(ascii: "0")...UInt8(ascii: "9") where wanted != Self.none && !isInNumber:
            (isInNumber, number) = (true, UInt64(byte - UInt8(ascii: "0")))
        default: break
        }
    }

    private mutating func beginString() {
        (isInString, isEscaped, keyBytes) = (true, false, 0)
        isInKey = expectsKey
        (expectsKey, wanted) = (false, Self.none)
        guard isInKey else { return }
        for field in 0..<3 { agrees[field] = UInt32(matched[field]) == depth - 1 }
    }

    private mutating func stepInString(_ byte: UInt8, _ fields: borrowing UsageFields) {
        if isEscaped {
            isEscaped = false
        } else if byte == ASCII.backslash {
            isEscaped = true
            agrees = InlineArray(repeating: false)
        } else if byte == ASCII.quote {
            isInString = false
            if isInKey { endKey(fields) }
            return
        }
        guard isInKey else { return }
        for field in 0..<3 where agrees[field] { agrees[field] = fields.agrees(field, component: Int(matched[field]), at: Int(keyBytes), byte) }
        keyBytes &+= 1
    }

    private mutating func endKey(_ fields: borrowing UsageFields) {
        isInKey = false
        for field in 0..<3 {
            agrees[field] = agrees[field] && fields.isComplete(field, component: Int(matched[field]), count: Int(keyBytes))
            if agrees[field], Int(matched[field]) + 1 == fields.componentCount(field) { wanted |= 1 << UInt8(field) }
        }
    }

    private mutating func open(isObject: Bool, _ fields: borrowing UsageFields) {
        // an object behind a key that a path goes through
        if isObject, depth >= 1, depth < Self.trackedDepth {
            for field in 0..<3 where agrees[field] && UInt32(matched[field]) == depth - 1 && Int(matched[field]) + 1 < fields.componentCount(field) {
                matched[field] += 1
            }
        }
        agrees = InlineArray(repeating: false)
        wanted = Self.none
        if depth < 64 { objects = isObject ? objects | 1 << UInt64(depth) : objects & ~(1 << UInt64(depth)) }
        depth = depth < .max ? depth + 1 : depth
        expectsKey = isObject && depth <= Self.trackedDepth
    }

    private mutating func close() {
        (expectsKey, wanted) = (false, Self.none)
        agrees = InlineArray(repeating: false)
        guard depth > 0 else { return }
        depth -= 1
        for field in 0..<3 where UInt32(matched[field]) >= max(depth, 1) { matched[field] = UInt8(max(depth, 1) - 1) }
    }

    private mutating func readNumber(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            let (product, overflow) = number.multipliedReportingOverflow(by: 10)
            number = overflow ? .max : product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0"))).partialValue
        default:
            for field in 0..<3 where wanted >> UInt8(field) & 1 == 1 { counts.set(field, min(number, Limits.tokensOfOneAnswer)) }
            (isInNumber, wanted) = (false, Self.none)
        }
    }
}

/// Tokens that an answer says it took; nil: it does not say.
package struct TokenCounts: BitwiseCopyable, Equatable {
    package var prompt: UInt64?
    package var completion: UInt64?
    /// As it stands in the answer; `sum` is what counts.
    package var total: UInt64?

    package init() {}

    /// By the number of a field in `UsageFields`.
    mutating func set(_ field: Int, _ value: UInt64) {
        switch field {
        case 0: prompt = value
        case 1: completion = value
        default: total = value
        }
    }

    package var isEmpty: Bool { prompt == nil && completion == nil && total == nil }
    var isComplete: Bool { prompt != nil && completion != nil && total != nil }
    /// The answer's own total, or what its parts make.
    package var sum: UInt64 { total ?? (prompt ?? 0) + (completion ?? 0) }
}
