import Compiler
import Foundation
import Policies
import RoutingTable
import TestSupport
import Testing

@Suite("Converting apk-conf")
struct ConvertTests {
    private func convert(_ text: String) -> (yaml: String?, messages: String) {
        let source = SourceFile(displayName: "a.apk-conf", relativeName: "a.apk-conf", bytes: Array(text.utf8))
        var diagnostics = Diagnostics(keepsAllWarnings: true)
        let yaml = ApkConf.convert(source, file: 0, &diagnostics)?.yaml
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
        ("type: REST", "type: GRAPHQL", "5:7"), ("basePath: /chat", "basePth: /chat", "3:1"), ("\"http://a.example.com:81/v1\"", "ftp://x", "24:"),
        ("target: \"/chat/completions\"", "target: chat", "13:"), ("authType: OAuth2", "authType: Basic", "16:"), ("operations:", "operatons:", "12:1"),
        ("policyName: ModelBasedRoundRobin", "policyName: PIIMaskingRegex", "19:19"), ("- policyName: ModelBasedRoundRobin", "- policyName: SetHeader", "21:9"),
        ("verb: POST}", "verb: POST, rateLimit: {requestsPerUnit: 1}}", "13:"), ("verb: POST}", "verb: POST, scope: [a]}", "13:"), ("weight: 2", "wait: 2", "23:"),
        ("enabled: false", "enabled: perhaps", "16:"), ("{authType: OAuth2, enabled: false}", "{authType: OAuth2, headerEnable: false}", "16:"),
        ("in: Header, apiKeyNameKey: x-key, ", "", "11:23"), ("securityType: {secretName: keys, in: Header, apiKeyNameKey: x-key, apiKeyValueKey: a}", "securityType: {accessKeyRef: a, secretKeyRef: b}", "11:"),
        ("- endpoint: \"http://a.example.com:80/v1/\"", "- endpoint: {name: a, protocol: ftp}", "8:"),
        ("endpointSecurity:", "aiRatelimit: {token: {promptLimit: 0, unit: Minute}}\n      endpointSecurity:", "9:"),
        ("endpointSecurity:", "resiliency: {timeout: {upstream: 1}}\n      endpointSecurity:", "9:"), ("policyName: ModelBasedRoundRobin", "policyName: ModelBasedRoundRobin\n      policyVersion: v9", "20:"),
    ])
    func refused(_ from: String, _ to: String, _ place: String) {
        let result = convert(Self.conf.replacing(from, with: to))
        #expect(result.yaml == nil)
        #expect(result.messages.contains("a.apk-conf:\(place)"), "\(result.messages)")
        #expect(compile(Self.conf.replacing(from, with: to)).representation == nil)
    }

    private func compile(_ text: String) -> Compilation {
        Compilation([SourceFile(displayName: "p/a.apk-conf", relativeName: "a.apk-conf", bytes: Array(text.utf8))])
    }

    @Test("Limits on the API and on an operation: an error where the second stands")
    func twoLimits() {
        let text = Self.conf.replacing("type: REST", with: "type: REST\nrateLimit: {requestsPerUnit: 5, unit: Minute}")
        #expect(compile(text).representation?.rateLimits.map(\.requests) == [5])
        let both = convert(text.replacing("verb: POST}", with: "verb: POST, rateLimit: {requestsPerUnit: 1, unit: Day}}"))
        #expect(both.messages.contains("a.apk-conf:14:") && both.messages.contains("a rate limit on the API and on the operation"), "\(both.messages)")
    }

    @Test("What an Authentication cannot say is refused", arguments: [
        ("{authType: OAuth2, required: mandatory}", "{authType: APIKey, required: mandatory}", false), ("{authType: JWT, required: mandatory}", "{authType: APIKey}", true),
        ("{authType: OAuth2, required: mandatory}", "{authType: mTLS, required: mandatory, certificates: [{name: a, key: b}]}", true), ("{authType: JWT, required: perhaps}", "{authType: APIKey}", false),
        ("{authType: OAuth2}", "{authType: OAuth2}", false), ("{authType: APIKey, headerEnable: false}", "{authType: OAuth2}", false),
    ])
    func necessity(_ first: String, _ second: String, _ isConverted: Bool) {
        let result = convert(Self.conf.replacing("{authType: OAuth2, enabled: false}", with: "\(first)\n  - \(second)"))
        #expect((result.yaml != nil) == isConverted, "\(result.messages)")
        #expect(isConverted || result.messages.contains("a.apk-conf:16:") || result.messages.contains("a.apk-conf:17:"), "\(result.messages)")
    }

    @Test("Diagnostics and positions name the apk-conf's own lines", arguments: [
        ("weight: 2", "weight: 0", "RT0305", "23:"), ("secretName: keys", "secretName: \"a b\"", "RT0124", "11:"), ("in: Header", "in: Body", "RT0304", "11:"),
        ("verb: POST", "verb: FETCH", "RT0304", "13:"), ("basePath: /chat", "basePath: \"/c hat\"", "RT0306", "3:"), ("onQuotaExceedSuspendDuration: 60", "onQuotaExceedSuspendDuration: soon", "RT0302", "21:"),
        ("name: Chat", "name: \(String(repeating: "x", count: 61))", "RT0305", "2:"), ("verb: POST}", "verb: POST, scopes: [a]}", "RT0521", "13:"),
        ("endpointSecurity:", "resiliency: {timeout: {upstreamResponseTimeout: -1}}\n      endpointSecurity:", "RT0305", "9:"),
    ])
    func places(_ from: String, _ to: String, _ code: String, _ place: String) {
        let compilation = compile(Self.conf.replacing(from, with: to))
        #expect(compilation.representation == nil)
        let line = compilation.text.split(separator: "\n").first { $0.contains("error[\(code)]") } ?? ""
        #expect(line.hasPrefix("p/a.apk-conf:\(place)"), "\(compilation.text)")
        // What is quoted is a line of the apk-conf.
        #expect(compilation.text.contains(to.split(separator: "\n")[0]), "\(compilation.text)")
    }

    @Test("A table keeps the apk-conf's lines")
    func positions() throws {
        let ir = try #require(compile(Self.conf).representation)
        let models = try #require(ir.apis[0].pools.first { $0.kind == .models })
        #expect(models.targets.map(\.position?.line) == [23, 24] && models.position?.line == 23)
        #expect(ir.apis[0].rules.map(\.position?.line) == [13, 14] && ir.apis[0].position?.line == 1)
        #expect(Set(ir.backends.map(\.position?.line)) == [23, 24])
    }

    @Test("Goldens: everything that custom resources can say", arguments: ["everything", "unserved"])
    func goldens(_ name: String) throws {
        let folder = Rtblc.root.appending(path: "Tests/CompilerTests/Convert")
        let conf = try String(contentsOf: folder.appending(path: "\(name).apk-conf"), encoding: .utf8)
        let result = convert(conf)
        let found = result.messages + (result.yaml ?? "")
        if ProcessInfo.processInfo.environment["RECORD"] != nil { try found.write(to: folder.appending(path: "\(name).txt"), atomically: true, encoding: .utf8) }
        #expect(try found == String(contentsOf: folder.appending(path: "\(name).txt"), encoding: .utf8))
        let checked = compile(conf).text
        if ProcessInfo.processInfo.environment["RECORD"] != nil { try checked.write(to: folder.appending(path: "\(name).check.txt"), atomically: true, encoding: .utf8) }
        #expect(try checked == String(contentsOf: folder.appending(path: "\(name).check.txt"), encoding: .utf8))
    }

    @Test("everything.apk-conf compiles with the ConfigMap and TokenIssuer that it needs")
    func everything() throws {
        let conf = try Data(contentsOf: Rtblc.root.appending(path: "Tests/CompilerTests/Convert/everything.apk-conf"))
        let others = """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: clients}
            data:
              ca.crt: |
            \(RandomPolicies.pem("A").split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
            ---
            apiVersion: dp.wso2.com/v1alpha4
            kind: AIProvider
            metadata: {name: ai-provider-open-ai}
            spec: {requestModel: {in: Body, value: model}}
            ---
            apiVersion: dp.wso2.com/v1alpha2
            kind: TokenIssuer
            metadata: {name: idp}
            spec: {name: idp, organization: default, issuer: https://idp, consumerKeyClaim: azp, scopesClaim: scope, signatureValidation: {jwks: {url: https://idp/keys}}}

            """
        let compilation = Compilation([
            SourceFile(displayName: "e.apk-conf", relativeName: "e.apk-conf", bytes: Array(conf)), SourceFile(displayName: "o.yaml", relativeName: "o.yaml", bytes: Array(others.utf8)),
        ])
        let ir = try #require(compilation.representation, "\(compilation.text)")
        #expect(ir.rateLimits.map(\.requests) == [10] && ir.backends.compactMap { $0.aiRateLimit?.tokens?.total } == [2500])
        #expect(ir.apis[0].rules.count { $0.redirect?.hostname == "new.example.com" } == 2 && ir.apis[0].rules.count { $0.authentication == nil } == 2)
        #expect(ir.apis[0].rules[0].requestHeaders.map(\.name) == ["x-gateway", "x-team", "x-debug"])
        let tls = ir.backends.compactMap(\.tls)
        #expect(tls.map(\.certificateSecret?.key) == ["ca.crt"])
        // And it comes back as custom resources.
        _ = try TableObjects.checkedYAML(of: MappedTable(bytes: emitTable(ir)))
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
            let result = convert(String(decoding: try file.text(), as: UTF8.self))
            let isExpected = ["invalid_cors_API.apk-conf"].contains(file.relativeName)
            #expect((result.yaml == nil) == isExpected, "\(file.relativeName): \(result.messages)")
            guard let yaml = result.yaml else { continue }
            let codes = Set(Compilation(yaml).report.diagnostics.map { "\($0.code)" })
            #expect(codes.isDisjoint(with: ["unknownField", "missingField", "wrongType", "malformed", "objectName"]), "\(file.relativeName): \(codes)")
        }
    }
}
