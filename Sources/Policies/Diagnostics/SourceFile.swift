import Glibc

/// One input file. What lies on a disk is read when it is needed and not kept: an input may be larger than everything
/// that is made of it.
package struct SourceFile: Sendable {
    /// As the user gave the PATH argument, joined with the rest: what diagnostics print.
    package let displayName: String
    /// Relative to the PATH argument (a file: its base name; standard input: `-`): what a table keeps.
    package let relativeName: String
    /// Of a text that was made out of another file: where it is written there. Every place in it is one of those.
    package let origins: Origins?
    let content: Content
    /// Bytes, as far as they are known before it is read.
    package let size: Int

    enum Content: Sendable {
        case held([UInt8])
        case onDisk(path: String)
    }

    package init(displayName: String, relativeName: String, bytes: [UInt8], origins: Origins? = nil) {
        self.origins = origins
        (self.displayName, self.relativeName, content, size) = (displayName, relativeName, .held(bytes), bytes.count)
    }

    /// - Parameter path: of a regular file.
    package init(displayName: String, relativeName: String, path: String, size: Int) {
        origins = nil
        (self.displayName, self.relativeName, content, self.size) = (displayName, relativeName, .onDisk(path: path), size)
    }

    /// The whole content, without a byte order mark.
    package func text() throws(SourceStream.Failure) -> [UInt8] {
        var stream = try SourceStream(self)
        return try stream.text(startingWith: [], upTo: .max)
    }

    /// The bytes of the line break at `i`, of YAML 1.1 (LF, CR, CRLF, NEL, LS, PS), which are the ones that the parser
    /// counts; 0: none is there.
    package static func lineBreakWidth(_ bytes: [UInt8], at i: Int) -> Int {
        switch bytes[i] {
        case 0x0A: 1
        case 0x0D: i + 1 < bytes.count && bytes[i + 1] == 0x0A ? 2 : 1
        case 0xC2: i + 1 < bytes.count && bytes[i + 1] == 0x85 ? 2 : 0
        case 0xE2: i + 2 < bytes.count && bytes[i + 1] == 0x80 && (bytes[i + 2] & 0xFE) == 0xA8 ? 3 : 0
        default: 0
        }
    }

    /// The line breaks in a part of a text that no break reaches out of.
    static func lineBreaks(_ part: ArraySlice<UInt8>) -> Int {
        // Nearly all text breaks its lines with LF alone: searching and counting single bytes is fast.
        let isPlain = unsafe part.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return true }
            // The C library looks at no byte beyond the count.
            return [0x0D, 0xC2, 0xE2].allSatisfy { unsafe memchr(start, $0, bytes.count) == nil }
        }
        if isPlain { return part.reduce(0) { $0 &+ ($1 == 0x0A ? 1 : 0) } }
        let text = Array(part)
        var (count, i) = (0, 0)
        while i < text.count {
            let width = lineBreakWidth(text, at: i)
            if width > 0 { count += 1 }
            i += max(width, 1)
        }
        return count
    }
}
