/// The four digits of `\uXXXX`, as one word.
enum HexDigits {
    /// Whether all four bytes are `0-9`, `a-f` or `A-F`.
    @inline(__always)
    static func areAll(_ word: UInt32) -> Bool {
        // Adding 0x80 - x sets a byte's top bit exactly if the byte, below 0x80, is at least x. A byte above
        // carries into its neighbour, but is itself in neither range: as the sums overflow, the top bit that the
        // first one needs and the second must not have is set in both, in the second only, or in none.
        let digit = (word &+ 0x5050_5050) & ~(word &+ 0x4646_4646)
        let lower = word | 0x2020_2020
        let letter = (lower &+ 0x1F1F_1F1F) & ~(lower &+ 0x1919_1919)
        return (digit | letter) & 0x8080_8080 == 0x8080_8080
    }

    /// The number that four digits stand for.
    @inline(__always)
    static func value(_ word: UInt32) -> UInt32 {
        var value: UInt32 = 0
        for index: UInt32 in 0..<4 {
            let byte = word >> (8 * index) & 0xFF
            value = value << 4 | (byte & 0xF) + (byte >> 6) * 9
        }
        return value
    }
}
