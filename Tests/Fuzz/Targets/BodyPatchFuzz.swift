import Proxy
import TestSupport

/// A JSON body: accepted where jansson accepts it, and patched as a naive patch does it.
struct BodyPatchFuzz: FuzzBody, ~Copyable {
    private let memory = GuardedBytes(capacity: 1 << 20)
    private let output = GuardedBytes(capacity: 1 << 22)
    private var scanner = BodyScanner()
    /// The steps of processors without AVX2.
    private var portable = BodyScanner(isPortable: true)
    // A path of one component, one of two, and one whose name needs escapes.
    private let model = try! MemberPath([Array("model".utf8)])
    private let nested = try! MemberPath([Array("a".utf8), Array("b".utf8)])
    private let escaped = try! MemberPath([Array("\"\\\n".utf8), Array("é".utf8), []])

    private static let literal = Array("\"new\"".utf8)

    mutating func run(_ input: [UInt8]) throws(Finding) {
        guard input.count <= 1 << 16 else { return }
        let isObject = try checkAcceptance(input)
        try Self.compare(input, &scanner, &portable, model, memory)
        try Self.patch(input, isObject, &scanner, model, ["model"], memory, output)
        try Self.patch(input, isObject, &scanner, nested, ["a", "b"], memory, output)
        try Self.patch(input, isObject, &scanner, escaped, ["\"\\\n", "é", ""], memory, output)
    }

    /// Whether the body is one JSON object, by jansson as well but for the differences that are known.
    private mutating func checkAcceptance(_ input: [UInt8]) throws(Finding) -> Bool {
        let jansson = Jansson(input)
        switch unsafe scanner.scan(UnsafeRawBufferPointer(memory.placed(input[...])).bytes, path: model) {
        case .edits(let count):
            try check(count >= 1, "accepted without anything to change")
            try check(jansson.document?.isObject ?? jansson.isKnownRefusal, "accepted, but not by jansson")
            return true
        case .refused(let refusal):
            try check(0...input.count ~= refusal.offset, "refused at byte \(refusal.offset) of \(input.count)")
            guard refusal.fault != .tooManyMembers, jansson.document?.isObject == true else { return false }
            // jansson passes a number that a NUL follows
            try check(refusal.offset < input.count && input[refusal.offset] == 0, "refused (\(refusal.fault) at \(refusal.offset)), but not by jansson")
            return false
        }
    }

    private static func compare(
        _ input: [UInt8], _ scanner: inout BodyScanner, _ portable: inout BodyScanner, _ path: borrowing MemberPath, _ memory: borrowing GuardedBytes
    ) throws(Finding) {
        for atStart in [true, false] {
            let body = atStart ? memory.beginning(input) : memory.ending(input)
            let (found, expected) = (scanner.scan(body, path: path), portable.scan(body, path: path))
            try check(found == expected, "\(found), without AVX2 \(expected)")
            for number in scanner.lastEdits.indices {
                let (edit, other) = (scanner.lastEdits[number], portable.lastEdits[number])
                try check(edit == other, "\(edit), without AVX2 \(other)")
            }
        }
    }

    private static func patch(
        _ input: [UInt8], _ isObject: Bool, _ scanner: inout BodyScanner, _ path: borrowing MemberPath, _ names: [String],
        _ memory: borrowing GuardedBytes, _ output: borrowing GuardedBytes
    ) throws(Finding) {
        switch scanner.scan(memory.ending(input), path: path) {
        case .refused(let refusal):
            guard isObject else { return }
            let isOfPath = refusal.fault == .tooManyMembers || refusal.fault == .pathNotObject
            try check(isOfPath, "refused (\(refusal.fault) at \(refusal.offset)) for this path alone")
            guard refusal.fault == .pathNotObject else { return }
            try check(NaivePatch(input, names, literal).output == nil, "a component is said not to be an object, but it is")
        case .edits(let count):
            try check(isObject, "accepted for this path alone")
            let patched = write(input, scanner, path, memory, output)
            try check(count == scanner.lastEdits.count, "\(count) edits announced, \(scanner.lastEdits.count) there")
            let naive = NaivePatch(input, names, literal).output
            try check(patched == naive, "patched: \(patched.shown), naively \(naive?.shown ?? "refused")")
        }
    }

    private static func write(
        _ input: [UInt8], _ scanner: borrowing BodyScanner, _ path: borrowing MemberPath, _ memory: borrowing GuardedBytes, _ output: borrowing GuardedBytes
    ) -> [UInt8] {
        let edits = scanner.lastEdits
        let length = BodyPatch.length(bodyCount: input.count, edits: edits, path: path, literalCount: literal.count)
        // The room is as large as `length` says, with a guard page behind it.
        let written = unsafe BodyPatch.write(
            body: memory.ending(input), edits: edits, path: path, literal: literal.span.raw, into: output.room(for: length))
        precondition(written == length)
        return output.contents(length)
    }
}
