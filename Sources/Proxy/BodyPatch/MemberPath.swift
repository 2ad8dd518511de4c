/// Why a list of components is not a path. The table is at fault.
package enum MemberPathError: Error, Equatable {
    /// None, or more than `BodyLimits.maxPathComponents`.
    case componentCount(Int)
    /// Longer than `BodyLimits.maxComponentBytes`.
    case componentTooLong(component: Int)
    case componentNotUTF8(component: Int)
}

/// Where in a body the model's name stands: object keys from the root, `$.a.b` being `a`, `b`. Built at start,
/// used by every request: it holds the components, and the text that inserts them, ready to be copied.
@safe
package struct MemberPath: ~Copyable {
    /// One to `BodyLimits.maxPathComponents`.
    package let count: Int

    /// Component after component, then `"a":{"b":`, then a closing brace for each component but the first, then a comma.
    private let storage: UnsafeMutableRawBufferPointer
    /// Behind a pointer: Swift 6.3 lends a record of many words by copying it, for every request, and of this an address.
    private let starts: UnsafeMutablePointer<Starts>

    private struct Starts {
        /// Where component `i` starts; at `count`, the end of the last one. BodyLimits.maxPathComponents and one.
        var names = InlineArray<9, UInt32>(repeating: 0)
        /// Where the text that opens component `i` starts; at `count`, the end of the last one.
        var openings = InlineArray<9, UInt32>(repeating: 0)
    }

    /// - Parameter components: raw UTF-8, not escaped, no quotes.
    package init(_ components: [[UInt8]]) throws(MemberPathError) {
        guard 1...BodyLimits.maxPathComponents ~= components.count else {
            throw .componentCount(components.count)
        }
        for (index, component) in components.enumerated() {
            guard component.count <= BodyLimits.maxComponentBytes else { throw .componentTooLong(component: index) }
            guard String(validating: component, as: UTF8.self) != nil else { throw .componentNotUTF8(component: index) }
        }
        var text: [UInt8] = []
        var starts = Starts()
        for (index, component) in components.enumerated() {
            starts.names[index] = UInt32(text.count)
            text += component
        }
        starts.names[components.count] = UInt32(text.count)
        for (index, component) in components.enumerated() {
            starts.openings[index] = UInt32(text.count)
            if index > 0 { text.append(ASCII.openBrace) }
            text += Self.quoted(component) + [ASCII.colon]
        }
        starts.openings[components.count] = UInt32(text.count)
        text += [UInt8](repeating: ASCII.closeBrace, count: components.count - 1) + [ASCII.comma]

        count = components.count
        // Holds: this struct cannot be copied, so what it allocates here is freed once, in its deinit, and
        // never moves or changes in between.
        unsafe self.starts = .allocate(capacity: 1)
        unsafe self.starts.initialize(to: starts)
        unsafe storage = .allocate(byteCount: text.count, alignment: 1)
        unsafe storage.copyBytes(from: text)
    }

    deinit {
        unsafe storage.deallocate()
        unsafe starts.deallocate()
    }

    /// All texts; `BodyPiece.path` counts from its start.
    package var text: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            // Holds: the storage lives as long as self.
            unsafe _overrideLifetime(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(storage)), borrowing: self)
        }
    }

    /// Component `index`, raw.
    @_lifetime(borrow self)
    func name(_ index: Int) -> RawSpan {
        // Holds: text is borrowed from self.
        unsafe _overrideLifetime(text.extracting(Int(starts.pointee.names[index])..<Int(starts.pointee.names[index + 1])), borrowing: self)
    }

    /// The text before the literal, with which an edit inserts the components from its own on.
    func opening(of edit: BodyEdit) -> Range<Int> {
        let end = unsafe Int(starts.pointee.openings[count])
        if edit.kind == .replace { return end..<end }
        // All but the first opening begin with the brace that belongs to the one before.
        let component = Int(edit.component)
        return unsafe Int(starts.pointee.openings[component]) + (component > 0 ? 1 : 0)..<end
    }

    /// The text after the literal.
    func closing(of edit: BodyEdit) -> Range<Int> {
        let comma = text.byteCount - 1
        switch edit.kind {
        case .replace: return comma..<comma
        case .insertBeforeMembers: return comma - (count - 1 - Int(edit.component))..<comma + 1
        case .insertAlone: return comma - (count - 1 - Int(edit.component))..<comma
        }
    }

    /// A JSON string with only the quote, the backslash and control characters escaped.
    private static func quoted(_ component: [UInt8]) -> [UInt8] {
        var text = [ASCII.quote]
        for byte in component {
            switch byte {
            case ASCII.quote, ASCII.backslash: text += [ASCII.backslash, byte]
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                text += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: text.append(byte)
            }
        }
        return text + [ASCII.quote]
    }
}
