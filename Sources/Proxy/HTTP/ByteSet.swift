/// A set of ASCII bytes in two words: membership needs no memory, and no lazily made global.
struct ByteSet: BitwiseCopyable {
    /// Bit n: byte n.
    let low: UInt64
    /// Bit n: byte 64 + n.
    let high: UInt64

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        byte < 0x80 && ((byte < 0x40 ? low : high) &>> UInt64(byte & 0x3F)) & 1 != 0
    }

    /// RFC 8259 7: what makes an escape sequence of two bytes, `"\/bfnrt`.
    static var simpleEscapes: ByteSet { ByteSet(low: 0x0000_8004_0000_0000, high: 0x0014_4044_1000_0000) }
    /// RFC 9110 5.6.2 tchar.
    static var token: ByteSet { ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE) }
    /// RFC 3986 3.3 pchar and "/"; "%" is looked at apart.
    static var path: ByteSet { ByteSet(low: 0x2FFF_FFD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF) }
    /// RFC 3986 3.4 query without "%", and the brackets that clients send as they are in `name[]=`.
    static var query: ByteSet { ByteSet(low: 0xAFFF_FFD2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFF) }
    /// RFC 3986 3.2.2 reg-name without "%".
    static var registeredName: ByteSet { ByteSet(low: 0x2BFF_7FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE) }
    /// The same without ".".
    static var label: ByteSet { ByteSet(low: registeredName.low & ~(1 << UInt64(ASCII.dot)), high: registeredName.high) }
    /// Every byte that a host with a port may have, to find its end.
    static var authority: ByteSet { ByteSet(low: 0x2FFF_7FF2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFE) }
}
