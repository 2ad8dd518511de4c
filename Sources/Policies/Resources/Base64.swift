/// Base64 with padding (RFC 4648 section 4), as Kubernetes decodes the values of a Secret: line breaks are passed over.
package enum Base64 {
    /// - Returns: nil if the text is not base64.
    package static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var out: [UInt8] = []
        var (bits, count, padding, symbols): (UInt32, Int, Int, Int) = (0, 0, 0, 0)
        for byte in text where byte != 0x0A && byte != 0x0D {
            symbols += 1
            if byte == UInt8(ascii: "=") { padding += 1; continue }
            guard padding == 0, let value = value(byte) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 { count -= 8; out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count))) }
        }
        guard symbols % 4 == 0, padding <= 2, padding == 0 || count == padding * 2 else { return nil }
        return out
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
