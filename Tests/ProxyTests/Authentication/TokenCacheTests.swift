import RoutingTable
import Testing

@testable import Proxy

@Suite("What a worker remembers of tokens")
struct TokenCacheTests {
    private static let context = TokenContext(snapshot: 1, keys: 1, authentication: 0, scheme: 0, claim: 0)

    private static func digest(_ text: String) -> TokenDigest { unsafe Array(text.utf8).withUnsafeBytes { unsafe TokenDigest(Bytes($0)) } }

    private static func passed(until seconds: Int) throws -> TokenVerdict {
        let claims = try #require(StrictJSON(Array(#"{"iss":"i","exp":\#(seconds),"sub":"s"}"#.utf8)))
        return TokenVerdict(passed: try TokenClaims(claims), claimHash: 7)
    }

    @Test("A good token is known until its end, leeway included, and not a millisecond longer")
    func end() throws {
        var cache = TokenCache()!
        let digest = Self.digest("token")
        #expect(cache.find(digest, Self.context, nowMillis: 0) == nil)
        cache.remember(digest, Self.context, try Self.passed(until: 1_000))
        let known = cache.find(digest, Self.context, nowMillis: 1_059_999)
        #expect(known?.result == .passed)
        #expect(known?.claimHash == 7)
        #expect(known?.subject.text == "s")
        #expect(cache.find(digest, Self.context, nowMillis: 1_060_000) == nil)
        #expect(cache.find(Self.digest("tokem"), Self.context, nowMillis: 0) == nil)
    }

    @Test("A bad token is known for ten seconds, and for no longer than it is too early")
    func badTokens() throws {
        var cache = TokenCache()!
        cache.remember(Self.digest("bad"), Self.context, TokenVerdict(refused: .signature, nowMillis: 1_000))
        #expect(cache.find(Self.digest("bad"), Self.context, nowMillis: 10_999)?.result == .signature)
        #expect(cache.find(Self.digest("bad"), Self.context, nowMillis: 11_000) == nil)
        cache.remember(Self.digest("early"), Self.context, TokenVerdict(refused: .early, nowMillis: 1_000, untilMillis: 1_500))
        #expect(cache.find(Self.digest("early"), Self.context, nowMillis: 1_499)?.result == .early)
        #expect(cache.find(Self.digest("early"), Self.context, nowMillis: 1_500) == nil)
        // a clock that is set back
        #expect(cache.find(Self.digest("bad"), Self.context, nowMillis: 999) == nil)
    }

    @Test("What was found out for another table, with other keys, or for another scheme or claim does not hold")
    func contexts() throws {
        var cache = TokenCache()!
        cache.remember(Self.digest("token"), Self.context, try Self.passed(until: 1_000))
        for change in [
            { (context: inout TokenContext) in context.snapshot = 2 }, { $0.keys = 2 }, { $0.authentication = 1 }, { $0.scheme = 1 }, { $0.claim = 1 },
        ] as [(inout TokenContext) -> Void] {
            var other = Self.context
            change(&other)
            #expect(cache.find(Self.digest("token"), other, nowMillis: 0) == nil)
        }
    }

    @Test("A flood of bad tokens drives out no good one")
    func flood() throws {
        var cache = TokenCache(goodSets: 4, badSets: 4)!
        for number in 0..<4 { cache.remember(Self.digest("good \(number)"), Self.context, try Self.passed(until: 1_000)) }
        for number in 0..<10_000 { cache.remember(Self.digest("bad \(number)"), Self.context, TokenVerdict(refused: .signature, nowMillis: 0)) }
        for number in 0..<4 { #expect(cache.find(Self.digest("good \(number)"), Self.context, nowMillis: 0)?.result == .passed) }
    }

    @Test("In a full set the one that ends first makes room, and what holds no longer before any other")
    func replacement() throws {
        var cache = TokenCache(goodSets: 1, badSets: 1)!
        for number in 0..<4 { cache.remember(Self.digest("\(number)"), Self.context, try Self.passed(until: 1_000 + number)) }
        cache.remember(Self.digest("4"), Self.context, try Self.passed(until: 2_000))
        #expect((0..<5).map { cache.find(Self.digest("\($0)"), Self.context, nowMillis: 0) != nil } == [false, true, true, true, true])
        // the same token again takes no second place
        cache.remember(Self.digest("4"), Self.context, try Self.passed(until: 3_000))
        #expect((1..<5).allSatisfy { cache.find(Self.digest("\($0)"), Self.context, nowMillis: 0) != nil })
        var later = Self.context
        later.keys = 2
        cache.remember(Self.digest("5"), later, try Self.passed(until: 1_000))
        cache.remember(Self.digest("6"), later, try Self.passed(until: 1_001))
        #expect(cache.find(Self.digest("5"), later, nowMillis: 0) != nil)
        #expect(cache.find(Self.digest("6"), later, nowMillis: 0) != nil)
    }

    @Test("The digest is SHA-256, and a subject is cut between characters")
    func parts() throws {
        #expect(Self.digest("abc").hash == UInt64(bigEndian: 0xba78_16bf_8f01_cfea))
        #expect(Subject("ann").text == "ann")
        #expect(Subject(String(repeating: "é", count: 40)).text == String(repeating: "é", count: 32))
        #expect(Subject(String(repeating: "x", count: 63) + "é").text == String(repeating: "x", count: 63))
    }
}
