import RoutingTable

/// RFC 7515, section 2: base64url without padding, as strict as it can be read: each text stands for different bytes, so
/// that no byte of a token can be changed without changing what it says.
enum Base64URL {
    /// nil: not in the alphabet, of an impossible length, or with bits set that stand for nothing.
    static func decode(_ text: Bytes) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var bits: UInt32 = 0
        var held = 0
        for i in 0..<text.count {
            guard let value = value(text[i]) else { return nil }
            bits = bits << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
                bits &= 1 << UInt32(held) - 1
            }
        }
        return bits == 0 ? bytes : nil
    }

    static func decode(_ text: String) -> [UInt8]? {
        unsafe Array(text.utf8).withUnsafeBytes { unsafe decode(Bytes($0)) }
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
