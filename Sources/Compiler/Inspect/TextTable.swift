/// Rows of text in aligned columns, two blanks between them, nothing at the end of a line.
struct TextTable {
    enum Alignment { case left, right }

    private let alignments: [Alignment]
    private var rows: [[String]] = []

    init(_ alignments: [Alignment]) { self.alignments = alignments }

    init(header: [String], _ alignments: [Alignment]) {
        self.alignments = alignments
        add(header)
    }

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ row: [String]) {
        precondition(row.count == alignments.count)
        rows.append(row)
    }

    /// The lines, each behind `indent` blanks. Columns that are empty in every row but the first are left out.
    func lines(indent: Int, hasHeader: Bool = true) -> [String] {
        let content = hasHeader ? rows.dropFirst() : rows[...]
        let columns = alignments.indices.filter { column in content.contains { !$0[column].isEmpty } }
        let widths = columns.map { column in rows.map(\.[column].count).max() ?? 0 }
        return rows.map { row in
            var line = String(repeating: " ", count: indent)
            for (column, width) in zip(columns, widths) {
                let padding = String(repeating: " ", count: width - row[column].count)
                line += alignments[column] == .left ? row[column] + padding : padding + row[column]
                line += "  "
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
