import RoutingTable

/// What instances tell each other over the channel, as text:
///
///     1 SENDER s TARGET MILLIS TARGET MILLIS …    suspended for so long from now on
///     1 SENDER r TARGET MILLIS TARGET MILLIS …    resumed by hand so long ago
///
/// The version, then who sends, and targets by their identity, each 16 lower-case hexadecimal digits. Clocks of hosts
/// differ, so no time of day travels.
package struct SuspensionMessage: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var target: UInt64
        package var millis: UInt64

        package init(target: UInt64, millis: UInt64) { (self.target, self.millis) = (target, millis) }
    }

    package var sender: UInt64
    package var isResumption: Bool
    package var entries: [Entry]

    package init(sender: UInt64, isResumption: Bool, entries: [Entry]) {
        (self.sender, self.isResumption, self.entries) = (sender, isResumption, entries)
    }

    /// nil: it is not one of ours, or longer than one may be.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= Limits.redisMessageBytes else { return nil }
        let words = bytes.split(separator: ASCII.space, omittingEmptySubsequences: false)
        guard words.count >= 5, words.count % 2 == 1, words[0].elementsEqual("1".utf8), let sender = Self.identity(words[1]) else { return nil }
        let isResumption = words[2].elementsEqual("r".utf8)
        guard isResumption || words[2].elementsEqual("s".utf8), (words.count - 3) / 2 <= Limits.suspensionsOfMessage else { return nil }
        var entries: [Entry] = []
        for place in stride(from: 3, to: words.count, by: 2) {
            guard let target = Self.identity(words[place]), let millis = Self.millis(words[place + 1]) else { return nil }
            entries.append(Entry(target: target, millis: millis))
        }
        self.init(sender: sender, isResumption: isResumption, entries: entries)
    }

    /// As Redis' script writes it.
    package var bytes: [UInt8] {
        Array("1 \(hex(sender)) \(isResumption ? "r" : "s")".utf8) + entries.flatMap { Array(" \(hex($0.target)) \($0.millis)".utf8) }
    }

    /// 16 lower-case hexadecimal digits.
    static func identity(_ digits: some Collection<UInt8>) -> UInt64? {
        guard digits.count == 16 else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard let four = ASCII.hexValue(digit), digit == ASCII.lowercased(digit) else { return nil }
            value = value << 4 | UInt64(four)
        }
        return value
    }

    /// Up to the longest suspension that there is.
    static func millis(_ digits: some Collection<UInt8>) -> UInt64? {
        guard (1...13).contains(digits.count), digits.allSatisfy(ASCII.isDigit) else { return nil }
        let value = digits.reduce(0) { $0 * 10 + UInt64($1 - ASCII.zero) }
        return value <= Limits.sharedSuspensionMillis ? value : nil
    }
}
