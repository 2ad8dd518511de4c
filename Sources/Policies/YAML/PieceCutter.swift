/// A part of a file that can be parsed by itself: it begins with the file or with a line `---`, and ends before such a
/// line or with the file.
package struct Piece: Sendable {
    package let file: UInt32
    /// The piece, and behind it the four bytes `---` and blank that begin the next one, if there is one: seeing them,
    /// the parser does at the end what it would do in the middle of the file.
    let text: [UInt8]
    /// Lines before it in the file.
    let firstLine: UInt32
    /// The line of the next piece, from 0; nil: the file ends here.
    let boundary: UInt32?
    /// Those of the file.
    let origins: Origins?

    /// The whole file.
    var isWhole: Bool { firstLine == 0 && boundary == nil }

    /// Bytes without those of the next piece.
    package var size: Int { boundary == nil ? text.count : text.count - PieceCutter.boundaryBytes }
}

/// Cuts a file into pieces.
///
/// A line that begins with `---` and a blank begins a document wherever it stands, or is an error where it stands: block
/// scalars are indented, in quotes and in flow collections it is refused, a plain scalar ends before it (YAML 1.1, 5.1
/// and 9.1; libyaml's scanner does the same in every context). So a parser that starts there is in the state of one that
/// comes from the document before; but for directives (`%TAG`), which stand before the line and belong to what follows:
/// there is no cut behind a document in which a line begins with `%`.
package struct PieceCutter: ~Copyable {
    static let boundaryBytes = 4

    private var stream: SourceStream
    private let file: UInt32
    private let pieceBytes: Int
    private let origins: Origins?
    private var carried: [UInt8] = []
    private var line: UInt32 = 0
    private var isDone = false

    /// - Parameter pieceBytes: a piece has about as many, or as many as its one document needs.
    package init(_ source: SourceFile, file: UInt32, pieceBytes: Int) throws(SourceStream.Failure) {
        stream = try SourceStream(source)
        (self.file, self.pieceBytes, origins) = (file, max(pieceBytes, Self.boundaryBytes + 1), source.origins)
    }

    /// - Returns: nil behind the last one.
    package mutating func next() throws(SourceStream.Failure) -> Piece? {
        guard !isDone else { return nil }
        var wanted = pieceBytes
        while true {
            var text = try stream.text(startingWith: carried, upTo: max(wanted, carried.count))
            carried = []
            guard text.count >= wanted else {
                isDone = true
                return Piece(file: file, text: text, firstLine: line, boundary: nil, origins: origins)
            }
            guard let cut = Self.lastCut(text) else {
                carried = text
                wanted *= 2
                continue
            }
            let first = line
            line += UInt32(clamping: SourceFile.lineBreaks(text[..<cut]))
            carried = Array(text[cut...])
            text.removeLast(text.count - cut - Self.boundaryBytes)
            return Piece(file: file, text: text, firstLine: first, boundary: line, origins: origins)
        }
    }

    /// The last place at which the text may be cut.
    private static func lastCut(_ text: [UInt8]) -> Int? {
        var end = text.count - boundaryBytes
        while let cut = lastBoundary(text, upTo: end) {
            let before = lastBoundary(text, upTo: cut - 1) ?? 0
            if !hasDirective(text, before..<cut) { return cut }
            end = cut - 1
        }
        return nil
    }

    /// The last line that begins a document, at `end` or before, but not at the start of the text.
    private static func lastBoundary(_ text: [UInt8], upTo end: Int) -> Int? {
        let dash = UInt8(ascii: "-")
        var i = end
        while i > 0 {
            if text[i] == dash, text[i - 1] == 0x0A, text[i + 1] == dash, text[i + 2] == dash,
               [0x20, 0x09, 0x0A, 0x0D].contains(text[i + 3]) { return i }
            i -= 1
        }
        return nil
    }

    /// Whether a line may begin with `%`. Any byte that can end a line break counts as one.
    private static func hasDirective(_ text: [UInt8], _ range: Range<Int>) -> Bool {
        range.contains { i in
            text[i] == UInt8(ascii: "%") && (i == 0 || text[i - 1] == 0x0A || text[i - 1] == 0x0D || text[i - 1] >= 0x80)
        }
    }
}
