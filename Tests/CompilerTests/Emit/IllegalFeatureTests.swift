import CTable
import RoutingTable
import TestSupport
import Testing
@testable import Compiler

@Suite("Illegal values in the sections of format 1.1")
struct IllegalFeatureTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var kind: Int
        var element = 0
        var offset: Int
        var bytes = 4
        var value: UInt64
        /// What the fault says.
        var fault: String
        var testDescription: String { fault }
    }

    private static let none = UInt64(RTBL_NONE)

    private static let cases: [Case] = [
        Case(kind: RTBL_SECTION_ROUTES, offset: 8, value: 9, fault: "ROUTES[0].conditions is 9"),
        Case(kind: RTBL_SECTION_RULES, offset: 16, value: 9, fault: "RULES[0].extras is 9"),
        Case(kind: RTBL_SECTION_APIS, offset: 28, value: 0, fault: "APIS[0].authentication"),
        Case(kind: RTBL_SECTION_CONDITION_SETS, offset: 0, value: 2, fault: "CONDITION_SETS[0].first"),
        Case(kind: RTBL_SECTION_CONDITION_SETS, offset: 4, value: 0, fault: "CONDITION_SETS[0] is empty"),
        Case(kind: RTBL_SECTION_CONDITION_SETS, offset: 4, bytes: 2, value: 17, fault: "more than 16 conditions"),
        Case(kind: RTBL_SECTION_CONDITIONS, offset: 0, value: 1, fault: "CONDITIONS[0].name points to byte 1"),
        Case(kind: RTBL_SECTION_CONDITIONS, element: 2, offset: 0, value: 0, fault: "CONDITIONS[2].name is empty"),
        Case(kind: RTBL_SECTION_CONDITIONS, offset: 4, value: 1, fault: "CONDITIONS[0].value points"),
        Case(kind: RTBL_SECTION_CONDITIONS, offset: 8, value: 7, fault: "CONDITIONS[0].regex"),
        Case(kind: RTBL_SECTION_RULE_EXTRAS, offset: 0, value: 9, fault: "RULE_EXTRAS[0].first_header_operation"),
        Case(kind: RTBL_SECTION_RULE_EXTRAS, offset: 8, value: 1, fault: "RULE_EXTRAS[0].redirect is 1"),
        Case(kind: RTBL_SECTION_RULE_EXTRAS, offset: 12, value: 2, fault: "RULE_EXTRAS[0].cors is 2"),
        Case(kind: RTBL_SECTION_RULE_EXTRAS, offset: 16, value: 2, fault: "RULE_EXTRAS[0].authentication is 2"),
        Case(kind: RTBL_SECTION_RULE_EXTRAS, offset: 20, value: 99, fault: "RULE_EXTRAS[0].first_rate_limit"),
        Case(kind: RTBL_SECTION_RULE_EXTRAS, offset: 26, bytes: 2, value: 1, fault: "a reserved field of RULE_EXTRAS[0]"),
        Case(kind: RTBL_SECTION_HEADER_OPERATIONS, offset: 8, bytes: 1, value: 4, fault: "HEADER_OPERATIONS[0].operation"),
        Case(kind: RTBL_SECTION_HEADER_OPERATIONS, offset: 9, bytes: 1, value: 1, fault: "HEADER_OPERATIONS[0].operation"),
        Case(kind: RTBL_SECTION_HEADER_OPERATIONS, offset: 0, value: 0, fault: "HEADER_OPERATIONS[0].name"),
        Case(kind: RTBL_SECTION_HEADER_OPERATIONS, offset: 8, bytes: 1, value: 3, fault: "HEADER_OPERATIONS[0].value"),
        Case(kind: RTBL_SECTION_REDIRECTS, offset: 14, bytes: 2, value: 200, fault: "REDIRECTS[0].status is 200"),
        Case(kind: RTBL_SECTION_REDIRECTS, offset: 16, bytes: 1, value: 3, fault: "REDIRECTS[0].path is unknown"),
        Case(kind: RTBL_SECTION_REDIRECTS, offset: 0, value: 2, fault: "REDIRECTS[0].scheme"),
        Case(kind: RTBL_SECTION_CORS, offset: 4, bytes: 2, value: 9_999, fault: "CORS[0].origins"),
        Case(kind: RTBL_SECTION_CORS, offset: 0, bytes: 8, value: 0, fault: "CORS[0].origins is empty"),
        Case(kind: RTBL_SECTION_CORS, offset: 36, value: 2, fault: "CORS[0].flags"),
        Case(kind: RTBL_SECTION_AUTHENTICATIONS, offset: 16, bytes: 2, value: 0, fault: "AUTHENTICATIONS[0] has no scheme"),
        Case(kind: RTBL_SECTION_AUTHENTICATIONS, offset: 16, bytes: 2, value: 99, fault: "AUTHENTICATIONS[0].first_scheme"),
        Case(kind: RTBL_SECTION_AUTHENTICATIONS, offset: 18, bytes: 2, value: 99, fault: "AUTHENTICATIONS[0].first_issuer"),
        Case(kind: RTBL_SECTION_AUTHENTICATION_SCHEMES, offset: 16, bytes: 1, value: 6, fault: "AUTHENTICATION_SCHEMES[0].kind"),
        Case(kind: RTBL_SECTION_AUTHENTICATION_SCHEMES, offset: 16, bytes: 1, value: 5, fault: "AUTHENTICATION_SCHEMES[0].certificates"),
        Case(kind: RTBL_SECTION_AUTHENTICATION_SCHEMES, offset: 17, bytes: 1, value: 4, fault: "AUTHENTICATION_SCHEMES[0].flags"),
        Case(kind: RTBL_SECTION_AUTHENTICATION_SCHEMES, offset: 0, value: 0, fault: "AUTHENTICATION_SCHEMES[0].name"),
        Case(kind: RTBL_SECTION_TOKEN_ISSUERS, offset: 12, value: 0, fault: "TOKEN_ISSUERS[0].issuer is empty"),
        Case(kind: RTBL_SECTION_TOKEN_ISSUERS, offset: 44, value: 99, fault: "TOKEN_ISSUERS[0].certificates"),
        Case(kind: RTBL_SECTION_TOKEN_ISSUERS, element: 1, offset: 52, value: 0, fault: "TOKEN_ISSUERS[1] has no key"),
        Case(kind: RTBL_SECTION_TOKEN_ISSUERS, offset: 40, bytes: 2, value: 1, fault: "TOKEN_ISSUERS[0].claim_mappings are not pairs"),
        Case(kind: RTBL_SECTION_RATE_LIMITS, offset: 28, value: 0, fault: "RATE_LIMITS[0].requests is 0"),
        Case(kind: RTBL_SECTION_RATE_LIMITS, offset: 32, bytes: 1, value: 4, fault: "RATE_LIMITS[0].scope"),
        Case(kind: RTBL_SECTION_RATE_LIMITS, offset: 33, bytes: 1, value: 0, fault: "RATE_LIMITS[0].scope or .window"),
        Case(kind: RTBL_SECTION_RATE_LIMITS, offset: 32, bytes: 1, value: 3, fault: "RATE_LIMITS[0].key"),
        Case(kind: RTBL_SECTION_BACKEND_EXTRAS, offset: 0, value: 3, fault: "BACKEND_EXTRAS[0].backend is 3"),
        Case(kind: RTBL_SECTION_BACKEND_EXTRAS, offset: 4, value: 1, fault: "BACKEND_EXTRAS[0].tls is 1"),
        Case(kind: RTBL_SECTION_BACKEND_EXTRAS, offset: 8, value: 1, fault: "BACKEND_EXTRAS[0].retry is 1"),
        Case(kind: RTBL_SECTION_BACKEND_EXTRAS, offset: 12, value: 1, fault: "BACKEND_EXTRAS[0].circuit_breaker is 1"),
        Case(kind: RTBL_SECTION_BACKEND_EXTRAS, offset: 16, value: 1, fault: "BACKEND_EXTRAS[0].health_check is 1"),
        Case(kind: RTBL_SECTION_BACKEND_EXTRAS, offset: 20, value: 1, fault: "BACKEND_EXTRAS[0].ai_rate_limit is 1"),
        Case(kind: RTBL_SECTION_BACKEND_TLS, offset: 0, value: 99, fault: "BACKEND_TLS[0].certificates"),
        Case(kind: RTBL_SECTION_BACKEND_TLS, offset: 8, bytes: 2, value: 9_999, fault: "BACKEND_TLS[0].allowed_sans"),
        Case(kind: RTBL_SECTION_RETRIES, offset: 4, value: 0, fault: "RETRIES[0].base_interval_millis"),
        Case(kind: RTBL_SECTION_RETRIES, offset: 8, value: 99, fault: "RETRIES[0].first_status"),
        Case(kind: RTBL_SECTION_NUMBER_LISTS, offset: 0, value: 99, fault: "RETRIES[0] has status codes"),
        Case(kind: RTBL_SECTION_HEALTH_CHECKS, offset: 0, value: 0, fault: "HEALTH_CHECKS[0] has a 0"),
        Case(kind: RTBL_SECTION_AI_RATE_LIMITS, offset: 20, value: 0, fault: "AI_RATE_LIMITS[0] has a limit of 0"),
        Case(kind: RTBL_SECTION_AI_RATE_LIMITS, offset: 36, bytes: 1, value: 0, fault: "AI_RATE_LIMITS[0] limits nothing"),
        Case(kind: RTBL_SECTION_POOL_EXTRAS, offset: 0, value: 1, fault: "POOL_EXTRAS[0].pool is 1"),
        Case(kind: RTBL_SECTION_POOL_EXTRAS, offset: 8, bytes: 1, value: 3, fault: "POOL_EXTRAS[0].sticky"),
        Case(kind: RTBL_SECTION_POOL_EXTRAS, offset: 4, value: 0, fault: "POOL_EXTRAS[0].sticky is unknown"),
        Case(kind: RTBL_SECTION_BLOBS, offset: 0, value: 1, fault: "BLOBS[0]"),
        Case(kind: RTBL_SECTION_BLOBS, offset: 4, value: 0, fault: "BLOBS[0]"),
        Case(kind: RTBL_SECTION_BLOB_DATA, offset: 0, bytes: 1, value: 0xff, fault: "BLOBS[0] is not UTF-8"),
    ]

    @Test("are refused by the names of section and field", arguments: cases)
    func refused(_ illegal: Case) throws {
        var editor = TableFileEditor(try emitTable(EmitFixtures.everything(), debug: false))
        editor.store(illegal.value, bytes: illegal.bytes, at: editor.element(illegal.kind, illegal.element) + illegal.offset)
        editor.repairDigest()
        let fault = try #require(editor.fault)
        #expect(fault.description.contains(illegal.fault), "\(fault)")
    }

    @Test("A section that is there without elements is refused; so is an element of another size")
    func directory() throws {
        let table = try emitTable(EmitFixtures.everything(), debug: false)
        for (field, value, fault) in [(24, 0, "section RETRIES is there without elements"), (8, 20, "elements of RETRIES are 20 bytes long, not 16")] as [(Int, UInt8, String)] {
            var editor = TableFileEditor(table)
            editor.setByte(editor.directoryEntry(RTBL_SECTION_RETRIES) + field, to: value)
            editor.repairDigest()
            #expect(editor.fault?.description.contains(fault) == true)
        }
    }

    @Test("Any byte of these sections may change: a table that is not refused can be read in full")
    func anyByte() throws {
        let table = try emitTable(EmitFixtures.everything(), debug: false)
        var refused = 0
        for section in try MappedTable(bytes: table).directory where section.kind >= 19 {
            for position in section.offset..<section.offset + section.byteCount {
                var editor = TableFileEditor(table)
                editor.setByte(position, to: table[position] ^ 0x41)
                editor.repairDigest()
                if editor.fault != nil {
                    refused += 1
                } else {
                    let mapped = try MappedTable(bytes: editor.bytes)
                    var lines = 0
                    TableReport(mapped).text { _ in lines += 1 }
                    #expect(lines > 0)
                    #expect(TableRequirements(mapped.table).uses.count > 0)
                }
            }
        }
        #expect(refused > 300)
    }
}
