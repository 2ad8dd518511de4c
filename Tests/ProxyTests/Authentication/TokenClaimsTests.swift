import Testing

@testable import Proxy

@Suite("Claims")
struct TokenClaimsTests {
    private static func claims(_ members: String) throws -> TokenClaims {
        try TokenClaims(#require(StrictJSON(Array(#"{"iss":"i","exp":10\#(members.isEmpty ? "" : ",")\#(members)}"#.utf8))))
    }

    private static func fault(_ object: String) throws -> AuthenticationResult? {
        let json = try #require(StrictJSON(Array(object.utf8)))
        do throws(TokenFault) {
            _ = try TokenClaims(json)
            return nil
        } catch { return error.result }
    }

    @Test("60 seconds of leeway on both sides, to the millisecond")
    func leeway() throws {
        let claims = try Self.claims(#""nbf":1.0005"#)
        #expect(claims.acceptedMillis.from == 1_000 - 60_000)
        #expect(claims.acceptedMillis.until == 70_000)
        let verdict = TokenVerdict(passed: claims, claimHash: nil)
        #expect(verdict.holds(at: 69_999) && !verdict.holds(at: 70_000))
        #expect(verdict.holds(at: -59_000) && !verdict.holds(at: -59_001))
    }

    @Test("An audience is one or several; a subject of another kind is none")
    func audience() throws {
        #expect(try Self.claims("").audiences == [])
        #expect(try Self.claims(#""aud":"a""#).audiences == ["a"])
        #expect(try Self.claims(#""aud":["a","b"]"#).audiences == ["a", "b"])
        #expect(try Self.claims(#""sub":7"#).subject == nil)
        #expect(try Self.claims(#""sub":"s""#).subject == "s")
    }

    @Test(
        "Claims of the wrong kind",
        arguments: [
            (#"{"iss":"i"}"#, AuthenticationResult.malformed), (#"{"exp":1}"#, .issuer), (#"{"iss":1,"exp":1}"#, .issuer), (#"{"iss":"i","exp":"1"}"#, .malformed),
            (#"{"iss":"i","exp":null}"#, .malformed), (#"{"iss":"i","exp":1e300}"#, .malformed), (#"{"iss":"i","exp":-1e300}"#, .malformed),
            (#"{"iss":"i","exp":1,"nbf":"0"}"#, .malformed), (#"{"iss":"i","exp":1,"nbf":1e18}"#, .malformed), (#"{"iss":"i","exp":1,"aud":7}"#, .malformed),
            (#"{"iss":"i","exp":1,"aud":["a",7]}"#, .malformed),
        ])
    func wrong(object: String, result: AuthenticationResult) throws {
        #expect(try Self.fault(object) == result)
    }
}
