import CYAML

/// Reads the documents of one file, or of a piece of one, with libyaml's event interface.
///
/// A fault ends its document; reading goes on at the next line that begins with `---`, so that one run finds the
/// faults of all documents. JSON is read by the same rules: it is a subset.
package struct YAMLParser {
    package enum Outcome: Sendable {
        case complete
        /// A document could not be read, with a diagnostic that says why.
        case faulty
        /// A piece is not to be read by itself: what is found depends on what stands before it.
        case dependent
    }

    private let text: [UInt8]
    private let file: UInt32
    private let firstLine: UInt32
    private let boundary: UInt32?
    private let isWhole: Bool
    private let strings: StringCache
    /// Of a text that was made out of another file.
    private let origins: Origins?

    /// - Parameters:
    ///   - source: held in memory; one on a disk that cannot be read any more reads as empty.
    ///   - strings: shared by the files of one input.
    package init(source: SourceFile, file: UInt32, strings: StringCache = StringCache()) {
        self.init(text: (try? source.text()) ?? [], file: file, origins: source.origins, strings: strings)
    }

    /// - Parameter text: of a whole file, without a byte order mark.
    package init(text: [UInt8], file: UInt32, origins: Origins? = nil, strings: StringCache = StringCache()) {
        (self.text, self.file, self.origins, self.strings) = (text, file, origins, strings)
        (firstLine, boundary, isWhole) = (0, nil, true)
    }

    package init(_ piece: Piece, strings: StringCache) {
        (text, file, origins, self.strings) = (piece.text, piece.file, piece.origins, strings)
        (firstLine, boundary, isWhole) = (piece.firstLine, piece.boundary, piece.isWhole)
    }

    /// Where a part of the text begins: byte, and line from 0.
    private typealias Start = (offset: Int, line: UInt32)

    /// What ended the reading of a part.
    private struct Failure {
        /// From 0.
        let line: UInt32
        /// Of the document in which it happened, from 0; nil: before the first one.
        let documentLine: UInt32?
        let isOfReader: Bool
    }

    /// Calls `body` for every document that is not empty.
    /// - Returns: false if a document could not be read, with a diagnostic that says why.
    package func read(_ diagnostics: inout Diagnostics, _ body: (Document, inout Diagnostics) -> Void) -> Bool {
        readPiece(&diagnostics, body) == .complete
    }

    /// The same of a piece.
    package func readPiece(_ diagnostics: inout Diagnostics, _ body: (Document, inout Diagnostics) -> Void) -> Outcome {
        var start: Start = (0, firstLine)
        var outcome = Outcome.complete
        while let failure = readSegment(from: start, &diagnostics, body) {
            outcome = .faulty
            // How far libyaml has decoded the bytes ahead, and so which fault it meets first, depends on where it began.
            if !isWhole, failure.isOfReader || !EventStream.isReadable(text) { return .dependent }
            guard let next = nextDocument(after: failure, from: start) else { return boundary == nil ? .faulty : .dependent }
            if let boundary, next.line >= boundary { return .faulty }
            start = next
        }
        return outcome
    }

    /// Reads documents until the end (nil) or a fault.
    private func readSegment(from start: Start, _ diagnostics: inout Diagnostics, _ body: (Document, inout Diagnostics) -> Void) -> Failure? {
        unsafe text.withUnsafeBufferPointer { bytes -> Failure? in
            // The stream reads from the buffer only inside this closure, and is destroyed before it ends.
            let rest = unsafe UnsafeBufferPointer(rebasing: bytes[start.offset...])
            var stream = unsafe EventStream(rest, file: file, firstLine: start.line, boundary: boundary)
            defer { stream.destroy() }
            var builder = TreeBuilder(file: file)
            do throws(TreeBuilder.Refusal) {
                while try stream.nextDocument(into: &builder, &diagnostics) {
                    if !isEmpty(builder.tree) { body(Document(relocated(builder.tree), strings: strings), &diagnostics) }
                }
                return nil
            } catch {
                diagnostics.report(error.code, error.message, at: error.place, help: error.help)
                return Failure(line: error.place.line - 1, documentLine: stream.documentLine, isOfReader: error.code == .encoding)
            }
        }
    }

    private func relocated(_ tree: NodeTree) -> NodeTree {
        guard let origins else { return tree }
        var copy = tree
        copy.relocate(to: origins)
        return copy
    }

    private func isEmpty(_ tree: NodeTree) -> Bool {
        guard let root = tree.nodes.first else { return true }
        return root.kind == .scalar && root.textCount == 0 && root.style == .plain
    }

    /// Where the next line that begins with `---` starts, the one of the fault included, unless that is where the
    /// faulty document itself begins.
    private func nextDocument(after failure: Failure, from start: Start) -> Start? {
        let begun = max(start.line, failure.documentLine ?? 0)
        var (offset, current) = start
        while offset < text.count {
            if current >= failure.line, current > begun, offset + 3 <= text.count, text[offset..<offset + 3].elementsEqual("---".utf8),
               offset + 3 == text.count || text[offset + 3] <= 0x20 { return (offset, current) }
            while offset < text.count {
                let width = SourceFile.lineBreakWidth(text, at: offset)
                offset += max(width, 1)
                if width > 0 { break }
            }
            current += 1
        }
        return nil
    }
}
