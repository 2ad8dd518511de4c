import RoutingTable
import TestSupport
import Testing
@testable import Compiler

@Suite("Normalising a request's path")
struct RequestPathTests {
    /// Path and trailing slash; nil if the path is refused. Input and scratch room end at guard pages.
    private static func normalise(_ raw: [UInt8]) -> (path: String, whole: [UInt8], hasTrailingSlash: Bool)? {
        let input = GuardedBytes(capacity: raw.count), scratch = GuardedBytes(capacity: raw.count)
        guard let path = unsafe RequestPath(input.view(raw), scratch: scratch.scratch(raw.count)) else { return nil }
        let result = (path.bytes.text, path.withTrailingSlash.copied, path.hasTrailingSlash)
        // Both rooms are read up to here.
        withExtendedLifetime(input) { _ in }
        withExtendedLifetime(scratch) { _ in }
        return result
    }

    @Test("Cases", arguments: [
        ("/", "", true), ("/a", "/a", false), ("/a/", "/a", true), ("/a/b/c", "/a/b/c", false),
        // Double slashes are segments like any other (RFC 3986, 3.3); one of them is a trailing slash.
        ("//", "/", true), ("/a//b", "/a//b", false), ("/a//", "/a/", true), ("//a", "//a", false),
        // Unreserved characters are decoded, and nothing else.
        ("/%61%7E%2d%2E%5f", "/a~-._", false), ("/%7e", "/~", false), ("/%41%5A%30%39", "/AZ09", false),
        ("/a%2Fb", "/a%2Fb", false), ("/a%2fb", "/a%2Fb", false), ("/%2f", "/%2F", false), ("/a%2F", "/a%2F", false),
        ("/%25", "/%25", false), ("/%252e", "/%252e", false), ("/%25%32%65", "/%252e", false), ("/%00%0d%0a%7f", "/%00%0D%0A%7F", false),
        ("/%c3%a9", "/%C3%A9", false), ("/%3F%23%20", "/%3F%23%20", false), ("/a:b@c!$&'()*+,;=", "/a:b@c!$&'()*+,;=", false),
        // Dot segments (RFC 3986, 5.2.4).
        ("/.", "", true), ("/..", "", true), ("/./", "", true), ("/../", "", true), ("/a/.", "/a", true), ("/a/./b", "/a/b", false),
        ("/a/..", "", true), ("/a/../b", "/b", false), ("/a/b/..", "/a", true), ("/a/b/../c", "/a/c", false), ("/a/b/../../..", "", true),
        ("/../../a", "/a", false), ("/a/b/c/./../../g", "/a/g", false), ("/a//../b", "/a/b", false), ("/a/..//b", "//b", false),
        ("/%2e", "", true), ("/%2E%2e/a", "/a", false), ("/a/%2e./b", "/b", false), ("/a/.%2e", "", true),
        // Not dot segments.
        ("/...", "/...", false), ("/.a", "/.a", false), ("/a.", "/a.", false), ("/..a/b..", "/..a/b..", false), ("/.%2F", "/.%2F", false), ("/..%2Fa", "/..%2Fa", false),
    ])
    func cases(raw: String, path: String, hasTrailingSlash: Bool) throws {
        let result = try #require(Self.normalise(Array(raw.utf8)))
        #expect(result.path == path)
        #expect(result.hasTrailingSlash == hasTrailingSlash)
        #expect(String(decoding: result.whole, as: UTF8.self) == path + (hasTrailingSlash ? "/" : ""))
    }

    @Test("A dot segment or an escape anywhere in a long path is seen")
    func longPaths() throws {
        for length in 10...70 {
            for place in 1..<length {
                var raw = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                raw[0] = UInt8(ascii: "/")
                raw[place] = UInt8(ascii: "/")
                let plain = try #require(Self.normalise(raw))
                #expect(plain.path == String(decoding: raw.dropLast(place == length - 1 ? 1 : 0), as: UTF8.self))
                let dotted = raw[0..<place] + Array("/./".utf8) + raw[(place + 1)...]
                #expect(try #require(Self.normalise(Array(dotted))).path == plain.path, "\(length), \(place)")
                let escaped = raw[0..<place] + Array("%61".utf8) + raw[(place + 1)...]
                #expect(try #require(Self.normalise(Array(escaped))).path.utf8.count == length, "\(length), \(place)")
            }
        }
    }

    @Test("A percent sign without two hexadecimal digits is refused", arguments: [
        "/%", "/%1", "/%%", "/%g0", "/%0g", "/a%", "/a%2", "/%2 ", "/%-1", "/%+1", "/%2%65", "/a/../%", "/%é",
    ])
    func refused(raw: String) { #expect(Self.normalise(Array(raw.utf8)) == nil) }

    @Test("Normalising again changes nothing, nothing grows, and nothing is written or read beyond the ends")
    func properties() throws {
        let seed = Seed(of: "request path")
        var random = seed.generator()
        let pieces = ["/", "/", "/", ".", "..", "%2e", "%2E", "%2F", "%2f", "%41", "%25", "a", "b.", "~", "%c3%a9", "é", "%", "%6", "\u{1}"]
        var refused = 0, shortened = 0
        for round in 0..<20_000 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
            let raw = Array(("/" + text).utf8)
            guard let once = Self.normalise(raw) else {
                refused += 1
                #expect(raw.contains(UInt8(ascii: "%")), "\(text), round \(round), \(seed)")
                continue
            }
            #expect(once.whole.count <= raw.count, "\(text), \(seed)")
            #expect(once.whole.first == UInt8(ascii: "/"), "\(text), \(seed)")
            if once.whole.count < raw.count { shortened += 1 }
            let twice = try #require(Self.normalise(once.whole), "\(text), \(seed)")
            #expect(twice == once, "\(text), \(seed)")
            let segments = once.path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            #expect(!segments.contains { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }, "\(text), \(seed)")
        }
        #expect(refused > 1000 && shortened > 1000)
    }

    @Test("A path that is normal already is not copied")
    func inPlace() {
        withBytes("/chat/v1/") { raw in
            // Nothing is written to a room of no bytes.
            unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) { scratch in
                let path = unsafe RequestPath(raw, scratch: scratch.baseAddress!)
                #expect(unsafe path?.bytes.base == raw.base)
                #expect(path?.bytes.count == 8)
            }
        }
    }
}
