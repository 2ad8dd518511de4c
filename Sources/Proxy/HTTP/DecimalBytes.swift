/// Numbers in decimal digits, read from and written to bytes without a String.
package enum DecimalBytes {
    /// Digits that a UInt64 may need.
    package static var maximumBytes: Int { 20 }

    /// 1*DIGIT, leading zeros allowed. nil: empty, another byte, or above `maximum`.
    @inline(__always)
    package static func parse(_ bytes: RawSpan, _ range: ByteRange, maximum: UInt64 = .max) -> UInt64? {
        guard !range.isEmpty else { return nil }
        var value: UInt64 = 0
        for i in range.indices {
            let digit = bytes[i] &- ASCII.zero
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value <= maximum ? value : nil
    }

    /// A number as providers write it in a header: blanks around it, a sign, a fraction. nil: not a number.
    /// No exponent, no infinity, no hexadecimal digits. Up to 15 digits it is the nearest value; longer ones may be off in the last place.
    package static func parseNumber(_ bytes: RawSpan, _ range: ByteRange) -> Double? {
        let trimmed = bytes.trimmed(range.lowerBound, range.upperBound)
        var i = trimmed.lowerBound
        let end = trimmed.upperBound
        var isNegative = false
        if i < end, bytes[i] == 0x2D || bytes[i] == 0x2B {
            isNegative = bytes[i] == 0x2D
            i += 1
        }
        var value = 0.0
        var scale = 1.0
        var digits = 0
        var isFraction = false
        while i < end {
            let byte = bytes[i]
            i += 1
            if byte == ASCII.dot, !isFraction {
                isFraction = true
                continue
            }
            guard ASCII.isDigit(byte) else { return nil }
            digits += 1
            // further digits of a fraction say nothing, and would make the scale infinite
            if isFraction, scale == 1e18 { continue }
            if isFraction { scale *= 10 }
            value = value * 10 + Double(byte &- ASCII.zero)
        }
        // a line full of digits is a number, but no finite one
        guard digits > 0, value.isFinite else { return nil }
        return (isNegative ? -value : value) / scale
    }

    /// Writes `value` at `offset` of `buffer` and returns the offset behind it. The buffer has room for `maximumBytes`
    /// from `offset` on, or for as many digits as the caller knows that the value has.
    @inline(__always)
    package static func write(_ value: UInt64, to buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        let end = offset + count(value)
        precondition(offset >= 0 && end <= buffer.count, "no room for a number")
        var rest = value
        var i = end
        repeat {
            i -= 1
            unsafe buffer[i] = ASCII.zero + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        return end
    }

    /// How many digits `value` has.
    package static func count(_ value: UInt64) -> Int {
        var digits = 1
        var rest = value
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        return digits
    }
}
