import RoutingTable
import TestSupport
import Testing

@testable import Proxy

/// The examples of RFC 7515, appendix A.2 and A.3, and RFC 8037, appendix A.4.
@Suite("Signatures that others have made")
struct TokenVectorTests {
    static let claims = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    static let rs256 = "eyJhbGciOiJSUzI1NiJ9.\(claims)."
        + "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"
        + "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"
        + "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    static let rsaKey = #"{"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR"#
        + "T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xs"
        + #"mtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}"#
    static let es256 = "eyJhbGciOiJFUzI1NiJ9.\(claims).DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    static let ecKey = #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#
    static let edKey = #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#

    /// The result of a token at the only key of an issuer.
    private static func verify(_ token: String, _ jwk: String) throws -> AuthenticationResult {
        let set = try #require(KeySet(json: Array(#"{"keys":[\#(jwk)]}"#.utf8)))
        return unsafe Array(token.utf8).withUnsafeBytes { buffer in
            let bytes = unsafe Bytes(buffer)
            do throws(TokenFault) { return KeySet.verify(bytes, try CompactJWS(bytes), with: [set]) } catch { return error.result }
        }
    }

    @Test("RS256 and ES256 verify, and their claims are read")
    func verified() throws {
        #expect(try Self.verify(Self.rs256, Self.rsaKey) == .passed)
        #expect(try Self.verify(Self.es256, Self.ecKey) == .passed)
        try unsafe Array(Self.es256.utf8).withUnsafeBytes { buffer in
            let claims = try TokenClaims(CompactJWS(unsafe Bytes(buffer)).claims)
            #expect(claims.issuer == "joe")
            #expect(claims.expiresAtMillis == 1_300_819_380_000)
            #expect(claims.acceptedMillis.until == 1_300_819_440_000)
            #expect(claims.acceptedMillis.from == .min)
        }
    }

    @Test("Ed25519 verifies")
    func edwards() throws {
        let key = try #require(StrictJSON(Array(Self.edKey.utf8)).flatMap { VerificationKey.make($0) })
        let signature = try #require(Base64URL.decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"))
        #expect(key.verifies(signature, over: Bytes("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"), .edDSA))
        #expect(!key.verifies(signature, over: Bytes("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmd"), .edDSA))
        #expect(!key.verifies(signature, over: Bytes("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"), .es256))
        #expect(!key.verifies(Array(signature.dropLast()), over: Bytes("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"), .edDSA))
    }

    @Test("A key of another kind never verifies")
    func confusion() throws {
        #expect(try Self.verify(Self.rs256, Self.ecKey) == .missingKeyID)
        #expect(try Self.verify(Self.es256, Self.rsaKey) == .missingKeyID)
    }

    @Test("Every bit of a token counts")
    func everyBit() throws {
        let set = try #require(KeySet(json: Array(#"{"keys":[\#(Self.ecKey)]}"#.utf8)))
        var token = Array(Self.es256.utf8)
        for position in token.indices {
            for bit in 0..<8 {
                token[position] ^= 1 << UInt8(bit)
                let result = unsafe token.withUnsafeBytes { buffer -> AuthenticationResult in
                    let bytes = unsafe Bytes(buffer)
                    do throws(TokenFault) { return KeySet.verify(bytes, try CompactJWS(bytes), with: [set]) } catch { return error.result }
                }
                #expect(result != .passed, "byte \(position), bit \(bit)")
                token[position] ^= 1 << UInt8(bit)
            }
        }
    }

    @Test("Every cut of a token is refused, and nothing is read behind it")
    func cuts() {
        let guarded = GuardedBytes(capacity: 4_096)
        for token in [Self.es256, Self.rs256].map({ Array($0.utf8) }) {
            for count in 0..<token.count {
                let text = Array(token[..<count])
                let isRefused = unsafe guarded.ending(text).withUnsafeBytes { buffer -> Bool in
                    do throws(TokenFault) {
                        let jws = try CompactJWS(unsafe Bytes(buffer))
                        return jws.signature.count < 64
                            || jws.signature.count < 256 && jws.algorithm == .rs256
                    } catch { return true }
                }
                #expect(isRefused, "\(count) bytes")
            }
        }
    }

    @Test("An ECDSA signature has exactly two numbers of the curve's length, and becomes DER")
    func der() {
        #expect(VerificationKey.derSignature([1, 2, 3, 4], coordinateBytes: 2) == [0x30, 8, 2, 2, 1, 2, 2, 2, 3, 4])
        #expect(VerificationKey.derSignature([0, 0, 0x80, 0], coordinateBytes: 2) == [0x30, 8, 2, 1, 0, 2, 3, 0, 0x80, 0])
        #expect(VerificationKey.derSignature([0, 0x7f, 0, 0xff], coordinateBytes: 2) == [0x30, 7, 2, 1, 0x7f, 2, 2, 0, 0xff])
        for count in [0, 1, 3, 5, 6] { #expect(VerificationKey.derSignature(Array(repeating: 1, count: count), coordinateBytes: 2) == nil) }
        let longest = VerificationKey.derSignature(Array(repeating: 0xff, count: 96), coordinateBytes: 48)
        #expect(longest?.count == 2 + 2 * (2 + 49))
    }
}
