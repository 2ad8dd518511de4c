/// Finds what to change in a JSON body, in one pass that also proves the whole to be one JSON object of
/// RFC 8259. No tree, no recursion, no allocation: one scanner serves all requests of a worker, and holds
/// the edits of the last body.
@safe
package struct BodyScanner: ~Copyable {
    private let edits: UnsafeMutablePointer<BodyEdit>
    private let nesting: UnsafeMutablePointer<UInt64>
    private var editCount = 0
    private let steps: JSONText.Steps

    /// - Parameter isPortable: as on a processor without AVX2.
    package init(isPortable: Bool = false) {
        steps = isPortable ? .portable : .best
        // Holds: this struct cannot be copied, so what it allocates here is freed once, in its deinit.
        // Both are written before they are read, and so left untouched: pages come into use as bodies need them.
        unsafe edits = .allocate(capacity: BodyLimits.maxEdits)
        unsafe nesting = .allocate(capacity: NestingStack.wordCount)
    }

    deinit {
        unsafe edits.deallocate()
        unsafe nesting.deallocate()
    }

    /// The edits of the last scan, in the order of their offsets, not overlapping.
    package var lastEdits: Span<BodyEdit> {
        @_lifetime(borrow self)
        borrowing get {
            // Holds: the edits live as long as self, the first editCount are initialised, and only the mutating
            // scan writes to them.
            unsafe _overrideLifetime(Span(_unsafeStart: edits, count: editCount), borrowing: self)
        }
    }

    /// Validates `body` and finds every member at `path`, however its name is escaped, and every object on the
    /// path that lacks the next component: `lastEdits` then replaces all those values and fills those gaps.
    /// Time is linear in the body's length.
    package mutating func scan(_ body: RawSpan, path: borrowing MemberPath) -> BodyScanResult {
        editCount = 0
        do throws(BodyRefusal) {
            try run(body, path: path)
            return .edits(editCount)
        } catch {
            editCount = 0
            return .refused(error)
        }
    }

    /// The first value that stood at the path, if any did. `body` is the one that was scanned last.
    package func firstValue(in body: RawSpan) -> BodyValue? {
        for index in lastEdits.indices where lastEdits[index].kind == .replace {
            let edit = lastEdits[index]
            let (start, end) = (Int(edit.start), Int(edit.end))
            return BodyValue(start: start, end: end, isString: body[start] == ASCII.quote)
        }
        return nil
    }

    /// Whether `value` is a string that stands for `name`, which is raw UTF-8.
    package func isValue(_ value: BodyValue, in body: RawSpan, equalTo name: RawSpan) -> Bool {
        value.isString && JSONName.matches(body, from: value.start + 1, to: value.end - 1, escaped: true, name: name)
    }
}

extension BodyScanner {
    private mutating func run(_ body: RawSpan, path: borrowing MemberPath) throws(BodyRefusal) {
        guard body.byteCount <= BodyLimits.maxBodyBytes else { throw BodyRefusal(.tooLong, at: BodyLimits.maxBodyBytes) }
        var stack = unsafe NestingStack(unsafeWords: nesting)
        var tracker = MemberTracker()
        var offset = try Self.rootStart(body)
        value: while true {
            // `offset` is at a value's first byte.
            let byte = body[offset]
            switch byte {
            case ASCII.quote:
                offset = try JSONString.scan(body, from: offset + 1, steps).end
            case ASCII.openBrace, ASCII.openBracket:
                guard stack.push(object: byte == ASCII.openBrace) else { throw BodyRefusal(.tooDeep, at: offset) }
                tracker.opened(at: offset)
                offset = try Self.next(body, from: offset + 1)
                if byte == ASCII.openBrace {
                    if body[offset] != ASCII.closeBrace {
                        offset = try member(body, from: offset, depth: stack.depth, &tracker, path)
                        continue value
                    }
                    if let edit = tracker.closingObject(depth: stack.depth, empty: true) { try append(edit) }
                } else if body[offset] != ASCII.closeBracket {
                    continue value
                }
                stack.pop()
                offset += 1
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                offset = try JSONNumber.end(body, from: offset)
            case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
                offset = try JSONLiteral.end(body, from: offset)
            default:
                throw BodyRefusal(.unexpectedByte, at: offset)
            }

            after: while true {
                // `offset` is behind a value.
                if stack.depth == tracker.replacingDepth {
                    try append(BodyEdit(replacing: tracker.replacingStart, to: offset))
                    tracker.replacingDepth = -1
                }
                if stack.depth == 0 { return try Self.requireEnd(body, from: offset) }
                offset = try Self.next(body, from: offset)
                let byte = body[offset]
                if byte == ASCII.comma {
                    offset = try Self.next(body, from: offset + 1)
                    if stack.isInObject {
                        offset = try member(body, from: offset, depth: stack.depth, &tracker, path)
                    }
                    continue value
                }
                guard byte == (stack.isInObject ? ASCII.closeBrace : ASCII.closeBracket) else {
                    throw BodyRefusal(.unexpectedByte, at: offset)
                }
                if let edit = tracker.closingObject(depth: stack.depth, empty: false) { try append(edit) }
                stack.pop()
                offset += 1
            }
        }
    }

    /// A member's name and colon.
    /// - Returns: the offset of its value.
    @inline(__always)
    private func member(
        _ body: RawSpan, from start: Int, depth: Int, _ tracker: inout MemberTracker, _ path: borrowing MemberPath
    ) throws(BodyRefusal) -> Int {
        guard body[start] == ASCII.quote else { throw BodyRefusal(.unexpectedByte, at: start) }
        let name = try JSONString.scan(body, from: start + 1, steps)
        var offset = try Self.next(body, from: name.end)
        guard body[offset] == ASCII.colon else { throw BodyRefusal(.unexpectedByte, at: offset) }
        offset = try Self.next(body, from: offset + 1)
        if depth == tracker.objectDepth,
            JSONName.matches(
                body, from: start + 1, to: name.end - 1, escaped: name.escaped, name: path.name(tracker.component))
        {
            let isObject = body[offset] == ASCII.openBrace
            guard tracker.matched(at: offset, isLast: tracker.component == path.count - 1, isObject: isObject) else {
                throw BodyRefusal(.pathNotObject, at: offset, component: tracker.component)
            }
        }
        return offset
    }

    private mutating func append(_ edit: BodyEdit) throws(BodyRefusal) {
        guard editCount < BodyLimits.maxEdits else { throw BodyRefusal(.tooManyMembers, at: Int(edit.start)) }
        // Holds: the index is below the capacity.
        unsafe (edits + editCount).initialize(to: edit)
        editCount += 1
    }

    /// The offset of the first byte from `start` on that is not whitespace. The body may not end before.
    @inline(__always)
    private static func next(_ body: RawSpan, from start: Int) throws(BodyRefusal) -> Int {
        let offset = JSONWhitespace.end(body, from: start)
        guard offset < body.byteCount else { throw BodyRefusal(.unexpectedEnd, at: offset) }
        return offset
    }

    private static func rootStart(_ body: RawSpan) throws(BodyRefusal) -> Int {
        let offset = try next(body, from: 0)
        if body[offset] == ASCII.openBrace { return offset }
        let hasMark = body.byteCount >= 3 && body[0] == 0xEF && body[1] == 0xBB && body[2] == 0xBF
        throw BodyRefusal(hasMark ? .byteOrderMark : .rootNotObject, at: offset)
    }

    private static func requireEnd(_ body: RawSpan, from start: Int) throws(BodyRefusal) {
        let offset = JSONWhitespace.end(body, from: start)
        guard offset == body.byteCount else { throw BodyRefusal(.trailingBytes, at: offset) }
    }
}
