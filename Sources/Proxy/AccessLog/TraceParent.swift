import RoutingTable

/// The caller's place in a trace: a valid `traceparent` (W3C Trace Context, 3.2). The field itself passes on as it came,
/// valid or not: this proxy takes no part in the trace.
struct TraceParent: BitwiseCopyable {
    /// 32 and 16 lower-case hex digits, not all of them 0.
    let traceID: Bytes
    let parentID: Bytes

    /// - Returns: nil if the value is not of the form that the recommendation gives.
    init?(_ value: Bytes) {
        guard value.count >= Self.byteCount, Self.isHex(value, 0..<2), Self.isHex(value, 53..<55) else { return nil }
        guard value[2] == ASCII.dash, value[35] == ASCII.dash, value[52] == ASCII.dash else { return nil }
        guard Self.isIdentifier(value, 3..<35), Self.isIdentifier(value, 36..<52) else { return nil }
        // version ff is none; version 00 ends here; what a later one has more begins with a dash (3.2.2.5, 4.3)
        if value[0] == UInt8(ascii: "f"), value[1] == UInt8(ascii: "f") { return nil }
        let isFirstVersion = value[0] == ASCII.zero && value[1] == ASCII.zero
        if value.count > Self.byteCount, isFirstVersion || value[Self.byteCount] != ASCII.dash { return nil }
        traceID = value[3..<35]
        parentID = value[36..<52]
    }

    /// Of version 00: `00-` trace `-` parent `-` flags.
    private static var byteCount: Int { 55 }

    private static func isIdentifier(_ value: Bytes, _ range: Range<Int>) -> Bool {
        guard isHex(value, range) else { return false }
        for i in range where value[i] != ASCII.zero { return true }
        return false
    }

    private static func isHex(_ value: Bytes, _ range: Range<Int>) -> Bool {
        for i in range where !ASCII.isDigit(value[i]) && !(UInt8(ascii: "a")...UInt8(ascii: "f")).contains(value[i]) { return false }
        return true
    }
}
