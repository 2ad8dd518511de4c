import CYAML

/// Reads the documents of one file with libyaml's event interface.
///
/// A fault ends its document; reading goes on at the next line that begins with `---`, so that one run finds the
/// faults of all documents. JSON is read by the same rules: it is a subset.
package struct YAMLParser {
    private let source: SourceFile
    private let file: UInt32
    private let strings: StringCache

    /// - Parameter strings: shared by the files of one input.
    package init(source: SourceFile, file: UInt32, strings: StringCache = StringCache()) {
        (self.source, self.file, self.strings) = (source, file, strings)
    }

    /// Calls `body` for every document that is not empty.
    /// - Returns: false if a document could not be read, with a diagnostic that says why.
    package func read(_ diagnostics: inout Diagnostics, _ body: (Document, inout Diagnostics) -> Void) -> Bool {
        guard source.bytes.count <= Limits.fileBytes else {
            diagnostics.report(.tooLarge, "the file is larger than \(Limits.fileBytes) bytes", at: Place(file: file, line: 1, column: 1, length: 1))
            return false
        }
        var start = source.contentStart
        var line: UInt32 = 0
        var isComplete = true
        while let failure = readSegment(from: start, line: line, &diagnostics, body) {
            isComplete = false
            guard let next = nextDocument(after: failure, from: start, line: line) else { break }
            (start, line) = next
        }
        return isComplete
    }

    /// Reads documents until the end (nil) or a fault: its line, from 0.
    private func readSegment(from start: Int, line: UInt32, _ diagnostics: inout Diagnostics,
                             _ body: (Document, inout Diagnostics) -> Void) -> UInt32? {
        unsafe source.bytes.withUnsafeBufferPointer { bytes -> UInt32? in
            // The stream reads from the buffer only inside this closure, and is destroyed before it ends.
            let rest = unsafe UnsafeBufferPointer(rebasing: bytes[start...])
            var stream = unsafe EventStream(rest, file: file, firstLine: line)
            defer { stream.destroy() }
            var builder = TreeBuilder(file: file)
            do throws(TreeBuilder.Refusal) {
                while try stream.nextDocument(into: &builder, &diagnostics) {
                    if !isEmpty(builder.tree) { body(Document(relocated(builder.tree), strings: strings), &diagnostics) }
                }
                return nil
            } catch {
                diagnostics.report(error.code, error.message, at: error.place, help: error.help)
                return error.place.line - 1
            }
        }
    }

    private func relocated(_ tree: NodeTree) -> NodeTree {
        guard let origins = source.origins else { return tree }
        var copy = tree
        copy.relocate(to: origins)
        return copy
    }

    private func isEmpty(_ tree: NodeTree) -> Bool {
        guard let root = tree.nodes.first else { return true }
        return root.kind == .scalar && root.textCount == 0 && root.style == .plain
    }

    /// Where the next line that begins with `---` starts, the one of the fault included if it is not the first: byte
    /// and line.
    private func nextDocument(after failure: UInt32, from start: Int, line: UInt32) -> (Int, UInt32)? {
        let bytes = source.bytes
        var (offset, current) = (start, line)
        while offset < bytes.count {
            if current >= failure, current > line, offset + 3 <= bytes.count, bytes[offset..<offset + 3].elementsEqual("---".utf8),
               offset + 3 == bytes.count || bytes[offset + 3] <= 0x20 { return (offset, current) }
            while offset < bytes.count {
                let width = SourceFile.lineBreakWidth(bytes, at: offset)
                offset += max(width, 1)
                if width > 0 { break }
            }
            current += 1
        }
        return nil
    }
}
