/// A span of time as Gateway API writes it (GEP-2257).
package enum Duration {
    /// - Returns: nil if the text is none.
    package static func milliseconds(_ text: some Collection<UInt8>) -> Int? {
        var (sum, parts) = (0, 0)
        var rest = Array(text)[...]
        while !rest.isEmpty {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard (1...5).contains(digits.count), parts < 4 else { return nil }
            rest = rest.dropFirst(digits.count)
            guard let (unit, width) = unit(rest) else { return nil }
            rest = rest.dropFirst(width)
            sum += digits.reduce(0) { $0 * 10 + Int($1 - 0x30) } * unit
            parts += 1
        }
        return parts > 0 ? sum : nil
    }

    private static func unit(_ text: ArraySlice<UInt8>) -> (milliseconds: Int, width: Int)? {
        if text.starts(with: "ms".utf8) { return (1, 2) }
        switch text.first {
        case UInt8(ascii: "h"): return (3_600_000, 1)
        case UInt8(ascii: "m"): return (60_000, 1)
        case UInt8(ascii: "s"): return (1000, 1)
        default: return nil
        }
    }
}
