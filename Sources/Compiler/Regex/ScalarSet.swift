/// A set of code points (surrogates count, as in RE2: no valid text has them).
package struct ScalarSet: Equatable {
    static let last: UInt32 = 0x10ffff
    static let all = ScalarSet([0...last])

    /// Ascending, neither overlapping nor touching.
    package private(set) var ranges: [ClosedRange<UInt32>]

    init(_ ranges: [ClosedRange<UInt32>]) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let previous = merged.last, range.lowerBound <= previous.upperBound + 1 {
                merged[merged.count - 1] = previous.lowerBound...max(previous.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    init(_ scalar: Unicode.Scalar) { ranges = [scalar.value...scalar.value] }

    /// All other code points.
    var inverted: ScalarSet {
        var out: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { out.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= Self.last { out.append(next...Self.last) }
        return ScalarSet(out)
    }

    func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

    /// With every code point that differs from one of these in case only.
    var caseFolded: ScalarSet {
        var out = ranges
        for range in ranges {
            if range.lowerBound < 0x80 { out += Self.foldedASCII(range) }
            if range.upperBound >= 0x80 {
                for (scalar, others) in CaseFolding.others where range.contains(scalar) { out += others.map { $0...$0 } }
            }
        }
        return ScalarSet(out)
    }

    private static func foldedASCII(_ range: ClosedRange<UInt32>) -> [ClosedRange<UInt32>] {
        var out: [ClosedRange<UInt32>] = []
        for scalar in range.lowerBound...min(range.upperBound, 0x7f) {
            let lower = scalar | 0x20
            guard (0x61...0x7a).contains(lower) else { continue }
            out.append((scalar ^ 0x20)...(scalar ^ 0x20))
            if lower == 0x6b { out.append(0x212a...0x212a) } // KELVIN SIGN
            if lower == 0x73 { out.append(0x17f...0x17f) } // LATIN SMALL LETTER LONG S
        }
        return out
    }
}

/// Which code points differ in case only: Unicode's simple case folding, from the standard library's properties.
private enum CaseFolding {
    /// Of code points from 0x80 on: all others that fold to the same.
    static let others: [UInt32: [UInt32]] = {
        var groups: [UInt32: [UInt32]] = [:]
        var folds: [(UInt32, UInt32)] = []
        for value in UInt32(0x41)...0x1e943 {
            guard let scalar = Unicode.Scalar(value), let fold = fold(scalar) else { continue }
            folds.append((value, fold))
        }
        for (value, fold) in folds { groups[fold, default: []].append(value) }
        var others: [UInt32: [UInt32]] = [:]
        for (fold, members) in groups {
            let orbit = Set(members + [fold])
            for member in orbit where member >= 0x80 { others[member] = orbit.filter { $0 != member } }
        }
        return others
    }()

    /// The lower case of the upper case, where each is one code point; nil: there is none.
    private static func fold(_ scalar: Unicode.Scalar) -> UInt32? {
        if scalar.value == 0x130 || scalar.value == 0x131 { return nil } // Turkish i: folds only with a locale
        let properties = scalar.properties
        guard properties.changesWhenUppercased || properties.changesWhenLowercased || properties.changesWhenTitlecased else { return nil }
        let upper = single(properties.uppercaseMapping) ?? scalar
        return (single(upper.properties.lowercaseMapping) ?? upper).value
    }

    private static func single(_ text: String) -> Unicode.Scalar? {
        let scalars = text.unicodeScalars
        return scalars.count == 1 ? scalars.first : nil
    }
}
