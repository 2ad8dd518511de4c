import RoutingTable
import Testing

@Suite("Digests")
struct EmitDigestTests {
    @Test("SHA-256 of FIPS 180-2, appendix B.1, and of nothing")
    func vectors() {
        #expect(Digest(of: Bytes("abc").span).hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Digest(of: Bytes.empty.span).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("In parts as at once")
    func parts() {
        var hasher = DigestHasher()
        hasher.update(Bytes("a").span)
        hasher.update(Bytes("bc").span)
        #expect(hasher.finish() == Digest(of: Bytes("abc").span))
    }
}
