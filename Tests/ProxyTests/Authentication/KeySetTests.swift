import Testing

@testable import Proxy

@Suite("Key sets")
struct KeySetTests {
    private static func keys(_ jwks: String...) -> KeySet? { KeySet(json: Array("{\"keys\":[\(jwks.joined(separator: ","))]}".utf8)) }

    private static func ec(_ members: String) -> String { TokenVectorTests.ecKey.dropLast() + ",\(members)}" }

    @Test("What is no JWK Set is none", arguments: ["", "null", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[]} x"#, #"{"keys":[],"keys":[]}"#])
    func noSet(text: String) {
        #expect(KeySet(json: Array(text.utf8)) == nil)
    }

    @Test("Keys that are not for this are left out, the others count")
    func leftOut() throws {
        let set = try #require(Self.keys(
            TokenVectorTests.ecKey, TokenVectorTests.rsaKey, TokenVectorTests.edKey, #"{"kty":"oct","k":"c2VjcmV0"}"#, #"{"kty":"new"}"#, "{}", "7"))
        #expect(set.keys.map(\.algorithms) == [.p256, .rsa, .ed25519])
        #expect(set.ignored == 3)
    }

    @Test(
        "use, key_ops and alg limit a key",
        arguments: [
            (#""use":"sig""#, true), (#""use":"enc""#, false), (#""use":1"#, false), (#""key_ops":["verify"]"#, true), (#""key_ops":["sign"]"#, false),
            (#""alg":"ES256""#, true), (#""alg":"ES384""#, false), (#""alg":"HS256""#, false), (#""alg":"none""#, false), (#""kid":7"#, false), (#""kid":"a""#, true),
        ])
    func limits(members: String, isUsable: Bool) throws {
        #expect(try #require(Self.keys(Self.ec(members))).keys.isEmpty == !isUsable)
    }

    @Test("A key that is short, odd or not on its curve is none")
    func unsound() throws {
        let modulus = Base64URLTests.encode([UInt8](repeating: 0xff, count: 128)), long = Base64URLTests.encode([UInt8](repeating: 0xff, count: 256))
        let zero = Base64URLTests.encode([UInt8](repeating: 0, count: 32))
        for jwk in [
            #"{"kty":"RSA","e":"AQAB","n":"\#(modulus)"}"#, #"{"kty":"RSA","e":"AQ","n":"\#(long)"}"#, #"{"kty":"RSA","e":"AQAA","n":"\#(long)"}"#,
            #"{"kty":"RSA","n":"\#(long)"}"#, #"{"kty":"EC","crv":"P-256","x":"\#(zero)","y":"\#(zero)"}"#, #"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#,
            #"{"kty":"EC","crv":"P-521","x":"\#(zero)","y":"\#(zero)"}"#, #"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#, #"{"kty":"OKP","crv":"X25519","x":"\#(zero)"}"#,
        ] { #expect(try #require(Self.keys(jwk)).keys.isEmpty, "\(jwk)") }
    }

    @Test("No more keys than there is room for")
    func many() throws {
        let jwks = (0..<(Limits.keysPerSet + 5)).map { Self.ec("\"kid\":\"\($0)\"") }
        let set = try #require(KeySet(json: Array("{\"keys\":[\(jwks.joined(separator: ","))]}".utf8)))
        #expect(set.keys.count == Limits.keysPerSet)
        #expect(set.ignored == 5)
    }

    @Test("PEM that holds no key holds no key")
    func pem() {
        #expect(KeySet(pem: []).keys.isEmpty)
        #expect(KeySet(pem: Array("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n".utf8)).keys.isEmpty)
    }
}
