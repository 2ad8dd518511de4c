/// Gives lines of a source in ascending order, holding no more of it than a window.
final class LineReader {
    private static let windowBytes = 1 << 20
    private var stream: SourceStream
    private var window: [UInt8] = []
    private var isAtEnd = false
    /// Where the line `number`, from 1, begins in the window.
    private var (offset, number) = (0, 1)

    /// - Returns: nil: it cannot be read any more.
    init?(_ source: SourceFile) {
        guard let stream = try? SourceStream(source) else { return nil }
        self.stream = stream
    }

    func canReach(_ line: Int) -> Bool { line >= number }

    /// - Returns: without its line break; nil: there is none.
    func line(_ wanted: Int) -> ArraySlice<UInt8>? {
        while let end = endOfLine() {
            if number == wanted { return window[offset..<end.text] }
            (offset, number) = (end.line, number + 1)
        }
        return nil
    }

    /// Of the line at `offset`: where its text ends, and the line; nil: the source has ended.
    private func endOfLine() -> (text: Int, line: Int)? {
        var scanned = 0
        while true {
            // A break has up to three bytes: the last ones of the window are judged with what follows them.
            let end = isAtEnd ? window.count : window.count - 2
            while offset + scanned < end {
                let width = SourceFile.lineBreakWidth(window, at: offset + scanned)
                if width > 0 { return (offset + scanned, offset + scanned + width) }
                scanned += 1
            }
            if isAtEnd { return offset < window.count ? (window.count, window.count) : nil }
            guard refill() else { return nil }
        }
    }

    /// - Returns: false: it cannot be read any more.
    private func refill() -> Bool {
        let rest = Array(window[offset...])
        let wanted = rest.count + Self.windowBytes
        guard let more = try? stream.text(startingWith: rest, upTo: wanted) else { return false }
        (window, offset, isAtEnd) = (more, 0, more.count < wanted)
        return true
    }
}
