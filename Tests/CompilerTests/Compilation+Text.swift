import Compiler
import Policies

extension Compilation {
    init(_ text: String, name: String = "policies/test.yaml", options: Options = Options()) {
        self.init([SourceFile(displayName: name, relativeName: String(name.split(separator: "/").last!), bytes: Array(text.utf8))], options: options)
    }

    var text: String { DiagnosticRenderer(files: files).render(report, as: .text) }
}
