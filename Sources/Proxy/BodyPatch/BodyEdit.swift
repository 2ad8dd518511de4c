/// One place at which the patched body differs from the client's: the bytes `[start, end)` give way to new
/// ones. `start == end` is an insertion, right after the `{` of an object that lacks the member.
package struct BodyEdit: BitwiseCopyable, Equatable, Sendable {
    /// Bytes from the body's start.
    package var start: UInt32
    package var end: UInt32
    package var kind: Kind
    /// Insertions: the first component of the path that is missing; it and all after it are written.
    package var component: UInt8

    package enum Kind: UInt8, BitwiseCopyable, Sendable {
        /// A value gives way to the literal.
        case replace
        /// `"name":literal,` in front of the object's other members.
        case insertBeforeMembers
        /// `"name":literal` into an object without members.
        case insertAlone
    }

    package init(replacing start: Int, to end: Int) {
        self.start = UInt32(start)
        self.end = UInt32(end)
        kind = .replace
        component = 0
    }

    package init(insertingAt offset: Int, component: Int, alone: Bool) {
        start = UInt32(offset)
        end = UInt32(offset)
        kind = alone ? .insertAlone : .insertBeforeMembers
        self.component = UInt8(component)
    }
}

/// A value that stood at the path before the patch.
package struct BodyValue: BitwiseCopyable, Equatable, Sendable {
    /// Bytes from the body's start; a string's quotes are inside.
    package var start: Int
    package var end: Int
    package var isString: Bool
}
