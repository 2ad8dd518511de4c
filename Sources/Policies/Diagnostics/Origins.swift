/// Where the text of a file that was made out of another one is written there.
package struct Origins: Sendable {
    private struct Mark: Sendable {
        let line: UInt32
        let column: UInt32
        let place: Place
    }

    /// In ascending order; each holds up to the next.
    private var marks: [Mark] = []

    package init() {}
    package var isEmpty: Bool { marks.isEmpty }

    /// From here on, up to the next mark. Marks come in ascending order; of two for one position the later holds.
    package mutating func add(_ line: UInt32, _ column: UInt32, _ place: Place) {
        if let last = marks.last, last.line == line, last.column == column { marks.removeLast() }
        marks.append(Mark(line: line, column: column, place: place))
    }

    /// nil: before the first mark.
    package func place(line: UInt32, column: UInt32) -> Place? {
        var low = 0, high = marks.count
        while low < high {
            let middle = (low + high) / 2
            if (marks[middle].line, marks[middle].column) <= (line, column) { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : marks[low - 1].place
    }
}
