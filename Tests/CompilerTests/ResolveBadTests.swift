import Compiler
import Foundation
import Policies
import Testing

/// One mistake each: `Bad/NAME.yaml` and, beside it, what the compiler says about it. With `RECORD=1` in the
/// environment the answers are written instead of compared; read the difference before committing it.
@Suite struct ResolveBadTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Bad").path
    static let names: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()

    @Test func thereAreEnough() { #expect(Self.names.count >= 40) }

    @Test(arguments: names) func saysWhatIsWrong(_ name: String) throws {
        let bytes = try #require(FileManager.default.contents(atPath: "\(Self.folder)/\(name).yaml"))
        let compilation = Compilation([SourceFile(displayName: "\(name).yaml", relativeName: "\(name).yaml", bytes: Array(bytes))])
        let found = compilation.text
        if ProcessInfo.processInfo.environment["RECORD"] != nil {
            try found.write(toFile: "\(Self.folder)/\(name).txt", atomically: true, encoding: .utf8)
        }
        let expected = String(decoding: try #require(FileManager.default.contents(atPath: "\(Self.folder)/\(name).txt")), as: UTF8.self)
        #expect(found == expected)
        #expect(!found.isEmpty)
        #expect((compilation.representation == nil) == found.contains("error["))
    }
}
