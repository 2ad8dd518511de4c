import Foundation
import Policies
import Testing

@Suite struct SmallPartsTests {
    @Test func findsNearNames() {
        let names = ["chat-backend-1", "chat-backend-2", "mail"]
        #expect(NearName.of("chat-backend-9", in: names) == "chat-backend-2")
        #expect(NearName.of("chat-backend-0", in: names) == "chat-backend-1")
        #expect(NearName.of("mial", in: names) == "mail")
        #expect(NearName.of("ApiPolicy", in: ["APIPolicy"]) == "APIPolicy")
        #expect(NearName.of("something-else", in: names) == nil)
        #expect(NearName.of("", in: names) == nil)
    }

    @Test func decodesBase64AsFoundationDoes() {
        var random = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: 0 ... .max, using: &random)
        var state = seed
        for round in 0..<2_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let bytes = (0..<(round % 50)).map { UInt8(truncatingIfNeeded: state >> UInt64($0 % 56)) }
            #expect(Base64.decode(Data(bytes).base64EncodedString().utf8) == bytes, "seed \(seed)")
        }
        for bad in ["base64_encoded_api_key", "a", "ab", "abc", "ab=c", "a===", "====", "YQ=", "YQ==YQ==", "ü"] {
            #expect(Base64.decode(bad.utf8) == nil, "\(bad)")
        }
        #expect(Base64.decode("YWJj\nZGVm\n".utf8) == Array("abcdef".utf8))
    }

    @Test func everyCodeHasATextAndANumberOfItsOwn() {
        let codes = DiagnosticCode.allCases
        #expect(Set(codes.map(\.name)).count == codes.count)
        for code in codes {
            #expect(!code.title.isEmpty && !code.remedy.isEmpty)
            #expect(code.name.utf8.count == 6 && code.name.hasPrefix("RT0"))
        }
    }

    @Test func everyKindHasASchema() {
        for kind in Kind.allCases { #expect(KindSchema.all[kind] != nil, "\(kind)") }
    }

    @Test func writesSecretsForTheDataplane() throws {
        let text = """
            apiVersion: v1
            kind: Secret
            metadata: {name: key, namespace: team}
            data: {a: c2VjcmV0, b: "not base64", c: ""}
            stringData: {d: plain}
            """
        var diagnostics = Diagnostics()
        let resources = ResourceReader.read([SourceFile(displayName: "a", relativeName: "a", bytes: Array(text.utf8))], ResourceReader.Options(), &diagnostics)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("secrets-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for _ in 0..<2 { try SecretWriter.write(resources.secrets, to: folder) }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/team/key").sorted()
        #expect(files == ["a", "c", "d"])
        #expect(FileManager.default.contents(atPath: folder + "/team/key/a") == Data("secret".utf8))
        let mode = { (path: String) in try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int }
        #expect(try mode(folder + "/team/key/a") == 0o600)
        #expect(try mode(folder + "/team/key") == 0o700)
        #expect(diagnostics.items.map(\.code) == [.secretNotBase64])
    }
}
