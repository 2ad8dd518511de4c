import Compiler
import Policies
import Testing

/// Which of the four layers decides (SEMANTICS, resolution): API.override, Resource.override, Resource.default,
/// API.default; field by field.
@Suite struct ResolvePolicyTests {
    static let base = """
        apiVersion: dp.wso2.com/v1alpha3
        kind: API
        metadata: {name: chat}
        spec:
          apiName: chat
          apiVersion: "1"
          basePath: /chat/1
          production: [{routeRefs: [route]}]
          sandbox: [{routeRefs: [sandbox]}]
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: route}
        spec:
          hostnames: [a.example]
          rules:
            - matches: [{path: {type: Exact, value: /x}}]
              filters: [{type: ExtensionRef, extensionRef: {group: dp.wso2.com, kind: APIPolicy, name: rule}}]
              backendRefs: [{group: dp.wso2.com, kind: Backend, name: b}]
            - matches: [{path: {type: Exact, value: /y}}]
              backendRefs: [{group: dp.wso2.com, kind: Backend, name: b}]
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: sandbox}
        spec:
          hostnames: [s.example]
          rules: [{backendRefs: [{group: dp.wso2.com, kind: Backend, name: b}]}]
        ---
        apiVersion: dp.wso2.com/v1alpha2
        kind: Backend
        metadata: {name: b}
        spec: {services: [{host: b.example, port: 80}]}

        """

    static func policy(_ name: String, _ kind: String, annotations: String = "{}", override: String, default fallback: String) -> String {
        """
        ---
        apiVersion: dp.wso2.com/v1alpha4
        kind: APIPolicy
        metadata: {name: \(name), annotations: \(annotations)}
        spec:
          override: {\(override)}
          default: {\(fallback)}
          targetRef: {group: dp.wso2.com, kind: \(kind), name: chat}

        """
    }

    static func list(_ model: String) -> String {
        "productionModels: [{model: \(model), backendRef: {group: dp.wso2.com, kind: Backend, name: b}}]"
    }

    /// One field in one to four layers: the highest wins, for the rule with a policy and for the one without.
    @Test(arguments: 1..<16) func theHighestLayerWins(_ present: Int) throws {
        let layer = { (bit: Int, name: String) in present & bit == 0 ? "" : "modelBasedRoundRobin: {\(Self.list(name)), onQuotaExceedSuspendDuration: \(bit)}" }
        let text = Self.base + Self.policy("api", "API", override: layer(1, "api-override"), default: layer(8, "api-default"))
            + Self.policy("rule", "Resource", override: layer(2, "rule-override"), default: layer(4, "rule-default"))
        let compilation = Compilation(text)
        let api = try #require(compilation.representation?.apis.first, "\(compilation.text)")
        let names = [1: "api-override", 2: "rule-override", 4: "rule-default", 8: "api-default"]
        let forRule = [1, 2, 4, 8].first { present & $0 != 0 }
        let forOther = [1, 8].first { present & $0 != 0 }
        for (rule, expected) in [(0, forRule), (1, forOther)] {
            let pool = api.rules[rule].modelPool.map { api.pools[$0] }
            #expect(pool?.targets.first?.model == expected.flatMap { names[$0] })
            #expect(pool?.options.suspendSeconds == expected)
        }
        #expect(api.rules[2].modelPool == nil)
    }

    @Test func fieldsAreDecidedOneByOne() throws {
        let text = Self.base
            + Self.policy("api", "API", override: "modelBasedRoundRobin: {onQuotaExceedSuspendDuration: 7}", default: "modelBasedRoundRobin: {\(Self.list("one")), sandboxModels: [{model: s, backendRef: {name: b}}]}")
            + Self.policy("rule", "Resource", override: "", default: "modelBasedRoundRobin: {\(Self.list("two")), onQuotaExceedSuspendDuration: 9}")
        let api = try #require(Compilation(text).representation?.apis.first)
        let pools = api.rules.map { $0.modelPool.map { api.pools[$0] } }
        #expect(pools.map { $0?.targets.first?.model } == ["two", "one", "s"])
        #expect(pools.map { $0?.options.suspendSeconds } == [7, 7, 7])
        #expect(pools[0]?.owner.name == "rule" && pools[1]?.owner.name == "api")
        #expect(pools[2]?.environment == .sandbox)
    }

    @Test func anEmptyListSwitchesTheRotationOff() throws {
        let text = Self.base + Self.policy("api", "API", override: "", default: "modelBasedRoundRobin: {\(Self.list("one"))}")
            + Self.policy("rule", "Resource", override: "modelBasedRoundRobin: {productionModels: []}", default: "")
        let api = try #require(Compilation(text).representation?.apis.first)
        #expect(api.rules[0].modelPool == nil && api.rules[1].modelPool != nil)
    }

    @Test func annotationsOfTheListsOwnerComeFirst() throws {
        let text = Self.base
            + Self.policy("api", "API", annotations: "{rtbl/failover-attempts: \"1\", rtbl/suspend-on: \"connect, 429\", rtbl/client-model: honour}", override: "", default: "modelBasedRoundRobin: {\(Self.list("one"))}")
            + Self.policy("rule", "Resource", annotations: "{rtbl/failover-attempts: \"2\", rtbl/failover-on: \"timeout,500,500\"}", override: "", default: "modelBasedRoundRobin: {\(Self.list("two"))}")
        let api = try #require(Compilation(text).representation?.apis.first)
        let options = api.rules.map { $0.modelPool.map { api.pools[$0].options } }
        #expect(options.map { $0?.failoverAttempts } == [2, 1, nil])
        #expect(options[0]?.failoverOn == ["500", "timeout"] && options[1]?.failoverOn == ["429", "503", "529", "connect"])
        #expect(options[0]?.suspendOn == ["429", "connect"])
        #expect(options[0]?.clientModel == .honour)
        let backends = api.rules.map { api.pools[$0.backendPool!].options }
        #expect(backends.map(\.failoverAttempts) == [2, 1, 1])
        #expect(backends.allSatisfy { $0.suspendSeconds == 0 })
    }

    @Test func backendRefsKeepTheirWeights() throws {
        let text = Self.base.replacing("rules: [{backendRefs: [{group: dp.wso2.com, kind: Backend, name: b}]}]", with: """
            rules: [{backendRefs: [{group: dp.wso2.com, kind: Backend, name: b, weight: 2}, {group: dp.wso2.com, kind: Backend, name: c, weight: 0},
                {group: dp.wso2.com, kind: Backend, name: b, weight: 3}, {group: dp.wso2.com, kind: Backend, name: d}]}]
            """).replacing("filters: [{type: ExtensionRef, extensionRef: {group: dp.wso2.com, kind: APIPolicy, name: rule}}]", with: "name: first")
            + ["c", "d"].map { "---\napiVersion: dp.wso2.com/v1alpha2\nkind: Backend\nmetadata: {name: \($0)}\nspec: {services: [{host: b.example, port: 80}]}\n" }.joined()
        let compilation = Compilation(text)
        let ir = try #require(compilation.representation, "\(compilation.text)")
        let pool = ir.apis[0].pools[try #require(ir.apis[0].rules[2].backendPool)]
        #expect(pool.targets.map { "\($0.backend.name) \($0.weight)" } == ["b 5", "d 1"])
        #expect(ir.backends.map(\.object.name) == ["b", "d"])
    }
}
