import Foundation
import FuzzTargets
import Testing

/// Every seed, and everything that was ever found, by the functions that are fuzzed.
@Suite("Seeds and finds of fuzzing")
struct ReplayTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    private static func files(_ kind: String, of target: FuzzTarget) throws -> [URL] {
        let folder = folder.appending(path: "\(kind)/\(target.rawValue)")
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).sorted { $0.path < $1.path }
    }

    @Test("Nothing is wrong, and nothing takes long", arguments: FuzzTarget.allCases)
    func replay(target: FuzzTarget) throws {
        let seeds = try Self.files("Seeds", of: target)
        #expect(seeds.count >= 3)
        let run = target.makeBody()
        for file in try seeds + Self.files("Finds", of: target) {
            let input = Array(try Data(contentsOf: file))
            let time = ContinuousClock().measure {
                #expect(throws: Never.self, "\(file.lastPathComponent)") { try run(input) }
            }
            #expect(time < .seconds(10), "\(file.lastPathComponent) takes \(time)")
        }
    }
}
