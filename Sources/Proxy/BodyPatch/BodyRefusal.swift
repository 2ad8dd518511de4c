/// Why a body is refused. All of these are the client's fault.
package enum BodyFault: UInt8, BitwiseCopyable, Sendable {
    case byteOrderMark
    case rootNotObject
    case unexpectedEnd
    case unexpectedByte
    case trailingBytes
    case controlCharacter
    case invalidEscape
    case invalidUTF8
    case invalidNumber
    case invalidLiteral
    /// Valid so far, but a component of the path before the last one names something other than an object.
    case pathNotObject
    case tooManyMembers
    case tooDeep
    case tooLong

    /// For the answer's `message`: what is wrong and, where it does not follow, what to do.
    package var message: StaticString {
        switch self {
        case .byteOrderMark: "the body starts with a byte order mark; send JSON without one (RFC 8259 section 8.1)"
        case .rootNotObject: "the body is not a JSON object"
        case .unexpectedEnd: "the body ends before its JSON object does"
        case .unexpectedByte: "the body is not valid JSON: this byte may not stand here"
        case .trailingBytes: "the body goes on after its JSON object"
        case .controlCharacter: "the body is not valid JSON: a control character in a string must be escaped"
        case .invalidEscape: "the body is not valid JSON: unknown escape sequence in a string"
        case .invalidUTF8: "the body is not valid UTF-8"
        case .invalidNumber: "the body is not valid JSON: malformed number"
        case .invalidLiteral: "the body is not valid JSON: neither true, false nor null"
        case .pathNotObject: "the member that must hold the model's name lies in a value that is not an object"
        case .tooManyMembers: "the body repeats the member that holds the model's name too often"
        case .tooDeep: "the body is nested too deeply"
        case .tooLong: "the body is too long"
        }
    }
}

/// A refused body: what is wrong, and the byte at which it shows.
package struct BodyRefusal: Error, BitwiseCopyable, Equatable, Sendable {
    package var fault: BodyFault
    /// The path's component that is not an object; for `pathNotObject` only, else 0.
    package var component: UInt8
    /// Bytes from the body's start; the body's length where the fault is its end.
    package var offset: Int

    init(_ fault: BodyFault, at offset: Int, component: Int = 0) {
        self.fault = fault
        self.component = UInt8(component)
        self.offset = offset
    }
}

package enum BodyScanResult: BitwiseCopyable, Equatable, Sendable {
    /// The body is one valid JSON object; so many edits (at least one) make it the patched one.
    case edits(Int)
    case refused(BodyRefusal)
}
