/// Sets of code points that a pattern can name.
enum NamedSets {
    /// `\d` and so on: ASCII only, as in RE2.
    static func perl(_ letter: Unicode.Scalar) -> ScalarSet? {
        switch letter {
        case "d": ScalarSet([0x30...0x39])
        case "s": ScalarSet([0x09...0x0a, 0x0c...0x0d, 0x20...0x20])
        case "w": ScalarSet([0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a])
        default: nil
        }
    }

    /// `[:name:]`.
    static func posix(_ name: String) -> ScalarSet? {
        switch name {
        case "alnum": ScalarSet([0x30...0x39, 0x41...0x5a, 0x61...0x7a])
        case "alpha": ScalarSet([0x41...0x5a, 0x61...0x7a])
        case "ascii": ScalarSet([0x00...0x7f])
        case "blank": ScalarSet([0x09...0x09, 0x20...0x20])
        case "cntrl": ScalarSet([0x00...0x1f, 0x7f...0x7f])
        case "digit": ScalarSet([0x30...0x39])
        case "graph": ScalarSet([0x21...0x7e])
        case "lower": ScalarSet([0x61...0x7a])
        case "print": ScalarSet([0x20...0x7e])
        case "punct": ScalarSet([0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e])
        case "space": ScalarSet([0x09...0x0d, 0x20...0x20])
        case "upper": ScalarSet([0x41...0x5a])
        case "word": ScalarSet([0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a])
        case "xdigit": ScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66])
        default: nil
        }
    }

    /// A general category of Unicode by its short name, or `Any`. Scripts are not known.
    static func unicode(_ name: String) -> ScalarSet? { name == "Any" ? .all : categories[name] }

    /// Read once from the standard library's properties, when the first pattern asks.
    private static let categories: [String: ScalarSet] = {
        var ranges: [String: [ClosedRange<UInt32>]] = ["Cs": [0xd800...0xdfff]]
        var start: UInt32 = 0
        var current: Unicode.GeneralCategory?
        for value in 0...ScalarSet.last + 1 {
            let category = Unicode.Scalar(value)?.properties.generalCategory
            guard category != current || value == ScalarSet.last + 1 else { continue }
            if let name = current.flatMap(shortName) { ranges[name, default: []].append(start...value - 1) }
            (start, current) = (value, category)
        }
        for (name, list) in ranges { ranges[String(name.prefix(1)), default: []] += list }
        return ranges.mapValues { ScalarSet($0) }
    }()

    private static func shortName(_ category: Unicode.GeneralCategory) -> String? {
        switch category {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .privateUse: "Co"
        default: nil // unassigned code points belong to no category that RE2 knows
        }
    }
}
