import Foundation
import Testing

@Suite("rtblc's commands on tables", .enabled(if: Rtblc.isBuilt))
struct CommandTests {
    private static let chat = "generated/chat/routes.rtbl"
    private static let weights = "generated/weights/routes.rtbl"

    @Test("explain: 0 with a route, 1 without, 64 for no request, 66 for no table; --json is JSON")
    func explain() throws {
        let url = "https://chat.example.com/chat/1.0/chat/completions"
        let text = try Rtblc.run("explain", Self.chat, "POST", url)
        #expect(text.code == 0 && text.messages.isEmpty)
        #expect(String(decoding: text.output, as: UTF8.self).contains("APIPolicy default/chat-models"))
        let json = try Rtblc.run("explain", Self.chat, "POST", "/chat/1.0/chat/completions", "-H", "Host: chat.example.com", "--json")
        let object = try #require(JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any])
        #expect((object["pools"] as? [Any])?.count == 1)
        #expect(try Rtblc.run("explain", Self.chat, "PUT", url).code == 1)
        #expect(try Rtblc.run("explain", Self.chat, "POST", "/no-host").code == 64)
        #expect(try Rtblc.run("explain", "none.rtbl", "POST", url).code == 66)
        #expect(try Rtblc.run("explain", "Package.swift", "POST", url).code == 1)
    }

    @Test("diff: 0 the same, 1 different, 66 missing; text, markdown, JSON")
    func diff() throws {
        let same = try Rtblc.run("diff", Self.chat, Self.chat)
        #expect(same.code == 0 && String(decoding: same.output, as: UTF8.self).hasPrefix("No difference for traffic"))
        #expect(try Rtblc.run("diff", Self.chat, Self.weights).code == 1)
        #expect(try String(decoding: Rtblc.run("diff", Self.chat, Self.weights, "--format", "markdown").output, as: UTF8.self).hasPrefix("### "))
        let json = try Rtblc.run("diff", Self.chat, Self.weights, "--json")
        #expect(json.code == 1)
        #expect(try JSONSerialization.jsonObject(with: Data(json.output)) is [String: Any])
        #expect(try Rtblc.run("diff", Self.chat, "none.rtbl").code == 66)
    }

    @Test("simulate: picture on standard output and in a file; wrong --suspend and -n are 64")
    func simulate() throws {
        let folder = try Rtblc.scratch()
        defer { try? FileManager.default.removeItem(at: folder) }
        let svg = folder.appending(path: "run.svg")
        let url = "chat.example.com/support/2.1/llm/x"
        let run = try Rtblc.run("simulate", Self.weights, "POST", url, "-n", "14", "--suspend", "atlas-large@7+7", "--svg", svg.path)
        #expect(run.code == 0)
        #expect(String(decoding: run.output, as: UTF8.self).contains("\n  0  AABACAABCBCBCB\n            ~~~~~~~  A suspended\n"))
        #expect(try SVGCheck(String(contentsOf: svg, encoding: .utf8)).isWellFormed)
        let wrong = try Rtblc.run("simulate", Self.weights, "POST", url, "--suspend", "atlas-lage@7+7")
        #expect(wrong.code == 64 && wrong.messages.contains("did you mean \"atlas-large\"?"))
        #expect(try Rtblc.run("simulate", Self.weights, "POST", url, "--suspend", "atlas-large").code == 64)
        #expect(try Rtblc.run("simulate", Self.weights, "POST", url, "-n", "0").code == 64)
        #expect(try Rtblc.run("simulate", Self.weights, "POST", "chat.example.com/x").code == 1)
        #expect(try Rtblc.run("simulate", Self.weights, "POST", url, "--svg", "/nowhere/at/all.svg").code == 73)
        #expect(try JSONSerialization.jsonObject(with: Data(Rtblc.run("simulate", Self.weights, "POST", url, "--json").output)) is [String: Any])
    }

    @Test("graph: DOT and SVG")
    func graph() throws {
        #expect(try String(decoding: Rtblc.run("graph", Self.chat).output, as: UTF8.self).hasPrefix("digraph roundtable {"))
        #expect(try SVGCheck(String(decoding: Rtblc.run("graph", Self.chat, "--format", "svg").output, as: UTF8.self)).isWellFormed)
        #expect(try Rtblc.run("graph", Self.chat, "--api", "default/none").code == 64)
        #expect(try Rtblc.run("graph", Self.chat, "--format", "png").code == 64)
    }

    @Test("keygen, sign, verify; openssl agrees")
    func signing() throws {
        let folder = try Rtblc.scratch()
        defer { try? FileManager.default.removeItem(at: folder) }
        func path(_ name: String) -> String { folder.appending(path: name).path }
        try FileManager.default.copyItem(at: Rtblc.root.appending(path: Self.chat), to: folder.appending(path: "t.rtbl"))
        let before = try Data(contentsOf: folder.appending(path: "t.rtbl"))
        #expect(try Rtblc.run("keygen", "-o", path("k")).code == 0)
        #expect(try FileManager.default.attributesOfItem(atPath: path("k.key"))[.posixPermissions] as? Int == 0o600)
        let again = try Rtblc.run("keygen", "-o", path("k"))
        #expect(again.code == 73 && again.messages.contains("never overwritten"))
        #expect(try String(decoding: Rtblc.run("verify", path("t.rtbl")).output, as: UTF8.self).contains("sound, unsigned"))
        #expect(try Rtblc.run("verify", path("t.rtbl"), "--public-key", path("k.pub")).code == 1)
        #expect(try Rtblc.run("sign", path("t.rtbl"), "--key", path("k.key")).code == 0)
        #expect(try Rtblc.run("sign", path("t.rtbl"), "--key", path("k.pub")).code == 1)
        #expect(try Rtblc.run("sign", path("t.rtbl"), "--key", path("none")).code == 66)
        #expect(try Rtblc.run("verify", path("t.rtbl"), "--public-key", path("k.pub")).code == 0)
        #expect(try Rtblc.run("keygen", "-o", path("other")).code == 0)
        #expect(try Rtblc.run("verify", path("t.rtbl"), "--public-key", path("other.pub")).code == 1)
        #expect(try Rtblc.run("diff", path("t.rtbl"), Self.chat).code == 0)

        let signed = try Data(contentsOf: folder.appending(path: "t.rtbl"))
        #expect(signed.dropLast(96) == before)
        try signed.suffix(64).write(to: folder.appending(path: "signature"))
        try signed[32..<64].write(to: folder.appending(path: "message"))
        let openssl = URL(filePath: "/usr/bin/openssl")
        guard FileManager.default.isExecutableFile(atPath: openssl.path) else { return }
        let process = Process()
        process.executableURL = openssl
        process.arguments = ["pkeyutl", "-verify", "-pubin", "-inkey", path("k.pub"), "-rawin", "-in", path("message"), "-sigfile", path("signature")]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
