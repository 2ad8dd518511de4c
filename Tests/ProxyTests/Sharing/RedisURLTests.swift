import TestSupport
import Testing

@testable import Proxy

@Suite struct RedisURLTests {
    @Test(arguments: [
        ("redis://h", "h", 6379, 0, nil, nil), ("redis://h:1/15", "h", 1, 15, nil, nil), ("valkey://127.0.0.1:65535/", "127.0.0.1", 65535, 0, nil, nil),
        ("redis://[::1]", "::1", 6379, 0, nil, nil), ("redis://[::1]:7000/2", "::1", 7000, 2, nil, nil), ("REDIS://:p@h", "h", 6379, 0, nil, "p"),
        ("redis://u:p:q@h", "h", 6379, 0, "u", "p:q"), ("redis://u%3a:%40%2F%c3%a9@h:1", "h", 1, 0, "u:", "@/é"), ("redis://u:p@ss@h", "h", 6379, 0, "u", "p@ss"),
    ] as [(String, String, Int, Int, String?, String?)])
    func hosts(_ text: String, _ host: String, _ port: Int, _ database: Int, _ user: String?, _ password: String?) throws {
        let url = try RedisURL(text)
        #expect(url.place == .host(host, port: UInt16(port)) && url.database == database && url.user == user && url.password == password)
        #expect(!url.description.contains("@"))
    }

    @Test(arguments: [
        ("unix:/run/r.sock", "/run/r.sock", 0, nil), ("unix:///run/r.sock?db=3", "/run/r.sock", 3, nil), ("unix://u:p@/a%20b", "/a b", 0, "p"),
    ] as [(String, String, Int, String?)])
    func sockets(_ text: String, _ path: String, _ database: Int, _ password: String?) throws {
        let url = try RedisURL(text)
        #expect(url.place == .socket(path: path) && url.database == database && url.password == password)
    }

    @Test(arguments: [
        "", "h", "h:6379", "redis:", "redis:h", "redis://", "redis:///0", "redis://:@h", "redis://u@h", "redis://h:0", "redis://h:65536", "redis://h:x", "redis://h/x",
        "redis://h/0/1", "redis://h/65536", "redis://h/-1", "redis://::1", "redis://u:%zz@h", "redis://u:%00@h", "redis://u:%ff@h", "redis://u:%4", "redis://h?db=1",
        "rediss://h", "valkeys://h", "http://h", "unix:", "unix:r.sock", "unix:/a?x=1", "unix:/a?db=", "unix:/\(String(repeating: "a", count: 107))",
    ])
    func mistakes(_ text: String) { #expect(throws: RedisURL.Fault.self) { try RedisURL(text) } }

    @Test("No mistake is told with the password", arguments: ["redis://:s3cret@h:x", "redis://s3cret@h", "redis://:s3cret%zz@h", "rediss://:s3cret@h", "unix://:s3cret@x"])
    func secrets(_ text: String) {
        do throws(RedisURL.Fault) {
            _ = try RedisURL(text)
            Issue.record("taken")
        } catch {
            #expect(!error.description.contains("s3cret"))
        }
    }

    @Test("Any text is taken or refused")
    func anything() {
        let seed = Seed(of: "RedisURLTests.anything")
        for round in 0..<20_000 {
            var random = seed.generator(round: round)
            let pieces = ["redis", "unix", ":", "//", "/", "@", "%", "4", "a", "[", "]", "?db=", "é", "\0", "65536", " "]
            let text = (0..<random.below(12)).map { _ in pieces[random.below(pieces.count)] }.joined()
            guard let url = try? RedisURL(text) else { continue }
            #expect((try? RedisURL(url.description).database) == url.database || url.description.contains("%"), "\(text) \(seed) round \(round)")
        }
    }
}
