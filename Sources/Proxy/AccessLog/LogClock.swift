import CLinux

/// What time it was, for lines of the access log: the loop counts in the boot clock, people read the wall's. Asked once a
/// second, so that a step of the wall clock is followed within one.
struct LogClock: BitwiseCopyable {
    /// Wall clock less boot clock, in nanoseconds, and when that was found out; 0: never.
    private var ahead: UInt64 = 0
    private var asked: UInt64 = 0
    private var second = UInt64.max
    /// Of that second: `2026-11-26T01:53:02`.
    private var text = InlineArray<19, UInt8>(repeating: 0)

    init() {}

    /// Appends a moment of the boot clock as RFC 3339 has it, in UTC, with milliseconds.
    mutating func append(_ bootNanos: UInt64, now: UInt64, to out: inout Buffer) {
        if asked == 0 || now &- asked >= 1_000_000_000 {
            ahead = cl_wall_nanos() &- cl_boot_nanos()
            asked = now
        }
        append(wallMillis: (bootNanos &+ ahead) / 1_000_000, to: &out)
    }

    mutating func append(wallMillis: UInt64, to out: inout Buffer) {
        if wallMillis / 1000 != second { write(wallMillis / 1000) }
        for i in 0..<19 { out.append(text[i]) }
        out.append(ASCII.dot)
        out.append(decimal: wallMillis % 1000, digits: 3)
        out.append(UInt8(ascii: "Z"))
    }

    private mutating func write(_ present: UInt64) {
        second = present
        let date = CivilDate(daysSinceEpoch: Int64(present / 86_400))
        let day = Int(present % 86_400)
        put(date.year / 100, at: 0)
        put(date.year % 100, at: 2)
        text[4] = ASCII.dash
        put(date.month, at: 5)
        text[7] = ASCII.dash
        put(date.day, at: 8)
        text[10] = UInt8(ascii: "T")
        put(day / 3600, at: 11)
        text[13] = ASCII.colon
        put(day / 60 % 60, at: 14)
        text[16] = ASCII.colon
        put(day % 60, at: 17)
    }

    private mutating func put(_ number: Int, at place: Int) {
        text[place] = ASCII.zero + UInt8(truncatingIfNeeded: number / 10 % 10)
        text[place + 1] = ASCII.zero + UInt8(truncatingIfNeeded: number % 10)
    }
}
