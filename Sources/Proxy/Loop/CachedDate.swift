import CLinux
import RoutingTable

/// The Date field's line, written once a second.
struct CachedDate: ~Copyable {
    private var second: UInt64 = .max
    private var line = InlineArray<37, UInt8>(repeating: 0)

    /// Appends `Date: …` and the line's end.
    mutating func append(to out: inout Buffer) {
        let present = cl_wall_nanos() / 1_000_000_000
        if present != second {
            second = present
            unsafe withUnsafeMutableBytes(of: &line) { line in
                unsafe line.copyMemory(from: Bytes("Date: ").unsafeBuffer)
                let end = unsafe HTTPDate.write(secondsSinceEpoch: Int64(present), to: line, at: 6)
                unsafe (line[end], line[end + 1]) = (ASCII.carriageReturn, ASCII.lineFeed)
            }
        }
        unsafe withUnsafeBytes(of: line) { unsafe out.append(Bytes($0)) }
    }
}
