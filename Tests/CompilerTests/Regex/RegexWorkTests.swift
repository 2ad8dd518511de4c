import CTable
import RoutingTable
import Testing
@testable import Compiler

@Suite("Work of regular expressions")
struct RegexWorkTests {
    @Test("Patterns that make others explode take at most their length per byte", arguments: [
        "(a*)*b", "(a|a)*", "(.*.*.*)x", "(a+)+b", "(a|aa)+b", "((a*)*)*b", "(?:a?){50}a{50}b",
    ])
    func linear(pattern: String) throws {
        let compiled = try CompiledRegex(pattern)
        let text = String(repeating: "a", count: 64 << 10)
        let regex = try compiled.standalone(captures: true, forms: [])
        let (record, _) = compiled.sections(captures: true, pattern: 0, at: 0, forms: [])
        var scratch = RegexScratch()
        var captures = RegexCaptures()
        _ = RegexTesting.withBytes(text) { regex.match($0, isPath: true, scratch: &scratch, captures: &captures) }
        // each instruction is followed once and tried once per position; two more positions for the end and the forgiven slash
        #expect(scratch.steps <= 2 * Int(record.program_length) * (text.utf8.count + 4))
        #expect(scratch.steps > 0)
    }

    @Test("Without captures, they take one lookup per byte: their automata fit")
    func automata() throws {
        for pattern in ["(a*)*b", "(a|a)*", "(.*.*.*)x", "(a|aa)+b", "/v1/[^/]+/x", "/chat/(.*)", "a{1000}"] {
            #expect(try CompiledRegex(pattern).hasAutomaton, "\(pattern)")
        }
        // 2^20 states: the program is executed instead, and says the same
        let large = "(?:a|b)*a(?:a|b){20}"
        #expect(try !CompiledRegex(large).hasAutomaton)
        #expect(try RegexTesting.match(large, "bba" + String(repeating: "b", count: 20)))
        #expect(try !RegexTesting.match(large, "bbb" + String(repeating: "b", count: 20)))
    }

    @Test("Usual patterns with groups take one lookup per byte", arguments: ["/chat/(.*)", "/items/([^/]+)/(\\d+)", "/a(/.*)?"])
    func onePass(pattern: String) throws {
        #expect(try CompiledRegex(pattern).standalone(captures: true).hasCaptureAutomaton)
    }
}
