import Proxy
import RoutingTable
import TestSupport

/// A token as it is shown, and, for what a mutation of base64url seldom reaches, one that is made of three parts: a header,
/// claims and a signature, a NUL byte behind the first two. The same bytes are read as a key set too.
struct TokenFuzz: FuzzBody, ~Copyable {
    private let memory = GuardedBytes(capacity: 1 << 16)
    /// RFC 7515, appendix A.3.
    private static let signed =
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    private static let keySet = """
        {"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}
        """
    private let keys = KeySet(json: Array(Self.keySet.utf8))!

    mutating func run(_ input: [UInt8]) throws(Finding) {
        guard input.count <= 1 << 14 else { return }
        try read(input)
        let parts = input.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        if parts.count == 3 { try read(Array(parts.map { Self.encode($0) }.joined(separator: [UInt8(ascii: ".")]))) }
        _ = KeySet(json: input)
        _ = KeySet(pem: input)
    }

    private func read(_ token: [UInt8]) throws(Finding) {
        guard token.count <= 1 << 16 else { return }
        let view = memory.view(token)
        guard let jws = Self.parsed(view) else { return }
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        try check(parts.count == 3, "\(parts.count) parts were taken for a signed token")
        try check(jws.signedBytes == parts[0].count + 1 + parts[1].count, "other bytes are signed than header, dot and claims")
        try check(Self.encode(jws.signature[...]) == Array(parts[2]), "two texts stand for one signature")
        let isAsSigned = token.prefix(jws.signedBytes).elementsEqual(Self.signed.utf8)
        try check(isAsSigned || KeySet.verify(view, jws, with: [keys]) != .passed, "forged: \(token.shown)")
        if let claims = Self.claims(jws) {
            let (from, until) = claims.acceptedMillis
            // the year 9999 and the leeway
            try check(from <= 253_402_300_799_000 && until <= 253_402_300_859_000, "in force from \(from) to \(until)")
        }
    }

    private static func parsed(_ token: Bytes) -> CompactJWS? {
        do throws(TokenFault) { return try CompactJWS(token) } catch { return nil }
    }

    private static func claims(_ jws: CompactJWS) -> TokenClaims? {
        do throws(TokenFault) { return try TokenClaims(jws.claims) } catch { return nil }
    }

    /// base64url without padding.
    private static func encode(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var text: [UInt8] = []
        var bits = 0, held = 0
        for byte in bytes {
            bits = (bits << 8 | Int(byte)) & 0xffff
            held += 8
            while held >= 6 {
                held -= 6
                text.append(alphabet[bits >> held & 63])
            }
        }
        if held > 0 { text.append(alphabet[bits << (6 - held) & 63]) }
        return text
    }
}
