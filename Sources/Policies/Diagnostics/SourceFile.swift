/// One input file, as it was read.
package struct SourceFile: Sendable {
    /// As the user gave the PATH argument, joined with the rest: what diagnostics print.
    package let displayName: String
    /// Relative to the PATH argument (a file: its base name; standard input: `-`): what a table keeps.
    package let relativeName: String
    package let bytes: [UInt8]
    /// Of a text that was made out of another file: where it is written there. Every place in it is one of those.
    package let origins: Origins?

    package init(displayName: String, relativeName: String, bytes: [UInt8], origins: Origins? = nil) {
        (self.displayName, self.relativeName, self.bytes, self.origins) = (displayName, relativeName, bytes, origins)
    }

    /// UTF-8's byte order mark at the start is no part of the first line.
    package var contentStart: Int { bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

    /// The byte offsets at which lines begin, with YAML 1.1's line breaks (LF, CR, CRLF, NEL, LS, PS), which are the
    /// ones that the parser counts.
    package func lineStarts() -> [Int] {
        var starts = [contentStart]
        var i = contentStart
        while i < bytes.count {
            let width = SourceFile.lineBreakWidth(bytes, at: i)
            i += width == 0 ? 1 : width
            if width > 0 { starts.append(i) }
        }
        return starts
    }

    /// The bytes of the line break at `i`; 0: none is there.
    package static func lineBreakWidth(_ bytes: [UInt8], at i: Int) -> Int {
        switch bytes[i] {
        case 0x0A: 1
        case 0x0D: i + 1 < bytes.count && bytes[i + 1] == 0x0A ? 2 : 1
        case 0xC2: i + 1 < bytes.count && bytes[i + 1] == 0x85 ? 2 : 0
        case 0xE2: i + 2 < bytes.count && bytes[i + 1] == 0x80 && (bytes[i + 2] & 0xFE) == 0xA8 ? 3 : 0
        default: 0
        }
    }
}
