/// Where something is written: a file by its number in the compilation, line and column from 1 (columns count
/// characters), and how many characters of the line to underline.
package struct Place: Hashable, Sendable, Comparable {
    package var file: UInt32
    package var line: UInt32
    package var column: UInt32
    package var length: UInt32

    package init(file: UInt32, line: UInt32, column: UInt32, length: UInt32) {
        (self.file, self.line, self.column, self.length) = (file, line, column, length)
    }

    package static func < (a: Place, b: Place) -> Bool {
        (a.file, a.line, a.column) < (b.file, b.line, b.column)
    }
}

/// A value and where it is written.
package struct Located<Value> {
    package var value: Value
    package var place: Place
    package init(_ value: Value, _ place: Place) { (self.value, self.place) = (value, place) }
}

extension Located: Sendable where Value: Sendable {}
extension Located: Equatable where Value: Equatable {}
