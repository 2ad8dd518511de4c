import FoundationEssentials

/// JSON for files that are compared byte for byte.
package enum StableJSON {
    /// Sorted keys, an indent of two blanks, slashes as they are, a line feed at the end.
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(value)) + [UInt8(ascii: "\n")]
    }
}
