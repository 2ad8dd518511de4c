/// Why a message is refused. One byte, so that it travels through parsers for free.
package enum HTTPFault: UInt8, Error, BitwiseCopyable, CaseIterable {
    // lines
    case bareCR, bareLF, controlCharacter, obsoleteFold, blankBeforeFirstField, blankInName
    case fieldNameNotToken, fieldNameEmpty, fieldWithoutColon
    case headTooLarge, tooManyFields, tooManyEmptyLines
    // request-line
    case methodNotToken, methodTooLong, requestLineMalformed, requestLineTooLong
    case targetCharacter, targetPercentEncoding, targetForm, targetFragment, targetUserinfo
    case versionMalformed, versionNotSupported, methodNotAllowed
    // status-line
    case statusLineMalformed, statusOutOfRange
    // Host
    case hostMissing, hostRepeated, hostInvalid, hostDiffersFromTarget
    // framing
    case contentLengthInvalid, contentLengthRepeated, lengthAndTransferEncoding, transferEncodingInOldVersion
    case transferEncodingNotChunked, transferEncodingRepeated, transferEncodingUnknown, transferEncodingMalformed
    // other fields
    case connectionMalformed, tooManyConnectionOptions, expectationUnknown
    // chunked body
    case chunkSizeMalformed, chunkSizeTooLarge, chunkLineEnd, chunkDataEnd, chunkExtensionMalformed
    case chunkExtensionsTooLarge, trailersTooLarge

    /// The status of the answer when this is a client's fault. The same fault in a backend's answer is a 502.
    package var status: UInt16 {
        switch self {
        case .headTooLarge, .tooManyFields, .trailersTooLarge, .tooManyConnectionOptions: 431
        case .requestLineTooLong: 414
        case .methodTooLong, .transferEncodingUnknown: 501
        case .versionNotSupported: 505
        case .methodNotAllowed: 405
        case .expectationUnknown: 417
        default: 400
        }
    }

    /// For people: error bodies and the access log.
    package var text: StaticString {
        switch self {
        case .bareCR: "a carriage return without a line feed"
        case .bareLF: "a line feed without a carriage return"
        case .controlCharacter: "a control character in a field value"
        case .obsoleteFold: "a field value continued on the next line"
        case .blankBeforeFirstField: "a blank before the first field line"
        case .blankInName: "a blank in a field name or before its colon"
        case .fieldNameNotToken: "a field name with a character that names may not have"
        case .fieldNameEmpty: "a field line without a name"
        case .fieldWithoutColon: "a field line without a colon"
        case .headTooLarge: "the head is larger than 32 KiB"
        case .tooManyFields: "more than 100 field lines"
        case .tooManyEmptyLines: "more than two empty lines before the request line"
        case .methodNotToken: "the method has a character that methods may not have"
        case .methodTooLong: "the method is unknown"
        case .requestLineMalformed: "the request line is not method, blank, target, blank, version"
        case .requestLineTooLong: "the request line is longer than 8 KiB"
        case .targetCharacter: "the request target has a character that must be percent-encoded"
        case .targetPercentEncoding: "a percent sign in the path without two hexadecimal digits"
        case .targetForm: "the request target has no form that this method allows"
        case .targetFragment: "the request target has a fragment"
        case .targetUserinfo: "the request target names a user"
        case .versionMalformed: "the protocol version is malformed"
        case .versionNotSupported: "the protocol version is not HTTP/1.1 or HTTP/1.0"
        case .methodNotAllowed: "CONNECT and TRACE are not served here"
        case .statusLineMalformed: "the status line is malformed"
        case .statusOutOfRange: "the status code is not between 100 and 599"
        case .hostMissing: "an HTTP/1.1 request without a Host field"
        case .hostRepeated: "more than one Host field"
        case .hostInvalid: "the host is not a name or an address with an optional port"
        case .hostDiffersFromTarget: "the Host field differs from the request target's authority"
        case .contentLengthInvalid: "Content-Length is not a decimal number below 2^63"
        case .contentLengthRepeated: "more than one Content-Length"
        case .lengthAndTransferEncoding: "both Content-Length and Transfer-Encoding"
        case .transferEncodingInOldVersion: "Transfer-Encoding in an HTTP/1.0 message"
        case .transferEncodingNotChunked: "the last transfer coding is not chunked"
        case .transferEncodingRepeated: "the chunked coding is applied more than once"
        case .transferEncodingUnknown: "a transfer coding other than chunked"
        case .transferEncodingMalformed: "Transfer-Encoding is malformed"
        case .connectionMalformed: "Connection is not a list of names"
        case .tooManyConnectionOptions: "more than 32 connection options"
        case .expectationUnknown: "an expectation other than 100-continue"
        case .chunkSizeMalformed: "a chunk size that is not a hexadecimal number"
        case .chunkSizeTooLarge: "a chunk size of 2^63 or more"
        case .chunkLineEnd: "a chunk's line does not end in CR LF"
        case .chunkDataEnd: "a chunk's data is not followed by CR LF"
        case .chunkExtensionMalformed: "a malformed chunk extension"
        case .chunkExtensionsTooLarge: "chunk extensions of more than 256 bytes a chunk or 16 KiB a body"
        case .trailersTooLarge: "trailers of more than 8 KiB or 100 lines"
        }
    }
}
