import RoutingTable
import Testing
@testable import Proxy

@Suite("Origins that a cORSPolicy allows")
struct CORSOriginTests {
    private func matches(_ origin: String, _ allowed: String) -> Bool {
        let (origin, allowed) = (Array(origin.utf8), Array(allowed.utf8))
        return unsafe origin.withUnsafeBytes { origin in
            unsafe allowed.withUnsafeBytes { allowed in CORSOrigin.matches(unsafe Bytes(origin), allowed: unsafe Bytes(allowed)) }
        }
    }

    @Test(
        "Allowed",
        arguments: [
            ("https://a.b", "*"), ("null", "*"), ("null", "null"), ("https://a.b", "https://a.b"), ("HTTPS://A.b", "https://a.B"), ("https://a.b:8443", "https://a.b:8443"),
            ("http://a.b", "a.b"), ("https://a.b:1", "a.b:1"), ("https://x.a.b", "*.a.b"), ("https://y.x.a.b", "https://*.a.b"), ("https://x.a.b:1", "https://*.a.b:1"),
            ("https://anything", "https://*"),
        ])
    func allowed(origin: String, by policy: String) {
        #expect(matches(origin, policy))
    }

    @Test(
        "Not allowed",
        arguments: [
            ("null", "https://a.b"), ("https://a.b", "null"), ("http://a.b", "https://a.b"), ("https://a.b:8443", "https://a.b"), ("https://a.b", "https://a.b:443"),
            ("https://a.b.evil", "https://a.b"), ("https://evila.b", "*.a.b"), ("https://a.b", "*.a.b"), ("https://x.a.b:1", "*.a.b"), ("http://x", "https://*"), ("", "https://a.b"),
            ("https://", "a.b"), ("https://a.b/", "https://a.b"),
        ])
    func refused(origin: String, by policy: String) {
        #expect(!matches(origin, policy))
    }
}
