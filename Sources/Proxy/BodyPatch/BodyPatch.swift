/// The patched body, from the client's bytes, the edits, the path, and the literal: the new value as JSON text
/// (a string's quotes included). It need not exist in one place: its pieces can be sent as they are.
package enum BodyPatch {
    /// Bytes of the patched body.
    package static func length(
        bodyCount: Int, edits: Span<BodyEdit>, path: borrowing MemberPath, literalCount: Int
    ) -> Int {
        var length = bodyCount
        for index in edits.indices {
            let edit = edits[index]
            length += path.opening(of: edit).count + literalCount + path.closing(of: edit).count
            length -= Int(edit.end - edit.start)
        }
        return length
    }

    /// Writes the patched body to the start of `destination`, which must hold `length` bytes.
    /// - Returns: the bytes written.
    package static func write(
        body: RawSpan, edits: Span<BodyEdit>, path: borrowing MemberPath, literal: RawSpan,
        into destination: UnsafeMutableRawBufferPointer
    ) -> Int {
        var written = 0
        var pieces = BodyPieces()
        while let piece = pieces.next(bodyCount: body.byteCount, edits: edits, path: path) {
            switch piece {
            case .body(let start, let end): unsafe copy(body.extracting(start..<end), to: destination, at: &written)
            case .path(let start, let end): unsafe copy(path.text.extracting(start..<end), to: destination, at: &written)
            case .literal: unsafe copy(literal, to: destination, at: &written)
            }
        }
        return written
    }

    private static func copy(_ bytes: RawSpan, to destination: UnsafeMutableRawBufferPointer, at written: inout Int) {
        precondition(bytes.byteCount <= destination.count - written, "the destination is shorter than the patched body")
        // Holds: source and destination are both checked to hold the count; they are different memory.
        unsafe bytes.withUnsafeBytes { source in
            guard let from = source.baseAddress, let to = destination.baseAddress else { return }
            unsafe (to + written).copyMemory(from: from, byteCount: source.count)
        }
        written += bytes.byteCount
    }
}

/// A run of bytes of the patched body. None is empty, but for a literal that is.
package enum BodyPiece: BitwiseCopyable, Equatable, Sendable {
    /// Bytes `[start, end)` of the client's body.
    case body(start: Int, end: Int)
    /// Bytes `[start, end)` of the path's `text`.
    case path(start: Int, end: Int)
    case literal
}

/// The pieces of a patched body from first to last; at most five for one edit. All calls of `next` must be given
/// the same edits and path.
package struct BodyPieces: BitwiseCopyable {
    /// Most pieces that one edit makes, the rest of the body included.
    package static let maxOfOneEdit = 5

    private enum Step: BitwiseCopyable { case body, opening, literal, closing }

    private var step = Step.body
    private var edit = 0
    /// Bytes of the client's body that earlier pieces cover.
    private var covered = 0

    package init() {}

    package mutating func next(bodyCount: Int, edits: Span<BodyEdit>, path: borrowing MemberPath) -> BodyPiece? {
        while edit < edits.count {
            let current = edits[edit]
            switch step {
            case .body:
                step = .opening
                let start = covered
                covered = Int(current.end)
                if start < Int(current.start) { return .body(start: start, end: Int(current.start)) }
            case .opening:
                step = .literal
                let text = path.opening(of: current)
                if !text.isEmpty { return .path(start: text.lowerBound, end: text.upperBound) }
            case .literal:
                step = .closing
                return .literal
            case .closing:
                step = .body
                edit += 1
                let text = path.closing(of: current)
                if !text.isEmpty { return .path(start: text.lowerBound, end: text.upperBound) }
            }
        }
        let start = covered
        covered = bodyCount
        return start < bodyCount ? .body(start: start, end: bodyCount) : nil
    }
}
