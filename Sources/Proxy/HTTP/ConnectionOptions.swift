/// The options of all Connection lines of a head (RFC 9110 7.6.1).
struct ConnectionOptions: BitwiseCopyable {
    private(set) var close = false
    private(set) var keepAlive = false
    private var count = 0

    init() {}

    /// One line's list; empty elements are allowed (RFC 9110 5.6.1.2). Fields that an option names are marked as
    /// hop-by-hop, but for those without which the message would be another one.
    mutating func add(_ bytes: RawSpan, _ value: ByteRange, marking fields: borrowing HeaderFields) throws(HTTPFault) {
        var start = value.lowerBound
        while start < value.upperBound {
            var end = start
            while end < value.upperBound, bytes[end] != ASCII.comma { end += 1 }
            let option = bytes.trimmed(start, end)
            if !option.isEmpty { try addOption(bytes, option, fields) }
            start = end + 1
        }
    }

    private mutating func addOption(_ bytes: RawSpan, _ option: ByteRange, _ fields: borrowing HeaderFields) throws(HTTPFault) {
        for i in option.indices where !ByteSet.token.contains(bytes[i]) { throw .connectionMalformed }
        count += 1
        guard count <= Limits.connectionOptions else { throw .tooManyConnectionOptions }
        switch option.count {
        case 5 where bytes.equalsIgnoringCase("close", at: option.lowerBound): close = true
        case 10 where bytes.equalsIgnoringCase("keep-alive", at: option.lowerBound): keepAlive = true
        default: ConnectionOptions.mark(bytes, option, fields)
        }
    }

    private static func mark(_ bytes: RawSpan, _ option: ByteRange, _ fields: borrowing HeaderFields) {
        for i in 0..<fields.count {
            let field = fields[i]
            if field.isHopByHop || field.id.isProtectedFromConnection { continue }
            if bytes.equalIgnoringCase(field.name, option) { fields.markHopByHop(i) }
        }
    }
}
