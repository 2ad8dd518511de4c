import Compiler
import Foundation
import Policies

/// The public corpora beside the project, where they are mounted.
enum Corpora {
    static let root: String? = {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let path = ProcessInfo.processInfo.environment["ROUNDTABLE_CORPORA"] ?? package.deletingLastPathComponent().appendingPathComponent("shared/corpora").path
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    /// The sample that users start from.
    static let sample: String? = {
        guard let root else { return nil }
        let path = URL(fileURLWithPath: root).deletingLastPathComponent().appendingPathComponent("samples/ai-api-model-routing.yaml").path
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()
}

extension Compilation {
    init(_ text: String, name: String = "policies/test.yaml", options: Options = Options()) {
        self.init([SourceFile(displayName: name, relativeName: String(name.split(separator: "/").last!), bytes: Array(text.utf8))], options: options)
    }

    var text: String { DiagnosticRenderer(files: files).render(report, as: .text) }
}
