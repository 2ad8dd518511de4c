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

    @Test("Measured: nanoseconds of a match", .enabled(if: RegexWorkTests.isMeasured))
    func measure() throws {
        for (pattern, text) in [
            ("/chat/(.*)", "/chat/completions/abcdefghijklmnopqrstuv"), ("/v1/[^/]+/x", "/v1/abcdefghijklmnopqrstuvwxyzabcdefgh/x"),
            ("(.*)/(.*)/x", "/v1/abcdefghijklmnopqrstuvwxyzabcdefgh/x"),
        ] {
            for (captures, forms) in [(false, CompiledRegex.Forms.all), (true, .all), (true, [])] {
                let regex = try CompiledRegex(pattern).standalone(captures: captures, forms: forms)
                var scratch = RegexScratch()
                var result = RegexCaptures()
                var matched = 0
                let rounds = 200_000
                let time = ContinuousClock().measure {
                    RegexTesting.withBytes(text) { bytes in
                        for _ in 0..<rounds {
                            let isMatch = captures ? regex.match(bytes, isPath: true, scratch: &scratch, captures: &result)
                                : regex.match(bytes, isPath: true, scratch: &scratch)
                            matched += isMatch ? 1 : 0
                        }
                    }
                }
                #expect(matched == rounds)
                print("\(pattern) on \(text.utf8.count) bytes, \(captures ? "captures" : "match"), \(forms == [] ? "program" : "automaton if it fits"): \(time / rounds)")
            }
        }
    }

    private static var isMeasured: Bool {
        #if DEBUG
        false
        #else
        true
        #endif
    }
}
