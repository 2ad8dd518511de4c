import CLinux
import RoutingTable

/// The Date field's value, written once a second.
struct CachedDate: ~Copyable {
    private var second: UInt64 = .max
    private var text = InlineArray<29, UInt8>(repeating: 0)

    /// Appends `Date: …` and the line's end.
    mutating func append(to out: inout Buffer) {
        let present = cl_wall_nanos() / 1_000_000_000
        if present != second {
            second = present
            unsafe withUnsafeMutableBytes(of: &text) { unsafe _ = HTTPDate.write(secondsSinceEpoch: Int64(present), to: $0, at: 0) }
        }
        out.append("Date: ")
        for i in 0..<29 { out.append(text[i]) }
        out.append("\r\n")
    }
}
