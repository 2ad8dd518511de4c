/// request-line = method SP request-target SP HTTP-version CRLF (RFC 9112 3), and nothing laxer. Each function gets the
/// offset where its part starts and returns the offset behind it, nil when the bytes end before that is known.
extension RequestHead {
    mutating func lexRequestLine(_ bytes: RawSpan) throws(HTTPFault) -> Int? {
        guard let start = try skipEmptyLines(bytes) else { return nil }
        let line = bytes.extracting(first: start + Limits.requestLineBytes)
        guard let next = try lexParts(line, start) else {
            if line.byteCount == start + Limits.requestLineBytes { throw .requestLineTooLong }
            return nil
        }
        guard method != .connect, method != .trace else { throw .methodNotAllowed }
        guard targetForm != .asterisk || method == .options else { throw .targetForm }
        return next
    }

    /// Some clients end a body with a CR LF that is not part of it (RFC 9112 2.2).
    private func skipEmptyLines(_ bytes: RawSpan) throws(HTTPFault) -> Int? {
        var start = 0
        while start < bytes.byteCount, bytes[start] == ASCII.carriageReturn {
            guard start + 1 < bytes.byteCount else { return nil }
            guard bytes[start + 1] == ASCII.lineFeed else { throw .bareCR }
            start += 2
            guard start <= 2 * Limits.emptyLinesBeforeRequest else { throw .tooManyEmptyLines }
        }
        return start < bytes.byteCount ? start : nil
    }

    private mutating func lexParts(_ line: RawSpan, _ start: Int) throws(HTTPFault) -> Int? {
        guard let methodEnd = try lexMethod(line, start) else { return nil }
        guard let targetEnd = try lexTarget(line, methodEnd + 1) else { return nil }
        target = ByteRange(methodEnd + 1, targetEnd)
        return try lexVersion(line, targetEnd + 1)
    }

    private mutating func lexMethod(_ line: RawSpan, _ start: Int) throws(HTTPFault) -> Int? {
        let end = line.skipToken(from: start)
        guard end - start <= Limits.methodBytes else { throw .methodTooLong }
        guard end < line.byteCount else { return nil }
        guard line[end] == ASCII.space, end > start else {
            throw line[end] > ASCII.space ? .methodNotToken : separatorFault(line[end])
        }
        methodName = ByteRange(start, end)
        method = HTTPMethod(line, start, end)
        return end
    }

    /// The target, and the SP behind it looked at.
    private mutating func lexTarget(_ line: RawSpan, _ start: Int) throws(HTTPFault) -> Int? {
        guard start < line.byteCount else { return nil }
        targetAuthority = nil
        let first = line[start]
        if method == .connect { return try lexAuthorityForm(line, start) }
        if first == ASCII.slash {
            targetForm = .origin
            return try lexPathAndQuery(line, start)
        }
        guard first == ASCII.asterisk else { return try lexAbsoluteForm(line, start) }
        targetForm = .asterisk
        path = ByteRange(start, start + 1)
        query = nil
        guard start + 1 < line.byteCount else { return nil }
        guard line[start + 1] == ASCII.space else { throw .targetForm }
        return start + 1
    }

    private mutating func lexPathAndQuery(_ line: RawSpan, _ start: Int) throws(HTTPFault) -> Int? {
        guard let pathEnd = try lexEncoded(line, start, .path) else { return nil }
        path = ByteRange(start, pathEnd)
        query = nil
        if line[pathEnd] == ASCII.space { return pathEnd }
        guard line[pathEnd] == ASCII.question else { throw targetFault(line[pathEnd]) }
        guard let queryEnd = try lexEncoded(line, pathEnd + 1, .query) else { return nil }
        guard line[queryEnd] == ASCII.space else { throw targetFault(line[queryEnd]) }
        query = ByteRange(pathEnd + 1, queryEnd)
        return queryEnd
    }

    /// A run of `set` and of percent signs with two hexadecimal digits each; the offset of the byte that ends it.
    private func lexEncoded(_ line: RawSpan, _ start: Int, _ set: ByteSet) throws(HTTPFault) -> Int? {
        var i = start
        while true {
            i = line.skipTarget(from: i, set)
            guard i < line.byteCount else { return nil }
            if line[i] != ASCII.percent { return i }
            for digit in (i + 1)...(i + 2) {
                guard digit < line.byteCount else { return nil }
                guard ASCII.hexValue(line[digit]) != nil else { throw .targetPercentEncoding }
            }
            i += 3
        }
    }

    /// `http://` or `https://`, an authority, and an optional path and query (RFC 9112 3.2.2).
    private mutating func lexAbsoluteForm(_ line: RawSpan, _ start: Int) throws(HTTPFault) -> Int? {
        guard line[start] > ASCII.space else { throw separatorFault(line[start]) }
        guard let authorityStart = try lexScheme(line, start) else { return nil }
        let end = line.skipTargetAuthority(from: authorityStart)
        guard end < line.byteCount else { return nil }
        let delimiter = line[end]
        guard delimiter == ASCII.slash || delimiter == ASCII.question || delimiter == ASCII.space else { throw targetFault(delimiter) }
        guard let authority = Authority(line, ByteRange(authorityStart, end)) else { throw .hostInvalid }
        targetForm = .absolute
        targetAuthority = authority
        return try lexPathAndQuery(line, end)
    }

    /// Compared byte by byte, so that `GET foo` is refused at its first wrong byte.
    private mutating func lexScheme(_ line: RawSpan, _ start: Int) throws(HTTPFault) -> Int? {
        var i = start
        targetIsSecure = false
        for expected in 0..<7 {
            guard i < line.byteCount else { return nil }
            if expected == 4, ASCII.lowercased(line[i]) == 0x73 {
                targetIsSecure = true
                i += 1
                guard i < line.byteCount else { return nil }
            }
            guard ASCII.lowercased(line[i]) == schemeByte(expected) else { throw .targetForm }
            i += 1
        }
        return i
    }

    /// The bytes of `http://`.
    private func schemeByte(_ index: Int) -> UInt8 {
        switch index {
        case 0: 0x68
        case 1, 2: 0x74
        case 3: 0x70
        case 4: ASCII.colon
        default: ASCII.slash
        }
    }

    /// host ":" port, for CONNECT only (RFC 9112 3.2.3): refused in any case, but a malformed one with 400.
    private mutating func lexAuthorityForm(_ line: RawSpan, _ start: Int) throws(HTTPFault) -> Int? {
        let end = line.skipTargetAuthority(from: start)
        guard end < line.byteCount else { return nil }
        guard line[end] == ASCII.space else { throw targetFault(line[end]) }
        guard let authority = Authority(line, ByteRange(start, end)), authority.port != nil else { throw .targetForm }
        return end
    }

    /// "HTTP/" DIGIT "." DIGIT CRLF (RFC 9112 2.3). Another major version is a 505 only once it is one as a whole.
    private mutating func lexVersion(_ line: RawSpan, _ start: Int) throws(HTTPFault) -> Int? {
        if line.byteCount - start >= 10, line.equals("HTTP/1.1\r\n", at: start) {
            minorVersion = 1
            return start + 10
        }
        let available = min(line.byteCount - start, 10)
        var major: UInt8 = 0
        var i = 0
        while i < available {
            let byte = line[start + i]
            switch i {
            case 0: guard byte == 0x48 else { throw versionFault(byte) }
            case 1, 2: guard byte == 0x54 else { throw versionFault(byte) }
            case 3: guard byte == 0x50 else { throw versionFault(byte) }
            case 4: guard byte == ASCII.slash else { throw versionFault(byte) }
            case 5:
                guard ASCII.isDigit(byte) else { throw versionFault(byte) }
                major = byte - ASCII.zero
            case 6: guard byte == ASCII.dot else { throw versionFault(byte) }
            case 7:
                guard ASCII.isDigit(byte) else { throw versionFault(byte) }
                minorVersion = byte - ASCII.zero
            case 8: guard byte == ASCII.carriageReturn else { throw versionFault(byte) }
            default: guard byte == ASCII.lineFeed else { throw .bareCR }
            }
            i += 1
        }
        guard i == 10 else { return nil }
        guard major == 1 else { throw .versionNotSupported }
        return start + 10
    }

    private func versionFault(_ byte: UInt8) -> HTTPFault {
        byte > ASCII.space ? .versionMalformed : separatorFault(byte)
    }

    private func targetFault(_ byte: UInt8) -> HTTPFault {
        switch byte {
        case 0x23: .targetFragment
        case ASCII.at: .targetUserinfo
        case ASCII.carriageReturn, ASCII.lineFeed: separatorFault(byte)
        default: .targetCharacter
        }
    }

    /// A blank or a control character where it cannot stand.
    private func separatorFault(_ byte: UInt8) -> HTTPFault {
        byte == ASCII.lineFeed ? .bareLF : .requestLineMalformed
    }
}

extension RawSpan {
    /// The end of what may be a host with a port; `Authority` looks at it closely.
    func skipTargetAuthority(from start: Int) -> Int {
        var i = start
        while i < byteCount, ByteSet.authority.contains(self[i]) { i += 1 }
        return i
    }
}
