import RoutingTable
import Testing
@testable import Compiler
@testable import Proxy

@Suite("What a table may need")
struct ServedFeatureTests {
    /// One API with one rule and one backend.
    private static func table(_ change: (inout IntermediateRepresentation) -> Void = { _ in }) throws -> MappedTable {
        let json = """
            {"version": 1,
             "apis": [{"object": {"namespace": "n", "name": "a"}, "apiName": "A", "apiVersion": "1", "basePath": "/a/1", "organization": "o",
                       "isDefaultVersion": false, "isOpen": true, "environments": ["production"],
                       "pools": [{"kind": "backends", "environment": "production", "ownerKind": "HTTPRoute", "owner": {"namespace": "n", "name": "r"},
                                  "ruleIndex": 0, "targets": [{"backend": {"namespace": "n", "name": "b"}, "weight": 1, "tier": 0}],
                                  "options": {"suspendSeconds": 0, "failoverAttempts": 3, "failoverOn": [], "suspendOn": [], "allSuspended": "reject",
                                              "retryAfter": "extend", "suspendFor": "policy", "clientModel": "ignore", "missingModel": "insert"}}],
                       "rules": [{"environment": "production", "route": {"namespace": "n", "name": "r"}, "index": 0, "hosts": ["h"], "rewrite": {},
                                  "matches": [{"type": "prefix", "basePath": "/a/1", "path": "/a/1"}], "backendPool": 0,
                                  "position": {"file": "r.yaml", "line": 7}}]}],
             "backends": [{"object": {"namespace": "n", "name": "b"}, "scheme": "http", "host": "p", "port": 80, "basePath": "", "settings": {}}]}
            """
        var ir = try IntermediateRepresentation(json: Array(json.utf8))
        change(&ir)
        return try MappedTable(bytes: emitTable(ir))
    }

    @Test("A plain table needs nothing; one that needs what is not served is refused by name, with exit code 1")
    func refusal() throws {
        let plain = try Self.table()
        try Server.checkRequirements(plain.table, path: "t.rtbl")
        let mapped = try Self.table {
            $0.tokenIssuers = [.init(object: .init(namespace: "n", name: "i"), name: "i", issuer: "i", organization: "o", keySet: "{}")]
            $0.authentications = [.init(oauth2: .init(), issuers: [0])]
            $0.apis[0].rules[0].authentication = 0
            $0.backends[0].retry = .init(statusCodes: [503])
        }
        let needed: Set<TableRequirements.Feature> = [.authentication, .retries]
        #expect(Set(TableRequirements(mapped.table).uses.map(\.feature)) == needed)
        try Server.checkRequirements(mapped.table, path: "t.rtbl")
        let exit = #expect(throws: Server.Exit.self) { try Server.checkRequirements(mapped.table, path: "t.rtbl", served: Server.servedFeatures.subtracting(needed)) }
        #expect(exit?.code == 1)
        #expect(exit?.message.hasPrefix("t.rtbl is refused: ") == true)
        for feature in needed { #expect(exit?.message.contains(feature.rawValue) == true) }
        #expect(exit?.message.contains("authentication, first in API n/a, rule 0 of the table (r.yaml:7)") == true)
    }
}
