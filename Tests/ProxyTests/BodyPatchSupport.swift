import Foundation
import Proxy
import TestSupport
import Testing

/// A scanner with its path, between guard pages. Beside it one with the steps of processors without AVX2: on such the two are
/// the same.
final class Patcher {
    enum Outcome: Equatable {
        case patched([UInt8])
        case refused(BodyFault, at: Int)

        var isRefused: Bool { if case .refused = self { true } else { false } }
    }

    private var scanner = BodyScanner()
    private var portable = BodyScanner(isPortable: true)
    private let path: MemberPath
    private let literal: [UInt8]
    private let memory: GuardedBytes

    init(_ path: [String] = ["model"], literal: String = "\"new\"", capacity: Int = 1 << 16) throws {
        self.path = try MemberPath(path.map { Array($0.utf8) })
        self.literal = Array(literal.utf8)
        memory = GuardedBytes(capacity: capacity)
    }

    /// Scans with the body against either guard page, patches, and compares the ways to write the result.
    func patch(_ body: [UInt8]) -> Outcome {
        let result = scan(body)
        switch result {
        case .refused(let refusal):
            #expect(Self.edits(of: scanner) == [])
            #expect(0...body.count ~= refusal.offset)
            return .refused(refusal.fault, at: refusal.offset)
        case .edits(let count):
            #expect(count >= 1 && count == Self.edits(of: scanner).count)
            return .patched(Self.write(body, scanner, path, memory, literal))
        }
    }

    func patch(_ body: String) -> Outcome { patch(Array(body.utf8)) }

    /// The refusal of a body, if it is refused.
    func refusal(_ body: [UInt8]) -> BodyRefusal? {
        if case .refused(let refusal) = scan(body) { refusal } else { nil }
    }

    private func scan(_ body: [UInt8]) -> BodyScanResult {
        let expected = Self.scan(body, &portable, path, memory, atStart: true)
        #expect(Self.scan(body, &portable, path, memory, atStart: false) == expected)
        #expect(Self.scan(body, &scanner, path, memory, atStart: true) == expected)
        let result = Self.scan(body, &scanner, path, memory, atStart: false)
        #expect(result == expected && Self.edits(of: scanner) == Self.edits(of: portable))
        return result
    }

    /// The first value that stood at the path.
    func firstValue(_ body: [UInt8]) -> BodyValue? {
        _ = patch(body)
        return Self.firstValue(body, scanner, memory)
    }

    /// Whether the body's first value is that string.
    func isFirstValue(of body: [UInt8], _ name: String) -> Bool {
        firstValue(body).map { Self.isValue($0, body, scanner, memory, name: Array(name.utf8)) } ?? false
    }

    // A class's properties cannot lend views: they are lent to these functions first.

    private static func scan(
        _ body: [UInt8], _ scanner: inout BodyScanner, _ path: borrowing MemberPath, _ memory: borrowing GuardedBytes, atStart: Bool
    ) -> BodyScanResult {
        scanner.scan(atStart ? memory.beginning(body) : memory.ending(body), path: path)
    }

    private static func edits(of scanner: borrowing BodyScanner) -> [BodyEdit] {
        let edits = scanner.lastEdits
        return edits.indices.map { edits[$0] }
    }

    private static func firstValue(_ body: [UInt8], _ scanner: borrowing BodyScanner, _ memory: borrowing GuardedBytes) -> BodyValue? {
        scanner.firstValue(in: memory.ending(body))
    }

    private static func isValue(
        _ value: BodyValue, _ body: [UInt8], _ scanner: borrowing BodyScanner, _ memory: borrowing GuardedBytes, name: [UInt8]
    ) -> Bool {
        // Holds: bytes have no padding.
        unsafe scanner.isValue(value, in: memory.ending(body), equalTo: name.span.bytes)
    }

    private static func write(
        _ body: [UInt8], _ scanner: borrowing BodyScanner, _ path: borrowing MemberPath, _ memory: borrowing GuardedBytes, _ literal: [UInt8]
    ) -> [UInt8] {
        let edits = scanner.lastEdits
        let source = memory.ending(body)
        let length = BodyPatch.length(bodyCount: body.count, edits: edits, path: path, literalCount: literal.count)
        // Written against a guard page too.
        let target = GuardedBytes(capacity: length)
        let written = unsafe BodyPatch.write(
            body: source, edits: edits, path: path, literal: literal.span.bytes, into: target.room(for: length))
        #expect(written == length)
        let patched = target.contents(length)
        var joined: [UInt8] = []
        var pieces = BodyPieces()
        var count = 0
        while let piece = pieces.next(bodyCount: body.count, edits: edits, path: path) {
            count += 1
            switch piece {
            case .body(let start, let end): joined += body[start..<end]
            case .path(let start, let end):
                joined += unsafe path.text.extracting(start..<end).withUnsafeBytes { unsafe Array($0) }
            case .literal: joined += literal
            }
        }
        #expect(joined == patched)
        let editCount = edits.count
        #expect(editCount > 1 || count <= BodyPieces.maxOfOneEdit)
        return patched
    }
}

/// The JSON data of public test suites.
enum BodyPatchCorpus {
    struct Record {
        var name: String
        var fields: [String: String]
        func bytes(_ field: String) -> [UInt8]? { fields[field].flatMap { Data(base64Encoded: $0) }.map(Array.init) }
    }

    static func records(_ file: String) throws -> [Record] {
        try Corpora.lines("json/" + file).map { line in
            let document = try #require(Jansson(line).document)
            return Record(name: document.string("name") ?? "?", fields: document.strings)
        }
    }
}

/// The seed of the random tests: ROUNDTABLE_SEED, else always the same one.
let bodyPatchSeed = ProcessInfo.processInfo.environment["ROUNDTABLE_SEED"].flatMap(UInt64.init) ?? 20_260_101

extension [UInt8] {
    /// For messages.
    var shown: String { String(decoding: self, as: UTF8.self).debugDescription }
}
