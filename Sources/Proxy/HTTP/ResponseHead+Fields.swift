/// What the field lines mean together.
extension ResponseHead {
    mutating func applyFields(_ bytes: RawSpan) throws(HTTPFault) {
        var codings = TransferCodings()
        var options = ConnectionOptions()
        contentLength = nil
        keepAliveTimeoutSeconds = nil
        isEventStream = false
        hasDate = false
        for i in 0..<fields.count {
            let field = fields[i]
            switch field.id {
            case .contentLength:
                guard contentLength == nil else { throw .contentLengthRepeated }
                contentLength = try parseContentLength(bytes, field.value)
            case .transferEncoding: try codings.add(bytes, field.value)
            case .connection: try options.add(bytes, field.value, marking: fields)
            case .keepAlive: keepAliveTimeoutSeconds = ResponseHead.timeout(bytes, field.value)
            case .contentType: isEventStream = ResponseHead.isEventStream(bytes, field.value)
            case .date: hasDate = true
            default: break
            }
        }
        framing = try framing(codings, requestMethod)
        let mayPersist = minorVersion > 0 || options.keepAlive
        keepAlive = mayPersist && !options.close && framing != .untilClose && statusCode != 101
    }

    /// RFC 9112 6.3, and 502 for both framings at once, for a coding that is not chunked alone, and for one in HTTP/1.0.
    private func framing(_ codings: TransferCodings, _ requestMethod: HTTPMethod) throws(HTTPFault) -> BodyFraming {
        if statusCode < 200 || statusCode == 204 || statusCode == 304 || requestMethod == .head { return .none }
        guard codings.isPresent else { return contentLength.map { .length($0) } ?? .untilClose }
        guard minorVersion > 0 else { throw .transferEncodingInOldVersion }
        guard contentLength == nil else { throw .lengthAndTransferEncoding }
        try codings.finish()
        return .chunked
    }

    /// N of `timeout=N`, anywhere in the list; nil without one that is a number of seconds.
    private static func timeout(_ bytes: RawSpan, _ value: ByteRange) -> UInt32? {
        var start = value.lowerBound
        while start < value.upperBound {
            var end = start
            while end < value.upperBound, bytes[end] != ASCII.comma { end += 1 }
            let parameter = bytes.trimmed(start, end)
            if parameter.count > 8, bytes.equalsIgnoringCase("timeout=", at: parameter.lowerBound) {
                let digits = ByteRange(parameter.lowerBound + 8, parameter.upperBound)
                return DecimalBytes.parse(bytes, digits, maximum: UInt64(UInt32.max)).map { UInt32(truncatingIfNeeded: $0) }
            }
            start = end + 1
        }
        return nil
    }

    private static func isEventStream(_ bytes: RawSpan, _ value: ByteRange) -> Bool {
        guard value.count >= 17, bytes.equalsIgnoringCase("text/event-stream", at: value.lowerBound) else { return false }
        if value.count == 17 { return true }
        let next = bytes[value.lowerBound + 17]
        return next == ASCII.semicolon || ASCII.isBlank(next)
    }
}
