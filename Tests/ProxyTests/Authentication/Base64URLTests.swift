import RoutingTable
import TestSupport
import Testing

@testable import Proxy

@Suite("base64url, as tokens have it")
struct Base64URLTests {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var bits = 0, held = 0
        for byte in bytes {
            bits = bits << 8 | Int(byte)
            held += 8
            while held >= 6 {
                held -= 6
                text.append(alphabet[bits >> held & 63])
            }
            bits &= 255
        }
        if held > 0 { text.append(alphabet[bits << (6 - held) & 63]) }
        return String(decoding: text, as: UTF8.self)
    }

    @Test("RFC 4648, section 10, without padding")
    func knownTexts() {
        for (text, bytes) in [("", ""), ("Zg", "f"), ("Zm8", "fo"), ("Zm9v", "foo"), ("Zm9vYg", "foob"), ("Zm9vYmE", "fooba"), ("Zm9vYmFy", "foobar")] {
            #expect(Base64URL.decode(text) == Array(bytes.utf8))
        }
        #expect(Base64URL.decode("-_8") == [0xfb, 0xff])
    }

    @Test("What was encoded comes back")
    func roundTrip() {
        var random = SystemRandomNumberGenerator()
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(Base64URL.decode(Self.encode(bytes)) == bytes, "\(bytes)")
        }
    }

    @Test("Padding, other alphabets, blanks and impossible lengths are refused", arguments: ["Zg==", "Zm8=", "+_8", "/_8", "Z m8", "Zm8\n", "Z", "Zm9vY", "Zm9v.", "Zß"])
    func refused(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test("One text for one value: the bits that stand for nothing are 0")
    func unusedBits() {
        let two = Self.alphabet.filter { Base64URL.decode("Z\(Character(Unicode.Scalar($0)))") != nil }
        #expect(two.count == 4)
        let three = Self.alphabet.filter { Base64URL.decode("Zm\(Character(Unicode.Scalar($0)))") != nil }
        #expect(three.count == 16)
    }

    @Test("Nothing is read beyond the text")
    func guardPage() {
        let guarded = GuardedBytes(capacity: 64)
        for count in 0..<40 {
            let text = [UInt8](repeating: UInt8(ascii: "A"), count: count)
            unsafe guarded.ending(text).withUnsafeBytes { unsafe #expect((Base64URL.decode(Bytes($0)) == nil) == (count % 4 == 1)) }
        }
    }
}
