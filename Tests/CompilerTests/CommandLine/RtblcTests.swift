import Foundation
import Testing

@Suite("rtblc", .enabled(if: Rtblc.isBuilt))
struct RtblcTests {
    @Test("compile writes the file and one line about it; compiling again writes the same bytes")
    func compile() throws {
        let folder = try Rtblc.scratch()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "t.rtbl")
        let first = try Rtblc.run("compile", "policies/chat", "-o", file.path)
        #expect(first.code == 0)
        #expect(first.output.isEmpty)
        #expect(first.messages.hasPrefix("\(file.path): 1 API, 3 routes, 5 pools, 9 targets, "))
        #expect(first.messages.hasSuffix(", 0 warnings\n"))
        let bytes = try Data(contentsOf: file)
        let again = try Rtblc.run("compile", "chat/policy.yaml", "chat/backends.yaml", "chat/secret.yaml", "chat/authentication.yaml", "chat/api.yaml", "-o", "-", in: Rtblc.root.appending(path: "policies"))
        #expect(Data(again.output) == bytes)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["t.rtbl"])
    }

    @Test("Exit codes: wrong usage 64, missing input 66, output that cannot be written 73")
    func exitCodes() throws {
        #expect(try Rtblc.run("compile").code == 64)
        #expect(try Rtblc.run("compile", "policies/chat").code == 64)
        #expect(try Rtblc.run("check", "--diagnostics", "xml", "policies/chat").code == 64)
        #expect(try Rtblc.run("no-such-command").code == 64)
        #expect(try Rtblc.run("check", "policies/none").code == 66)
        #expect(try Rtblc.run("inspect", "policies/none.rtbl").code == 66)
        #expect(try Rtblc.run("inspect", "Package.swift").code == 1)
        #expect(try Rtblc.run("compile", "policies/chat", "-o", "/nowhere/at/all.rtbl").code == 73)
        #expect(try Rtblc.run("compile", "policies/chat", "-o", "/dev/full").code == 73)
        #expect(try Rtblc.run("--help").code == 0)
    }

    @Test("An error leaves the old file as it was, and exit code 1; --strict makes one of a warning")
    func oldFileStays() throws {
        let folder = try Rtblc.scratch()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "t.rtbl")
        try Data("old".utf8).write(to: file)
        let broken = try Rtblc.run("compile", "-", "-o", file.path, input: "kind: ApiPolicy\napiVersion: dp.wso2.com/v1alpha4\nmetadata: {name: x}\n")
        #expect(broken.code == 1)
        #expect(broken.messages.contains("-:1:7: error[RT"))
        #expect(broken.messages.hasSuffix("; nothing is written\n"))
        let open = try String(contentsOf: Rtblc.root.appending(path: "policies/chat/api.yaml"), encoding: .utf8)
            + "---\n" + String(contentsOf: Rtblc.root.appending(path: "policies/chat/backends.yaml"), encoding: .utf8)
        #expect(try Rtblc.run("compile", "-", "--strict", "-o", file.path, input: open).code == 1)
        #expect(try Data(contentsOf: file) == Data("old".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["t.rtbl"])
        #expect(try Rtblc.run("compile", "-", "-o", file.path, input: open).code == 0)
        #expect(try Data(contentsOf: file).starts(with: [0x89, 0x52, 0x54, 0x42, 0x4c]))
    }

    @Test("json and sarif go to standard output, text to standard error")
    func streams() throws {
        let json = try Rtblc.run("check", "-", "--diagnostics", "json", input: "a: 1\n")
        #expect(json.code == 1)
        let diagnostics = try JSONDecoder().decode([[String: JSONScalar]].self, from: Data(json.output))
        #expect(!diagnostics.isEmpty)
        let sarif = try Rtblc.run("check", "-", "--diagnostics", "sarif", input: "a: 1\n")
        #expect(String(decoding: sarif.output, as: UTF8.self).contains("\"version\": \"2.1.0\""))
        #expect(try Rtblc.run("check", "-", input: "a: 1\n").output.isEmpty)
    }

    @Test("--ir writes what the table can be emitted from; --secrets-out writes values for their owner alone")
    func sideOutputs() throws {
        let folder = try Rtblc.scratch()
        defer { try? FileManager.default.removeItem(at: folder) }
        let secrets = folder.appending(path: "secrets"), ir = folder.appending(path: "ir.json")
        #expect(try Rtblc.run("check", "policies/chat", "--ir", ir.path, "--secrets-out", secrets.path).code == 0)
        #expect(try Data(contentsOf: ir) == Data(contentsOf: Rtblc.root.appending(path: "generated/chat/ir.json")))
        let value = secrets.appending(path: "default/provider-keys/provider-b")
        #expect(try Data(contentsOf: value) == Data("example-key-b".utf8))
        #expect(try FileManager.default.attributesOfItem(atPath: value.path)[.posixPermissions] as? Int == 0o600)
        #expect(try Rtblc.run("check", "policies/chat", "--ir", "/nowhere/at/all.json").code == 73)
    }

    /// A string or a number, as the members of a diagnostic are.
    private enum JSONScalar: Decodable {
        case string(String), number(Int)

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let number = try? value.decode(Int.self) { self = .number(number) } else { self = .string(try value.decode(String.self)) }
        }
    }
}
