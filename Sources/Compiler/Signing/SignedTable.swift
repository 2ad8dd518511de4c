import RoutingTable

/// A table's bytes with a signature behind them.
package enum SignedTable {
    /// The file, signed; an older signature is replaced.
    ///
    /// - Parameter header: of the validated table that `file` holds.
    package static func sign(_ file: [UInt8], under header: TableHeader, with key: borrowing PrivateKey) throws(KeyFault) -> [UInt8] {
        precondition(file.count >= header.fileBytes)
        return try Array(file.prefix(header.fileBytes)) + key.sign(header.digest).trailer
    }
}

/// Lower-case hex, two digits a byte.
package func hexText(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
