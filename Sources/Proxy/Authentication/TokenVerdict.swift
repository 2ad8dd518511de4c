import RoutingTable

/// A caller's name, as far as it is kept.
struct Subject: BitwiseCopyable, Equatable {
    private(set) var count: UInt8 = 0
    private var bytes = InlineArray<64, UInt8>(repeating: 0)

    init() {}

    /// A longer text is cut, between two characters.
    init(_ text: String) {
        for character in text {
            let encoded = Array(String(character).utf8)
            guard Int(count) + encoded.count <= Limits.subjectBytes else { return }
            for byte in encoded {
                bytes[Int(count)] = byte
                count += 1
            }
        }
    }

    func withBytes(_ body: (Bytes) -> Void) {
        unsafe withUnsafeBytes(of: bytes) { unsafe body(Bytes(UnsafeRawBufferPointer(rebasing: $0[0..<Int(count)]))) }
    }

    var text: String { String(decoding: (0..<Int(count)).map { bytes[$0] }, as: UTF8.self) }

    static func == (a: Subject, b: Subject) -> Bool { a.text == b.text }
}

/// What was found out about a token, and for how long that holds.
struct TokenVerdict: BitwiseCopyable, Equatable {
    var result: AuthenticationResult
    /// Milliseconds since 1970: from when on, and until before when.
    var fromMillis: Int64
    var untilMillis: Int64
    /// Hash of the claim by which the route's pool keeps requests together; nil: there is none.
    var claimHash: UInt64?
    var subject = Subject()

    /// Not to be looked at again for a while.
    init(refused result: AuthenticationResult, nowMillis: Int64, untilMillis: Int64 = .max) {
        self.result = result
        fromMillis = nowMillis
        self.untilMillis = min(untilMillis, nowMillis + Limits.badTokenMillis)
    }

    init(passed claims: TokenClaims, claimHash: UInt64?) {
        result = .passed
        (fromMillis, untilMillis) = claims.acceptedMillis
        self.claimHash = claimHash
        subject = claims.subject.map { Subject($0) } ?? Subject()
    }

    func holds(at nowMillis: Int64) -> Bool { fromMillis <= nowMillis && nowMillis < untilMillis }
}
