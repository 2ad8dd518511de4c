import Compiler
import Policies
import TestSupport
import Testing

@Suite(.enabled(if: Corpora.sample != nil)) struct ResolveSampleTests {
    private func compile() throws -> Compilation { Compilation(try Inputs.collect([try #require(Corpora.sample)])) }

    @Test func compilesWithItsWarningsOnly() throws {
        let compilation = try compile()
        let found = compilation.report.diagnostics.map { "\($0.severity) \($0.code.name) \($0.place!.line):\($0.place!.column)" }
        #expect(found == [
            "warning RT0415 4:9", "warning RT0313 191:14", "warning RT0313 194:14", "warning RT0313 197:14",
            "warning RT0414 216:18", "warning RT0414 235:18", "warning RT0312 258:11",
        ])
        #expect(compilation.representation != nil)
    }

    @Test func meansWhatItSays() throws {
        let ir = try #require(try compile().representation)
        let api = try #require(ir.apis.first)
        #expect(ir.apis.count == 1)
        #expect(api.environments == [.production, .sandbox])
        #expect(api.rules.map(\.hosts) == [["default.gw.wso2.com"], ["default.gw.wso2.com"], ["default.sandbox.gw.wso2.com"], ["default.sandbox.gw.wso2.com"]])
        #expect(api.rules.flatMap(\.matches).map(\.path) == ["/get", "/chat/completions", "/get", "/chat/completions"].map { "/chat-service-prod-sand/1.0" + $0 })
        #expect(api.rules.flatMap(\.matches).allSatisfy { $0.type == .exact })
        #expect(api.rules.map(\.rewrite) == ["/get", "/chat/completions", "/get", "/chat/completions"].map { .replaceFullPath($0) })
        #expect(api.rules[0].modelPool == api.rules[1].modelPool && api.rules[2].modelPool == api.rules[3].modelPool)
        #expect(api.rules[0].modelPool != api.rules[2].modelPool)
        #expect(api.pools.count == 6)
        let models = api.pools.filter { $0.kind == .models }
        #expect(models.map { $0.targets.map { "\($0.model!)@\($0.backend.name)" } } == [
            ["gpt-4o@chat-backend-1", "o1-mini@chat-backend-2", "gpt-4o-mini@chat-backend-1"],
            ["gpt-4o@chat-backend-1", "o1-mini@chat-backend-2", "gpt-4o-mini@chat-backend-2"],
        ])
        #expect(models.allSatisfy { $0.options.suspendSeconds == 60 && $0.provider?.requestModel == .body(["model"]) })
        #expect(ir.backends.map(\.object.name) == ["chat-backend-1", "chat-backend-2"])
        #expect(ir.backends.allSatisfy { $0.scheme == .https && $0.host == "api.openai.com" && $0.port == 443 && $0.basePath == "/v1" })
        #expect(ir.backends[0].credential?.name == "Authorization" && ir.backends[0].credential?.secret.name == "mysecret")
    }

    @Test func strictMakesTheWarningsErrors() throws {
        var options = Compilation.Options()
        options.isStrict = true
        let compilation = Compilation(try Inputs.collect([try #require(Corpora.sample)]), options: options)
        #expect(compilation.representation == nil && compilation.report.failed)
        #expect(compilation.report.diagnostics.allSatisfy { $0.severity == .error })
    }
}
