/// What the field lines mean together: framing, host, connection. Looked at when the head is whole, so that the answer
/// does not depend on how its bytes arrived.
extension RequestHead {
    mutating func applyFields(_ bytes: RawSpan) throws(HTTPFault) {
        var codings = TransferCodings()
        var options = ConnectionOptions()
        var authority: Authority?
        contentLength = nil
        hasUpgrade = false
        expectsContinue = false
        for i in 0..<fields.count {
            let field = fields[i]
            switch field.id {
            case .host:
                guard authority == nil else { throw .hostRepeated }
                guard let parsed = Authority(bytes, field.value) else { throw .hostInvalid }
                authority = parsed
            case .contentLength:
                guard contentLength == nil else { throw .contentLengthRepeated }
                contentLength = try parseContentLength(bytes, field.value)
            case .transferEncoding: try codings.add(bytes, field.value)
            case .connection: try options.add(bytes, field.value, marking: fields)
            case .expect: try applyExpectation(bytes, field.value)
            case .upgrade: hasUpgrade = true
            default: break
            }
        }
        try applyFraming(codings)
        try applyAuthority(bytes, authority)
        keepAlive = minorVersion > 0 && !options.close
        expectsContinue = expectsContinue && hasBody
    }

    /// RFC 9112 6.1, 6.3: one framing, stated once.
    private mutating func applyFraming(_ codings: TransferCodings) throws(HTTPFault) {
        isChunked = false
        guard codings.isPresent else { return }
        guard minorVersion > 0 else { throw .transferEncodingInOldVersion }
        guard contentLength == nil else { throw .lengthAndTransferEncoding }
        try codings.finish()
        isChunked = true
    }

    /// RFC 9112 3.2, 3.2.2: an absolute target's authority is the host; a Host field that says otherwise is a doubt.
    private mutating func applyAuthority(_ bytes: RawSpan, _ field: Authority?) throws(HTTPFault) {
        guard field != nil || minorVersion == 0 else { throw .hostMissing }
        if let target = targetAuthority, let field {
            let implied: UInt16 = targetIsSecure ? 443 : 80
            guard bytes.equalIgnoringCase(target.host, field.host), (target.port ?? implied) == (field.port ?? implied) else {
                throw .hostDiffersFromTarget
            }
        }
        let authority = targetAuthority ?? field
        host = authority?.host ?? .empty
        port = authority?.port
    }

    /// RFC 9110 10.1.1: a server ignores it from a client of HTTP/1.0.
    private mutating func applyExpectation(_ bytes: RawSpan, _ value: ByteRange) throws(HTTPFault) {
        guard minorVersion > 0 else { return }
        guard value.count == 12, bytes.equalsIgnoringCase("100-continue", at: value.lowerBound) else { throw .expectationUnknown }
        expectsContinue = true
    }
}

/// The value of one Content-Length line: a single decimal number below 2^63, so that it fits every signed counter.
func parseContentLength(_ bytes: RawSpan, _ value: ByteRange) throws(HTTPFault) -> UInt64 {
    if let length = DecimalBytes.parse(bytes, value, maximum: UInt64(Int64.max)) { return length }
    for i in value.indices where bytes[i] == ASCII.comma { throw .contentLengthRepeated }
    throw .contentLengthInvalid
}
