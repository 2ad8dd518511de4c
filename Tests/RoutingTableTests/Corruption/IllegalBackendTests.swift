import CTable
import RoutingTable
import TestSupport
import Testing
@testable import Compiler

/// FORMAT.md, "Illegal values": backends, credentials, providers.
@Suite("Illegal values of backends and providers")
struct IllegalBackendTests {
    private static func backend(_ name: String, _ field: KeyPath<rtbl_backend, UInt32> & Sendable, _ text: String, _ message: String) -> Defect {
        Defect(name, message) { $0.set(RTBL_SECTION_BACKENDS, 1, field, toString: text) }
    }

    @Test("Backends", arguments: [
        Defect("no host", "BACKENDS[1].host is empty") { $0.set(RTBL_SECTION_BACKENDS, 1, \rtbl_backend.host, to: 0) },
        Defect("no host header", "BACKENDS[1].host_header is empty") { $0.set(RTBL_SECTION_BACKENDS, 1, \rtbl_backend.host_header, to: 0) },
        backend("host with a blank", \.host, "a b", "BACKENDS[1].host is empty, or has bytes that may not stand there"),
        backend("host with a path", \.host, "a/b", "BACKENDS[1].host is empty, or has bytes"),
        backend("host header with a line feed", \.host_header, "a\r\nx: y", "BACKENDS[1].host_header is empty, or has bytes"),
        backend("host header with a query", \.host_header, "a?b", "BACKENDS[1].host_header is empty, or has bytes"),
        backend("host header with a user", \.host_header, "u@a", "BACKENDS[1].host_header is empty, or has bytes"),
        backend("host header that is not ASCII", \.host_header, "é", "BACKENDS[1].host_header is empty, or has bytes"),
        backend("base path that ends with a slash", \.base_path, "/v1/", "BACKENDS[1].base_path is not a path"),
        backend("base path that is a slash", \.base_path, "/", "BACKENDS[1].base_path is not a path"),
        backend("base path without a slash", \.base_path, "v1", "BACKENDS[1].base_path is not a path"),
        backend("base path with a blank", \.base_path, "/v 1", "BACKENDS[1].base_path is not a path"),
        backend("base path with a fragment", \.base_path, "/v#1", "BACKENDS[1].base_path is not a path"),
        Defect("credential", "BACKENDS[1].credential is 2, but there are only 2") { $0.set(RTBL_SECTION_BACKENDS, 1, \rtbl_backend.credential, to: 2) },
        Defect("settings", "BACKENDS[1].settings is 2, but there are only 2") { $0.set(RTBL_SECTION_BACKENDS, 1, \rtbl_backend.settings, to: 2) },
        Defect("no settings", "BACKENDS[1].settings is 4294967295") { $0.set(RTBL_SECTION_BACKENDS, 1, \rtbl_backend.settings, to: RTBL_NONE) },
        Defect("port", "BACKENDS[1].port is 0") { $0.set(RTBL_SECTION_BACKENDS, 1, \rtbl_backend.port, to: 0) },
        Defect("no scheme", "BACKENDS[1].scheme is unknown") { $0.set(RTBL_SECTION_BACKENDS, 1, \rtbl_backend.scheme, to: 0) },
        Defect("scheme", "BACKENDS[1].scheme is unknown") { $0.set(RTBL_SECTION_BACKENDS, 1, \rtbl_backend.scheme, to: 3) },
        Defect("reserved", "a reserved field of BACKENDS[1] is not 0") { $0.set(RTBL_SECTION_BACKENDS, 1, \rtbl_backend.reserved, to: 1) },
        Defect("reserved of settings", "a reserved field of BACKEND_SETTINGS[1] is not 0") {
            $0.set(RTBL_SECTION_BACKEND_SETTINGS, 1, \rtbl_backend_settings.reserved, to: 1)
        },
    ])
    func backends(defect: Defect) throws { try defect.check() }

    /// In the small table, the first is basic and the second a query parameter.
    private static func credential(_ name: String, kind: Int, _ text: String) -> Defect {
        Defect(name, "CREDENTIALS[1].name is empty, or has bytes that may not stand there") {
            $0.set(RTBL_SECTION_CREDENTIALS, 1, \rtbl_credential.kind, to: UInt8(kind))
            $0.set(RTBL_SECTION_CREDENTIALS, 1, \rtbl_credential.name, toString: text)
        }
    }

    @Test("Credentials", arguments: [
        Defect("no kind", "CREDENTIALS[1].kind is unknown") { $0.set(RTBL_SECTION_CREDENTIALS, 1, \rtbl_credential.kind, to: 0) },
        Defect("kind", "CREDENTIALS[1].kind is unknown") { $0.set(RTBL_SECTION_CREDENTIALS, 1, \rtbl_credential.kind, to: 4) },
        Defect("reserved", "a reserved field of CREDENTIALS[0] is not 0") { $0.setByte($0.element(RTBL_SECTION_CREDENTIALS) + 23, to: 1) },
        Defect("no name", "CREDENTIALS[1].name is empty") { $0.set(RTBL_SECTION_CREDENTIALS, 1, \rtbl_credential.name, to: 0) },
        credential("header with a blank", kind: RTBL_CREDENTIAL_HEADER, "api key"),
        credential("header with a line feed", kind: RTBL_CREDENTIAL_HEADER, "a\r\nb"),
        credential("header with a colon", kind: RTBL_CREDENTIAL_HEADER, "a:"),
        credential("header with brackets", kind: RTBL_CREDENTIAL_HEADER, "a[b]"),
        credential("parameter with an ampersand", kind: RTBL_CREDENTIAL_QUERY, "a&b"),
        credential("parameter with an equals sign", kind: RTBL_CREDENTIAL_QUERY, "a=b"),
        credential("parameter with a fragment", kind: RTBL_CREDENTIAL_QUERY, "a#b"),
        credential("parameter with a percent sign", kind: RTBL_CREDENTIAL_QUERY, "a%"),
    ])
    func credentials(defect: Defect) throws { try defect.check() }

    @Test("Names of parameters that the compiler takes", arguments: ["key", "api-key", "auth[key]", "a.b_c~d"])
    func parameters(name: String) throws {
        var ir = Fixtures.small()
        ir.backends[1].credential?.name = name
        #expect(TableFileEditor(try emitTable(ir)).fault == nil)
    }

    /// The small table's provider has the request's model in the body (two keys) and the total in a header.
    @Test("Providers", arguments: [
        Defect("request model nowhere", "PROVIDERS[0].request_model is of no location") {
            $0.set(RTBL_SECTION_PROVIDERS, 0, \rtbl_provider.request_model.location, to: 0)
        },
        Defect("location", "PROVIDERS[0].prompt_tokens.location is unknown") { $0.set(RTBL_SECTION_PROVIDERS, 0, \rtbl_provider.prompt_tokens.location, to: 3) },
        Defect("reserved", "a reserved field of PROVIDERS[0].total_tokens is not 0") { $0.set(RTBL_SECTION_PROVIDERS, 0, \rtbl_provider.total_tokens.reserved, to: 1) },
        Defect("beyond the lists", "PROVIDERS[0].total_tokens reaches beyond STRING_LISTS") {
            $0.set(RTBL_SECTION_PROVIDERS, 0, \rtbl_provider.total_tokens.first_component, to: 3)
        },
        Defect("far beyond the lists", "PROVIDERS[0].total_tokens reaches beyond STRING_LISTS") {
            $0.set(RTBL_SECTION_PROVIDERS, 0, \rtbl_provider.total_tokens.first_component, to: .max)
        },
        Defect("a header of two names", "PROVIDERS[0].request_model has 2 components") { $0.set(RTBL_SECTION_PROVIDERS, 0, \rtbl_provider.request_model.location, to: 2) },
        Defect("no keys", "PROVIDERS[0].request_model has 0 components") { $0.set(RTBL_SECTION_PROVIDERS, 0, \rtbl_provider.request_model.component_count, to: 0) },
        Defect("keys of nothing", "PROVIDERS[0].response_model has 1 components") { $0.set(RTBL_SECTION_PROVIDERS, 0, \rtbl_provider.response_model.component_count, to: 1) },
        Defect("nine keys", "PROVIDERS[0].request_model has 9 components") {
            $0.replace(RTBL_SECTION_STRING_LISTS, with: [UInt8](repeating: 0, count: 36))
            $0.set(RTBL_SECTION_PROVIDERS, 0, \rtbl_provider.total_tokens.location, to: 1)
            $0.set(RTBL_SECTION_PROVIDERS, 0, \rtbl_provider.request_model.component_count, to: 9)
        },
        Defect("header name", "PROVIDERS[0].total_tokens has 1 components, or a name that is not one") {
            let name = $0.add(string: Array("x t".utf8))
            $0.store(name, at: $0.element(RTBL_SECTION_STRING_LISTS, 2))
        },
    ])
    func providers(defect: Defect) throws { try defect.check() }
}
