import CTable
import Policies
import RoutingTable
import TestSupport
import Testing
@testable import Compiler

@Suite("Certificates in Secrets that the compiler has not seen")
struct SecretTextTests {
    /// A Backend, a TokenIssuer and clients' certificates, each with a Secret that is not there.
    static let policies = """
        apiVersion: dp.wso2.com/v1alpha3
        kind: API
        metadata: {name: a}
        spec: {apiName: A, apiType: REST, apiVersion: "1", basePath: /a/1, organization: o, production: [{routeRefs: [r]}]}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: r}
        spec: {hostnames: [h.example.com], rules: [{matches: [{path: {type: Exact, value: /x}}], backendRefs: [{group: dp.wso2.com, kind: Backend, name: b}]}]}
        ---
        apiVersion: dp.wso2.com/v1alpha2
        kind: Backend
        metadata: {name: b}
        spec: {services: [{host: b.example.com, port: 443}], protocol: https, tls: {secretRef: {name: b-ca, key: ca.crt}, allowedSANs: [c.example.com]}}
        ---
        apiVersion: dp.wso2.com/v1alpha2
        kind: TokenIssuer
        metadata: {name: i}
        spec:
          name: i
          organization: o
          issuer: https://i
          consumerKeyClaim: azp
          scopesClaim: scope
          signatureValidation: {certificate: {secretRef: {name: idp, key: tls.crt}}, jwks: {url: "https://i/keys", tls: {secretRef: {name: idp, key: ca.crt}}}}
        ---
        apiVersion: dp.wso2.com/v1alpha2
        kind: Authentication
        metadata: {name: auth}
        spec:
          default: {authTypes: {mtls: {secretRefs: [{name: c1, key: a}, {name: c2, key: b}], certificatesInline: ["\(RandomPolicies.pem("A").replacing("\n", with: "\\n"))"]}}}
          targetRef: {group: dp.wso2.com, kind: API, name: a}

        """

    @Test("A warning each, and a place in the representation and in the table")
    func compiles() throws {
        let compilation = Compilation(Self.policies)
        #expect(compilation.report.diagnostics.map(\.code) == Array(repeating: .certificateSecretNotFound, count: 5), "\(compilation.text)")
        let ir = try #require(compilation.representation)
        func secret(_ name: String, _ key: String) -> IntermediateRepresentation.SecretText { .init(secret: .init(namespace: "default", name: name), key: key) }
        #expect(ir.backends[0].tls == .init(certificateSecret: secret("b-ca", "ca.crt"), allowedSANs: ["c.example.com"]))
        #expect(ir.tokenIssuers[0].certificateSecret == secret("idp", "tls.crt") && ir.tokenIssuers[0].keySetURLCertificateSecret == secret("idp", "ca.crt"))
        #expect(ir.authentications[0].mutualTLS?.certificateSecrets == [secret("c1", "a"), secret("c2", "b")])
        #expect(try IntermediateRepresentation(json: ir.json()) == ir)
        let mapped = try MappedTable(bytes: emitTable(ir))
        let table = mapped.table
        #expect(table.features.secretTexts.count == 5 && table.features.blobs.count == 6)
        // What is not there is never taken for a certificate: an unprepared reader gets an empty text, which trusts nobody.
        #expect(table.blob(table.features.backendTLS[0].certificates)?.isEmpty == true)
        #expect(TableReport(mapped).backends[0].features?.tls == ir.backends[0].tls)
        #expect(table.authentication(0).mutualTLS == ir.authentications[0].mutualTLS)
        var issuer = table.tokenIssuer(0)
        issuer.position = ir.tokenIssuers[0].position
        #expect(issuer == ir.tokenIssuers[0])
        #expect(TableRequirements(table).uses.contains { $0.feature == .secretTexts })
    }

    @Test("A table without them has no such section")
    func absent() throws {
        let mapped = try MappedTable(bytes: emitTable(EmitFixtures.everything()))
        #expect(!mapped.directory.contains { Int($0.kind) == RTBL_SECTION_SECRET_TEXTS })
        #expect(!TableRequirements(mapped.table).uses.contains { $0.feature == .secretTexts })
    }

    @Test("A key that is not in a Secret that is there is an error, and so is a ConfigMap that is absent")
    func stillErrors() {
        let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: idp}\nstringData: {other: x}\n"
        let keys = Compilation(Self.policies + secret).report.diagnostics.filter { $0.severity == .error }
        #expect(keys.map(\.code) == [.secretKeyNotFound, .secretKeyNotFound])
        let map = Compilation(Self.policies.replacing("secretRef: {name: b-ca", with: "configMapRef: {name: b-ca")).report.diagnostics.filter { $0.severity == .error }
        #expect(map.map(\.code) == [.configMapNotFound])
        let name = Compilation(Self.policies.replacing("secretRef: {name: b-ca", with: "secretRef: {name: ../b")).report.diagnostics.filter { $0.severity == .error }
        #expect(name.map(\.code) == [.objectName])
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var kind = RTBL_SECTION_SECRET_TEXTS
        var element = 0
        var offset: Int
        var value: UInt64
        var fault: String
        var testDescription: String { fault }
    }

    @Test("Illegal values are named", arguments: [
        Case(offset: 0, value: 1, fault: "a string in SECRET_TEXTS[0] points"), Case(offset: 4, value: 0, fault: "SECRET_TEXTS[0] names no Secret"),
        Case(offset: 8, value: 0, fault: "SECRET_TEXTS[0] names no Secret"), Case(offset: 12, value: 0, fault: "SECRET_TEXTS[0].rest is 0"),
        Case(element: 4, offset: 12, value: 5, fault: "SECRET_TEXTS[4].rest is 5"), Case(kind: RTBL_SECTION_BLOBS, offset: 0, value: 1, fault: "BLOBS[0] is empty"),
        Case(kind: RTBL_SECTION_BLOBS, offset: 0, value: 99, fault: "BLOBS[0] is empty"), Case(kind: RTBL_SECTION_BLOBS, offset: 4, value: 1, fault: "BLOBS[1] is empty, and not the next of SECRET_TEXTS"),
    ])
    func illegal(_ bad: Case) throws {
        var editor = try TableFileEditor(emitTable(#require(Compilation(Self.policies).representation)))
        editor.store(bad.value, bytes: 4, at: editor.element(bad.kind, bad.element) + bad.offset)
        editor.repairDigest()
        let fault = editor.fault.map { "\($0)" } ?? "accepted"
        #expect(fault.contains(bad.fault), "\(fault)")
    }
}
