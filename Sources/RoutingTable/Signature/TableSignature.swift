import CTable

/// The signature that may follow a table (FORMAT.md, "Signature"): well-formed, not yet compared with a key.
package struct TableSignature: Equatable, Sendable {
    package static let byteCount = MemoryLayout<rtbl_signature>.size
    package static let keyIDBytes = 16
    package static let signatureBytes = 64
    private static let keyIDOffset = 16

    /// Says which key made it: the first half of SHA-256 over the public key.
    package let keyID: [UInt8]
    /// Ed25519, over the 32 bytes of the table's digest.
    package let bytes: [UInt8]

    package init(keyID: [UInt8], bytes: [UInt8]) {
        precondition(keyID.count == Self.keyIDBytes && bytes.count == Self.signatureBytes)
        (self.keyID, self.bytes) = (keyID, bytes)
    }

    /// - Parameter trailer: what follows the table, `byteCount` bytes; `offset` is where, for the message.
    init(trailer: Bytes, at offset: Int) throws(TableFault) {
        precondition(trailer.count == Self.byteCount)
        guard trailer.word(at: 0) == RTBL_SIGNATURE_MAGIC else {
            throw TableFault("\(trailer.count) bytes follow the table, which are no signature", at: offset)
        }
        let fields = trailer.word(at: 8)
        guard fields & 0xffff == UInt64(RTBL_SIGNATURE_VERSION), fields >> 16 & 0xffff == UInt64(RTBL_SIGNATURE_ED25519) else {
            throw TableFault("the signature is of version \(fields & 0xffff), algorithm \(fields >> 16 & 0xffff); this program knows version 1, algorithm 1", at: offset + 8)
        }
        guard fields >> 32 == 0 else { throw TableFault("a reserved field of the signature is not 0", at: offset + 12) }
        let signatureOffset = Self.keyIDOffset + Self.keyIDBytes
        keyID = trailer[Self.keyIDOffset..<signatureOffset].copied
        bytes = trailer.from(signatureOffset).copied
    }

    /// The trailer as it stands in a file.
    package var trailer: [UInt8] {
        var trailer: [UInt8] = []
        trailer.reserveCapacity(Self.byteCount)
        func append(_ value: some FixedWidthInteger & UnsignedInteger) {
            for shift in stride(from: 0, to: value.bitWidth, by: 8) { trailer.append(UInt8(truncatingIfNeeded: value >> shift)) }
        }
        append(RTBL_SIGNATURE_MAGIC)
        append(UInt16(RTBL_SIGNATURE_VERSION))
        append(UInt16(RTBL_SIGNATURE_ED25519))
        append(UInt32(0))
        return trailer + keyID + bytes
    }
}
