import COpenSSL
import RoutingTable

/// SHA-256 of a token: what stands for it in memory, so that no token does.
struct TokenDigest: BitwiseCopyable, Equatable {
    private var words = InlineArray<4, UInt64>(repeating: 0)

    init(_ token: Bytes) {
        // 32 bytes are written, which any four words are.
        unsafe withUnsafeMutableBytes(of: &words) { unsafe sha256_digest(token.base, token.count, $0.baseAddress!.assumingMemoryBound(to: UInt8.self)) }
    }

    init() {}

    /// As good a hash as any of its bits.
    var hash: UInt64 { words[0] }

    static func == (a: TokenDigest, b: TokenDigest) -> Bool {
        a.words[0] == b.words[0] && a.words[1] == b.words[1] && a.words[2] == b.words[2] && a.words[3] == b.words[3]
    }
}
