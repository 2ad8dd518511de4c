/// A request's path as routes are matched against it: percent-encoded unreserved characters decoded, other
/// escapes in upper-case hex, `.` and `..` segments removed (RFC 3986, 6.2.2), one trailing `/` set apart.
@safe
package struct RequestPath: BitwiseCopyable {
    /// Begins with `/`, or is empty for the root. It ends with `/` only where the request's path ended with two.
    package let bytes: Bytes
    /// Whether one `/` was cut off the end. It still stands right behind `bytes`.
    package let hasTrailingSlash: Bool

    /// The path with the `/` that was cut off, for a route that forwards what follows its prefix.
    package var withTrailingSlash: Bytes {
        // Safe: both ways of making a path leave the slash in place behind `bytes`.
        hasTrailingSlash ? unsafe Bytes(base: bytes.base, count: bytes.count + 1) : bytes
    }

    /// Normalises `raw`, which begins with `/`.
    ///
    /// - Parameter scratch: at least `raw.count` bytes, used only if `raw` is not normal already.
    /// - Returns: nil if an escape is not `%` and two hex digits.
    @unsafe
    package init?(_ raw: Bytes, scratch: UnsafeMutablePointer<UInt8>) {
        let whole: Bytes
        if Self.isNormal(raw) {
            whole = raw
        } else {
            guard let count = unsafe Self.normalize(raw, into: scratch) else { return nil }
            unsafe whole = Bytes(base: scratch, count: count)
        }
        let ends = whole.count > 0 && whole[whole.count - 1] == slash
        bytes = ends ? whole[0..<(whole.count - 1)] : whole
        hasTrailingSlash = ends
    }

    /// Whether there is nothing to decode and no segment that begins with a dot, as in nearly every request.
    private static func isNormal(_ raw: Bytes) -> Bool {
        let count = raw.count
        guard count > 16 else {
            for i in 0..<count where raw[i] == UInt8(ascii: "%") || (raw[i] == dot && i > 0 && raw[i - 1] == slash) { return false }
            return true
        }
        // sixteen at a time, each with the byte before it; the last block overlaps the one before
        var i = 1
        while true {
            let block = raw.block(i)
            if ((block .== .each(UInt8(ascii: "%"))) .| ((block .== .each(dot)) .& (raw.block(i - 1) .== .each(slash)))).lanes != 0 { return false }
            if i == count - 16 { return true }
            i = min(i + 16, count - 16)
        }
    }

    /// Decodes, then removes dot segments in place. Returns the length, which never exceeds that of `raw`.
    private static func normalize(_ raw: Bytes, into out: UnsafeMutablePointer<UInt8>) -> Int? {
        guard let decoded = unsafe decode(raw, into: out) else { return nil }
        return unsafe removeDotSegments(out, count: decoded)
    }

    private static func decode(_ raw: Bytes, into out: UnsafeMutablePointer<UInt8>) -> Int? {
        var written = 0, i = 0
        while i < raw.count {
            guard raw[i] == UInt8(ascii: "%") else {
                unsafe out[written] = raw[i]
                written += 1
                i += 1
                continue
            }
            guard i + 2 < raw.count, let high = raw[i + 1].hexDigitValue, let low = raw[i + 2].hexDigitValue else { return nil }
            let byte = high << 4 | low
            if byte.isUnreserved {
                unsafe out[written] = byte
                written += 1
            } else {
                unsafe out[written] = UInt8(ascii: "%")
                unsafe out[written + 1] = high.upperHexDigit
                unsafe out[written + 2] = low.upperHexDigit
                written += 3
            }
            i += 3
        }
        return written
    }

    /// RFC 3986, 5.2.4, on bytes that begin with `/`.
    private static func removeDotSegments(_ bytes: UnsafeMutablePointer<UInt8>, count: Int) -> Int {
        var read = 0, written = 0
        while read < count {
            var end = read + 1
            while end < count, unsafe bytes[end] != slash { end += 1 }
            let length = end - read - 1
            let isDot = unsafe length == 1 && bytes[read + 1] == dot
            let isDots = unsafe length == 2 && bytes[read + 1] == dot && bytes[read + 2] == dot
            if isDot || isDots {
                if isDots {
                    while written > 0 {
                        written -= 1
                        if unsafe bytes[written] == slash { break }
                    }
                }
                if end == count { // a dot segment at the end leaves its slash
                    unsafe bytes[written] = slash
                    written += 1
                }
            } else {
                for i in read..<end {
                    unsafe bytes[written] = bytes[i]
                    written += 1
                }
            }
            read = end
        }
        return written
    }
}

private let slash = UInt8(ascii: "/")
private let dot = UInt8(ascii: ".")

extension UInt8 {
    package var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    fileprivate var upperHexDigit: UInt8 { self < 10 ? UInt8(ascii: "0") + self : UInt8(ascii: "A") + self - 10 }

    /// RFC 3986, 2.3.
    var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
        default: false
        }
    }
}
