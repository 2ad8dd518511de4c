import Testing

@testable import Proxy

@Suite struct OptionsTests {
    private func parse(_ arguments: String...) throws(Options.UsageError) -> Options? {
        guard case .serve(let options) = try Options.parse(["dataplane", "--table", "t.rtbl"] + arguments) else { return nil }
        return options
    }

    private func fault(_ arguments: [String]) -> String? {
        do throws(Options.UsageError) {
            _ = try Options.parse(["dataplane"] + arguments)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func defaults() throws {
        let options = try #require(try parse())
        #expect(options.table == "t.rtbl" && options.listen == ["127.0.0.1:9080"] && options.admin == "127.0.0.1:9901" && !options.allowOpen)
        #expect(options.maxBody == 32 << 20 && options.workers == nil && options.maxConnections == nil && options.maxBuffered == nil)
        #expect([options.headTimeout, options.bodyTimeout, options.idleTimeout] == [10, 30, 60])
        #expect([options.connectTimeout, options.streamTimeout, options.upstreamIdleTimeout] == [5, 600, 4])
        #expect([options.drainTimeout, options.drainDelay] == [30, 0])
    }

    @Test func valuesInBothForms() throws {
        let options = try #require(try parse(
            "--listen=127.0.0.1:1", "--listen", "[::1]:2", "--backend", "a=http://x/", "--backend=ns/b=https://y:1/p=q",
            "--workers", "3", "--max-body=0", "--head-timeout", "0.25", "--drain-delay=0", "--allow-open"))
        #expect(options.listen == ["127.0.0.1:1", "[::1]:2"] && options.workers == 3 && options.maxBody == 0 && options.headTimeout == 0.25)
        #expect(options.backends.map(\.name) == ["a", "ns/b"] && options.backends.map(\.url) == ["http://x/", "https://y:1/p=q"] && options.allowOpen)
    }

    @Test func theLastOfTwoCounts() throws {
        #expect(try parse("--workers", "3", "--workers", "4")?.workers == 4)
    }

    @Test(arguments: ["--help", "-h"])
    func help(_ argument: String) throws {
        guard case .help = try Options.parse(["dataplane", argument]) else {
            Issue.record("no help")
            return
        }
        for name in ["--table", "--listen", "--admin-token", "--max-connections", "--drain-timeout"] { #expect(Options.help.contains(name)) }
    }

    @Test(arguments: [
        ([], "--table FILE is missing"), (["--table"], "--table needs a value"), (["t.rtbl"], "unknown option t.rtbl"), (["--tabel", "x"], "unknown option --tabel"),
        (["--table", "t", "--allow-open=1"], "--allow-open takes no value"), (["--table", "t", "--workers", "0"], "--workers 0: a whole number from 1 to 256 is needed"),
        (["--table", "t", "--workers", "2.5"], "--workers 2.5: a whole number from 1 to 256 is needed"),
        (["--table", "t", "--max-body", "-1"], "--max-body -1: a whole number from 0 to 2147483648 is needed"),
        (["--table", "t", "--max-body", "99999999999999999999"], "--max-body 99999999999999999999: a whole number from 0 to 2147483648 is needed"),
        (["--table", "t", "--idle-timeout", "0"], "--idle-timeout 0: seconds up to 86400 are needed"),
        (["--table", "t", "--idle-timeout", "nan"], "--idle-timeout nan: seconds up to 86400 are needed"),
        (["--table", "t", "--idle-timeout", "inf"], "--idle-timeout inf: seconds up to 86400 are needed"),
        (["--table", "t", "--idle-timeout", "86401"], "--idle-timeout 86401: seconds up to 86400 are needed"),
        (["--table", "t", "--listen", "9080"], "--listen 9080: ADDR:PORT is needed, such as 127.0.0.1:9080 or [::1]:9080"),
        (["--table", "t", "--listen", "localhost:9080"], "--listen localhost:9080: localhost is not an IPv4 or IPv6 address"),
        (["--table", "t", "--backend", "a"], "--backend a: NAME=URL is needed, such as chat-backend=http://127.0.0.1:8081"),
        (["--table", "t", "--backend", "=http://x"], "--backend =http://x: NAME=URL is needed, such as chat-backend=http://127.0.0.1:8081"),
        (["--table", "t", "--backend", "a=x"], "--backend a=x: NAME=URL is needed, such as chat-backend=http://127.0.0.1:8081"),
        (["--table", "t", "--admin", "0.0.0.0:1"], "--admin 0.0.0.0:1 is not a loopback address: --admin-token FILE is needed"),
    ] as [([String], String)])
    func mistakes(_ arguments: [String], _ message: String) { #expect(fault(arguments) == message) }

    @Test(arguments: ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"])
    func loopback(_ address: String) { #expect(fault(["--table", "t", "--admin", address]) == nil && Socket.isLoopback(address)) }

    @Test(arguments: ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::ffff:10.0.0.1]:1", "128.0.0.1:1"])
    func notLoopback(_ address: String) {
        #expect(!Socket.isLoopback(address))
        #expect(fault(["--table", "t", "--admin", address, "--admin-token", "f"]) == nil)
    }
}
