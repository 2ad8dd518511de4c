import Testing

@testable import Proxy

@Suite struct BackendURLTests {
    @Test(arguments: [
        ("http://a", "a", 80, "", "a"), ("https://a", "a", 443, "", "a"), ("http://a:80/", "a", 80, "", "a"), ("https://a:443", "a", 443, "", "a"),
        ("http://a:443", "a", 443, "", "a:443"), ("https://a:80", "a", 80, "", "a:80"), ("http://127.0.0.1:8081/v1", "127.0.0.1", 8081, "/v1", "127.0.0.1:8081"),
        ("http://a/v1/", "a", 80, "/v1", "a"), ("http://a///", "a", 80, "", "a"), ("http://a/x:y@z", "a", 80, "/x:y@z", "a"),
        ("http://[::1]", "::1", 80, "", "[::1]"), ("http://[::1]:8080/x", "::1", 8080, "/x", "[::1]:8080"), ("http://a:065535", "a", 65535, "", "a:65535"),
    ] as [(String, String, UInt16, String, String)])
    func accepted(_ text: String, _ host: String, _ port: UInt16, _ path: String, _ header: String) throws {
        let url = try #require(BackendURL(text))
        #expect(url.host == host && url.port == port && url.path == path && url.hostHeader == header && url.isTLS == text.hasPrefix("https"))
    }

    @Test(arguments: [
        "", "a", "a:80", "//a", "ftp://a", "http:/a", "http://", "http:///x", "http://:80", "http://a:", "http://a:x", "http://a:+1", "http://a:65536",
        "http://a:1:2", "http://::1", "http://[::1", "http://[::1]x", "http://[]", "http://user@a", "http://user:pw@a:80", "http://a?x", "http://a#x",
        "http://a/?x", "http://a/#x", "http://a/ b", "http://a b", "http://a/\u{7f}", "http://\u{e9}", "http://a/\u{e9}", "http://a\\b", "http://a\r\nX: y",
    ])
    func refused(_ text: String) { #expect(BackendURL(text) == nil) }

    @Test func aPortMayBeRequired() {
        #expect(splitHostPort("a", defaultPort: nil) == nil && splitHostPort("[::1]", defaultPort: nil) == nil)
        #expect(splitHostPort("a:1", defaultPort: nil)! == ("a", 1) && splitHostPort("[::1]:0", defaultPort: nil)! == ("::1", 0))
    }
}
