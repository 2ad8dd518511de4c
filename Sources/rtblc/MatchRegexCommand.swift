import ArgumentParser
import Compiler
import RoutingTable

/// Matches texts against patterns, for comparison with another engine of RE2's syntax. Not shown in the help: its
/// input and output are for programs.
///
/// A line of the input is the pattern in hexadecimal, a blank, the text in hexadecimal. A line of the output is
/// `error OFFSET`, `large`, or the results of the match automaton, the capture automaton and the program, with blanks between
/// them: `-` (the form does not exist), `no`, `yes`, or the groups as `BEGIN:END` or `_`, with commas between them.
/// With `--rounds` it is instead what one match takes, without and with groups, by the forms that a table would have.
struct MatchRegexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "match-regex", shouldDisplay: false)

    @Option(help: "Matches per measurement.")
    var rounds = 0

    func run() throws {
        var scratch = RegexScratch()
        while let line = readLine() {
            let fields = line.split(separator: " ", omittingEmptySubsequences: false).map { Self.bytes($0) }
            guard fields.count == 2, let pattern = fields[0], let text = fields[1] else { throw ValidationError("not two fields in hexadecimal: \(line)") }
            let expression = String(decoding: pattern, as: UTF8.self)
            print(rounds > 0 ? try measure(expression, text, &scratch) : try Self.answer(expression, text, &scratch))
        }
    }

    private func measure(_ pattern: String, _ text: [UInt8], _ scratch: inout RegexScratch) throws -> String {
        let compiled = try CompiledRegex(pattern)
        return try [false, true].map { captures in
            let regex = try compiled.standalone(captures: captures)
            var groups = RegexCaptures()
            var matches = 0
            let time = ContinuousClock().measure {
                // The bytes are lent for the call only.
                unsafe text.withUnsafeBytes { buffer in
                    let bytes = unsafe Bytes(buffer)
                    for _ in 0..<rounds {
                        let isMatch = captures ? regex.match(bytes, isPath: true, scratch: &scratch, captures: &groups)
                            : regex.match(bytes, isPath: true, scratch: &scratch)
                        if isMatch { matches += 1 }
                    }
                }
            }
            return "\(captures ? "groups" : "match") \(time / rounds) (\(matches == rounds ? "matches" : "does not match"))"
        }.joined(separator: ", ")
    }

    private static func answer(_ pattern: String, _ text: [UInt8], _ scratch: inout RegexScratch) throws -> String {
        let compiled: CompiledRegex
        do throws(RegexError) { compiled = try CompiledRegex(pattern) } catch { return error.isTooLarge ? "large" : "error \(error.offset)" }
        var out: [String] = []
        for forms in [CompiledRegex.Forms.matching, .capturing, []] {
            let regex = try compiled.standalone(captures: forms != .matching, forms: forms)
            // The bytes are lent for the call only.
            out.append(unsafe text.withUnsafeBytes { buffer in
                let bytes = unsafe Bytes(buffer)
                if forms == .matching {
                    guard regex.hasMatchAutomaton else { return "-" }
                    return regex.match(bytes, isPath: false, scratch: &scratch) ? "yes" : "no"
                }
                if forms == .capturing, !regex.hasCaptureAutomaton { return "-" }
                var captures = RegexCaptures()
                guard regex.match(bytes, isPath: false, scratch: &scratch, captures: &captures) else { return "no" }
                let groups = (1...9).prefix(compiled.groups).map { group in captures.range(of: group).map { "\($0.lowerBound):\($0.upperBound)" } ?? "_" }
                return groups.isEmpty ? "yes" : groups.joined(separator: ",")
            })
        }
        return out.joined(separator: " ")
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let digits = text.utf8.map { $0.hexDigitValue }
        guard digits.count % 2 == 0 else { return nil }
        var out: [UInt8] = []
        for at in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[at], let low = digits[at + 1] else { return nil }
            out.append(high << 4 | low)
        }
        return out
    }
}
