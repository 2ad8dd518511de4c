import Compiler
import Foundation
import Policies
import TestSupport
import Testing

@Suite("Converting apk-conf")
struct ConvertTests {
    private func convert(_ text: String) -> (yaml: String?, messages: String) {
        let source = SourceFile(displayName: "a.apk-conf", relativeName: "a.apk-conf", bytes: Array(text.utf8))
        var diagnostics = Diagnostics(keepsAllWarnings: true)
        let yaml = ApkConf.convert(source, file: 0, &diagnostics)
        return (yaml, DiagnosticRenderer(files: [source]).render(diagnostics.report(strict: false), as: .text))
    }

    private static let conf = """
        id: chat
        name: Chat
        basePath: /chat
        version: "1.0"
        type: REST
        endpointConfigurations:
          production:
            - endpoint: "http://a.example.com:80/v1/"
              endpointSecurity:
                enabled: true
                securityType: {secretName: keys, in: Header, apiKeyNameKey: x-key, apiKeyValueKey: a}
        operations:
          - {target: "/chat/completions", verb: POST}
          - {target: /v1.0/models, verb: GET}
        authentication:
          - {authType: OAuth2, enabled: false}
        apiPolicies:
          request:
            - policyName: ModelBasedRoundRobin
              parameters:
                onQuotaExceedSuspendDuration: 60
                productionModels:
                  - {model: m1, endpoint: "http://a.example.com:80/v1/", weight: 2}
                  - {model: m2, endpoint: "http://a.example.com:81/v1"}
        """

    @Test("It compiles: routes, models on their endpoints, ports told apart, credentials kept")
    func compiles() throws {
        let compilation = Compilation([SourceFile(displayName: "p/a.apk-conf", relativeName: "a.apk-conf", bytes: Array(Self.conf.utf8))])
        let ir = try #require(compilation.representation, "\(compilation.text)")
        let api = try #require(ir.apis.first)
        #expect(api.object.name == "chat" && api.basePath == "/chat/1.0" && api.environments == [.production])
        #expect(api.rules.map(\.hosts) == [["default.gw.wso2.com"], ["default.gw.wso2.com"]])
        #expect(api.rules.flatMap(\.matches).map(\.path) == ["/chat/1.0/chat/completions", "/chat/1.0/v1.0/models"])
        #expect(api.rules.map(\.rewrite) == [.replaceFullPath("/chat/completions"), .replaceFullPath("/v1.0/models")])
        let models = try #require(api.pools.first { $0.kind == .models })
        #expect(models.targets.map(\.model) == ["m1", "m2"] && models.targets.map(\.weight) == [2, 1] && models.options.suspendSeconds == 60)
        #expect(ir.backends.map(\.port).sorted() == [80, 81] && ir.backends.allSatisfy { $0.basePath == "/v1" })
        let credential = ir.backends.first { $0.port == 80 }?.credential
        #expect(credential?.name == "x-key" && credential?.secret.name == "keys" && credential?.key == "a")
        #expect(api.position?.file == "a.apk-conf")
    }

    @Test("Targets become regular expressions with groups", arguments: [
        ("/a/{id}", "/a/(.*)", #"/a/\1"#), ("/a/{id}/b/{c}", "/a/(.*)/b/(.*)", #"/a/\1/b/\2"#), ("/*", "/(.*)", #"/\1"#), ("/a/*", "/a(.*)", #"/a\1"#), ("/v1.0/x", #"/v1\.0/x"#, "/v1.0/x"),
    ])
    func targets(_ target: String, _ expression: String, _ replacement: String) throws {
        let yaml = try #require(convert(Self.conf.replacing("\"/chat/completions\"", with: "\"\(target)\"")).yaml)
        func quoted(_ text: String) -> String { text.contains { "\\()*".contains($0) } ? "\"\(text.replacing("\\", with: "\\\\"))\"" : text }
        #expect(yaml.contains("value: \(quoted(expression))\n"))
        #expect(yaml.contains("replaceFullPath: \(quoted(replacement))\n"))
    }

    @Test("What is not converted is said, with its place", arguments: [
        ("verb: POST}", "verb: POST, scopes: [admin]}", "13:"), ("type: REST", "type: GRAPHQL", "5:7"), ("type: REST", "type: REST\nrateLimit: {requestsPerUnit: 5, unit: Minute}", "6:1"),
        ("policyName: ModelBasedRoundRobin", "policyName: Interceptor", "19:"), ("basePath: /chat", "basePth: /chat", "3:1"), ("\"http://a.example.com:81/v1\"", "ftp://x", "24:"),
        ("target: \"/chat/completions\"", "target: chat", "13:"), ("authType: OAuth2", "authType: Basic", "16:"), ("operations:", "operatons:", "12:1"),
    ])
    func refused(_ from: String, _ to: String, _ place: String) {
        let result = convert(Self.conf.replacing(from, with: to))
        #expect(result.yaml == nil)
        #expect(result.messages.contains("a.apk-conf:\(place)"), "\(result.messages)")
        let compilation = Compilation([SourceFile(displayName: "a.apk-conf", relativeName: "a.apk-conf", bytes: Array(Self.conf.replacing(from, with: to).utf8))])
        #expect(compilation.representation == nil)
    }

    @Test("More than eight operations make more than one HTTPRoute; each is in the API's list")
    func groups() throws {
        let operations = (0..<17).map { "  - {target: /o\($0), verb: GET}\n" }.joined()
        let yaml = try #require(convert(Self.conf.replacing("  - {target: /v1.0/models, verb: GET}\n", with: operations)).yaml)
        #expect((1...3).allSatisfy { yaml.contains("        - chat-production-httproute-\($0)\n") })
        let compilation = Compilation(yaml)
        #expect(try #require(compilation.representation, "\(compilation.text)").apis[0].rules.count == 18)
    }

    @Test("Every sample converts, or says why not", .enabled(if: Corpora.sample != nil))
    func samples() throws {
        let folder = URL(filePath: try #require(Corpora.sample)).deletingLastPathComponent().appending(path: "apk-conf")
        let files = try Inputs.collect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { folder.appending(path: $0).path })
        #expect(files.count >= 16)
        for file in files {
            let result = convert(String(decoding: file.bytes, as: UTF8.self))
            let isExpected = ["invalid_cors_API.apk-conf", "jwt_custom_header_conf.yaml"].contains(file.relativeName)
            #expect((result.yaml == nil) == isExpected, "\(file.relativeName): \(result.messages)")
            guard let yaml = result.yaml else { continue }
            let codes = Set(Compilation(yaml).report.diagnostics.map { "\($0.code)" })
            #expect(codes.isDisjoint(with: ["unknownField", "missingField", "wrongType", "malformed", "objectName"]), "\(file.relativeName): \(codes)")
        }
    }
}
