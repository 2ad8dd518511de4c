import RoutingTable
@testable import Compiler

/// Matches of one pattern, without a table around it.
enum RegexTesting {
    static func match(_ pattern: String, _ text: String, isPath: Bool = false, forms: CompiledRegex.Forms = .all) throws -> Bool {
        var scratch = RegexScratch()
        let compiled = try CompiledRegex(pattern)
        let regex = try compiled.standalone(captures: forms != .matching, forms: forms)
        return withBytes(text) { regex.match($0, isPath: isPath, scratch: &scratch) }
    }

    /// What the groups matched; nil: no match.
    static func groups(_ pattern: String, _ text: String, isPath: Bool = false, forms: CompiledRegex.Forms = .all) throws -> [String?]? {
        var scratch = RegexScratch()
        var captures = RegexCaptures()
        let compiled = try CompiledRegex(pattern)
        let regex = try compiled.standalone(captures: true, forms: forms)
        return withBytes(text) { bytes in
            guard regex.match(bytes, isPath: isPath, scratch: &scratch, captures: &captures) else { return nil }
            return (1...9).prefix(compiled.groups).map { group in
                captures.range(of: group).map { bytes[min($0.lowerBound, bytes.count)..<min($0.upperBound, bytes.count)].text }
            }
        }
    }

    static func withBytes<Result>(_ text: String, _ body: (Bytes) -> Result) -> Result {
        let array = Array(text.utf8)
        return unsafe array.withUnsafeBytes { unsafe body(Bytes($0)) }
    }
}
