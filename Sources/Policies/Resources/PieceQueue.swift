import Synchronization
import Threading

/// The pieces of all files, in the order of the input, for the threads that read them.
final class PieceQueue: Sendable {
    private let files: [SourceFile]
    private let options: ResourceReader.Options
    private let keepsAllWarnings: Bool
    private let cutting: Mutex<Cutting>
    private let results = Mutex(Results())

    /// Pieces are cut where they are taken: a thread reads the next part of the file while the others parse.
    private struct Cutting: ~Copyable {
        var file = 0
        var cutter: PieceCutter?
        /// Taken out, but not handed out yet.
        var waiting: Piece?
        var batches = 0
    }

    private struct Results {
        var parts: [Part] = []
        /// Files that must be read as a whole.
        var dependent: Set<UInt32> = []
        var unreadable: (file: Int, errno: Int32)?
    }

    /// What was found in a piece of a file, or in whole files that follow each other.
    private struct Part {
        let number: Int
        /// The first one.
        let file: UInt32
        let content: DocumentReader
    }

    init(_ files: [SourceFile], _ options: ResourceReader.Options, keepsAllWarnings: Bool) {
        (self.files, self.options, self.keepsAllWarnings) = (files, options, keepsAllWarnings)
        cutting = Mutex(Cutting())
        options.progress?.bytes.set(files.reduce(0) { $0 + $1.size })
    }

    var unreadable: (file: Int, errno: Int32)? { results.withLock { $0.unreadable } }

    /// Reads pieces until none is left.
    func readPieces() {
        let strings = StringCache()
        while let batch = next() {
            var reader = documentReader()
            var isDependent = false
            for piece in batch.pieces {
                isDependent = reader.read(YAMLParser(piece, strings: strings), file: piece.file, progress: options.progress) == .dependent
                options.progress?.bytesRead.add(piece.size)
            }
            let part = Part(number: batch.number, file: batch.pieces[0].file, content: reader)
            results.withLock { results in
                if isDependent { results.dependent.insert(part.file) }
                results.parts.append(part)
            }
        }
    }

    private func documentReader() -> DocumentReader {
        DocumentReader(defaultNamespace: options.defaultNamespace, keepsAllWarnings: keepsAllWarnings)
    }

    /// A piece of a file, or as many whole files as make up a piece's size.
    private func next() -> (number: Int, pieces: [Piece])? {
        cutting.withLock { cutting in
            var pieces: [Piece] = []
            var size = 0
            while size < options.pieceBytes, let piece = cutting.waiting ?? nextPiece(&cutting) {
                let isAlone = !piece.isWhole
                cutting.waiting = isAlone && !pieces.isEmpty ? piece : nil
                if cutting.waiting == nil { pieces.append(piece) }
                if isAlone { break }
                size += piece.size
            }
            cutting.batches += 1
            return pieces.isEmpty ? nil : (cutting.batches, pieces)
        }
    }

    private func nextPiece(_ cutting: inout Cutting) -> Piece? {
        while cutting.file < files.count {
            do throws(SourceStream.Failure) {
                if cutting.cutter == nil {
                    cutting.cutter = try PieceCutter(files[cutting.file], file: UInt32(cutting.file), pieceBytes: options.pieceBytes)
                }
                if let piece = try cutting.cutter?.next() { return piece }
            } catch {
                note(error, file: cutting.file)
            }
            cutting.cutter = nil
            cutting.file += 1
        }
        return nil
    }

    private func note(_ failure: SourceStream.Failure, file: Int) {
        results.withLock { results in
            if file < results.unreadable?.file ?? .max { results.unreadable = (file, failure.code) }
        }
    }

    // MARK: results

    /// Hands over what was found, in the order of the input, and forgets it.
    /// - Parameter prepare: gets to see all of it first.
    func takeResults(_ prepare: ([Resources]) -> Void, _ body: (DocumentReader) -> Void) {
        var (parts, dependent) = results.withLock { results in
            defer { results.parts = [] }
            return (results.parts, results.dependent)
        }
        prepare(parts.map(\.content.resources))
        parts.sort { $0.number > $1.number }
        while let part = parts.popLast() {
            guard dependent.contains(part.file) else { body(part.content); continue }
            while parts.last?.file == part.file { parts.removeLast() }
            body(readWhole(part.file))
        }
    }

    private func readWhole(_ file: UInt32) -> DocumentReader {
        var reader = documentReader()
        do throws(SourceStream.Failure) {
            _ = reader.read(YAMLParser(text: try files[Int(file)].text(), file: file, origins: files[Int(file)].origins), file: file, progress: nil)
        } catch {
            note(error, file: Int(file))
        }
        return reader
    }
}
