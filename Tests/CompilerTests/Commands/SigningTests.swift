import Compiler
import Foundation
import RoutingTable
import Testing

@Suite("Signing tables")
struct SigningTests {
    private func sign(_ bytes: [UInt8], _ key: borrowing PrivateKey) throws -> [UInt8] {
        let header = try MappedTable(bytes: bytes).header
        return try SignedTable.sign(bytes, under: header, with: key)
    }

    @Test("A signature fits its table and its key, and no other; signing again replaces it")
    func fits() throws {
        let key = try PrivateKey(), other = try PrivateKey()
        let bytes = try ExampleTables.bytes("chat")
        let signed = try sign(bytes, key)
        #expect(signed.count == bytes.count + TableSignature.byteCount)
        #expect(signed.starts(with: bytes))
        let mapped = try MappedTable(bytes: signed)
        let signature = try #require(mapped.header.signature)
        let open = try PublicKey(pem: key.publicPEM())
        let digest = mapped.header.digest, otherDigest = try ExampleTables.mapped("weights").header.digest
        // The macro cannot take what is not copyable.
        let (own, otherTable) = (open.verifies(signature, of: digest), open.verifies(signature, of: otherDigest))
        let foreign = try PublicKey(pem: other.publicPEM()).verifies(signature, of: digest)
        #expect(own && !otherTable && !foreign)
        let (again, replaced) = (try sign(signed, key), try sign(signed, other))
        #expect(again == signed) // Ed25519 is deterministic
        #expect(replaced.count == signed.count)
        let (read, made) = (try PrivateKey(pem: key.pem()).id, key.id)
        #expect(read == made)
        let fileBytes = mapped.header.fileBytes
        #expect(fileBytes == bytes.count)
    }

    @Test("Anything else behind a table is refused")
    func trailers() throws {
        let bytes = try ExampleTables.bytes("chat")
        let signed = try sign(bytes, try PrivateKey())
        for bad in [bytes + [0], bytes + Array(repeating: 0, count: 96), signed + [0], Array(signed.dropLast()), signed + signed.suffix(96)] {
            #expect(throws: TableFault.self) { _ = try MappedTable(bytes: bad) }
        }
        for offset in 0..<16 { // magic, version, algorithm, reserved
            var bad = signed
            bad[bytes.count + offset] ^= 1
            #expect(throws: TableFault.self, "byte \(offset)") { _ = try MappedTable(bytes: bad) }
        }
        for offset in [16, 31, 32, 95] { // key id and signature: well-formed, but they do not fit
            var bad = signed
            bad[bytes.count + offset] ^= 1
            let (found, good) = (try MappedTable(bytes: bad).header.signature, try MappedTable(bytes: signed).header.signature)
            #expect(found != nil && found != good)
        }
    }

    @Test("What is no Ed25519 key is refused", arguments: ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
    func badKeys(_ text: String) {
        #expect(throws: KeyFault.self) { _ = try PublicKey(pem: Array(text.utf8)) }
        #expect(throws: KeyFault.self) { _ = try PrivateKey(pem: Array(text.utf8)) }
    }
}
