import Testing

@testable import Proxy

@Suite struct CrossSiteTests {
    @Test(arguments: [
        (nil, nil, true), // no browser
        ("same-origin", "http://127.0.0.1:9901", true), ("none", nil, true),
        ("cross-site", "https://evil.example", false), ("same-site", "http://127.0.0.1:8000", false), ("cross-site", nil, false), ("nonsense", nil, false),
        ("same-origin", "https://status.example", true), // behind a proxy that changes Host
        (nil, "http://127.0.0.1:9901", true), (nil, "http://127.0.0.1:8000", false), (nil, "http://127.0.0.1", false), (nil, "https://127.0.0.1:9901", true),
        (nil, "null", false), (nil, "", false), (nil, "127.0.0.1:9901", false), (nil, "http://evil.example", false),
        (nil, "http://evil.example/http://127.0.0.1:9901", false), (nil, "http://127.0.0.1:9901.evil.example", false), (nil, "HTTP://127.0.0.1:9901", false),
    ] as [(String?, String?, Bool)])
    func onlyTheOwnPageMayAsk(fetchSite: String?, origin: String?, isOwn: Bool) {
        #expect(CrossSite.isOwn(fetchSite: fetchSite, origin: origin, authority: "127.0.0.1:9901") == isOwn)
    }

    @Test func caseOfAHostDoesNotMatter() {
        #expect(CrossSite.isOwn(fetchSite: nil, origin: "http://localhost:9901", authority: "LocalHost:9901"))
    }
}
