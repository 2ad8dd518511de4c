import Foundation

/// Public test suites beside the project, where they are mounted; ROUNDTABLE_CORPORA names another place.
package enum Corpora {
    package static let root: String? = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let path = ProcessInfo.processInfo.environment["ROUNDTABLE_CORPORA"] ?? package.deletingLastPathComponent().appending(path: "shared/corpora").path
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    package static var isPresent: Bool { root != nil }

    /// The sample that users start from.
    package static let sample: String? = {
        guard let root else { return nil }
        let path = URL(filePath: root).deletingLastPathComponent().appending(path: "samples/ai-api-model-routing.yaml").path
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    /// The lines of a file, a JSON object each. None where the suites are not.
    package static func lines(_ path: String) throws -> [[UInt8]] {
        guard let root else { return [] }
        return try Data(contentsOf: URL(filePath: root).appending(path: path)).split(separator: UInt8(ascii: "\n")).map { Array($0) }
    }

    package static func lines<Line: Decodable>(_ path: String, as type: Line.Type) throws -> [Line] {
        let decoder = JSONDecoder()
        return try lines(path).map { try decoder.decode(Line.self, from: Data($0)) }
    }
}
