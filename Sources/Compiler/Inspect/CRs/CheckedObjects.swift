import Policies
import RoutingTable

extension TableObjects {
    /// The custom resources of a table, compiled again and compared: what would route in another way is not handed out.
    package static func checkedYAML(of mapped: borrowing MappedTable) throws(Fault) -> String {
        let yaml = try TableObjects(mapped).yaml
        let compilation = Compilation([SourceFile(displayName: "crs.yaml", relativeName: "crs.yaml", bytes: Array(yaml.utf8))])
        guard let representation = compilation.representation else {
            let fault = compilation.report.diagnostics.first { $0.severity == .error }
            throw Fault(description: "they would not compile: \(fault?.message ?? "")")
        }
        let again: MappedTable
        do {
            again = try MappedTable(bytes: emitTable(representation))
        } catch {
            throw Fault(description: "they would make no table: \(error)")
        }
        if again.header.trafficDigest == mapped.header.trafficDigest { return yaml }
        let diff = TableDiff(TableReport(mapped), TableReport(again))
        guard diff.isEmpty else {
            var lines: [String] = []
            diff.text { lines.append($0) }
            throw Fault(description: "they would do something else:\n" + lines.joined(separator: "\n"))
        }
        return yaml
    }
}
