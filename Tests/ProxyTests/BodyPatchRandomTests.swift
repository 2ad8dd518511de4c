import Proxy
import TestSupport
import Testing

/// Writes random JSON twice at once: as a client may send it, and as it must look patched.
struct BodyGenerator {
    var random: SplitMix64
    let path: [String]
    let literal: String
    private(set) var original: [UInt8] = []
    private(set) var expected: [UInt8] = []

    init(random: SplitMix64, path: [String], literal: String) {
        self.random = random
        self.path = path
        self.literal = literal
    }

    mutating func body() {
        (original, expected) = ([], [])
        space()
        chainObject(0)
        space()
    }

    private mutating func emit(_ text: String) {
        original += text.utf8
        expected += text.utf8
    }

    private mutating func space() {
        while random.chance(25) { emit([" ", "\n", "\r", "\t"][random.below(4)]) }
    }

    /// The object that holds component `index` of the path, or lacks it.
    private mutating func chainObject(_ index: Int) {
        emit("{")
        let start = expected.count
        var isFound = false
        space()
        let count = random.below(5)
        for member in 0..<count {
            if member > 0 { separator(",") }
            let isOnPath = random.chance(35)
            name(isOnPath ? path[index] : ["x", "models", "mode", "é", "", "a\"b", "\u{1F600}"][random.below(7)])
            separator(":")
            guard isOnPath else { value(3); continue }
            isFound = true
            if index < path.count - 1 {
                chainObject(index + 1)
            } else {
                let before = expected
                value(2)
                expected = before + literal.utf8
            }
        }
        if !isFound {
            let inner = path[index...].map { "\"\($0)\":" }.joined(separator: "{")
            let text = inner + literal + String(repeating: "}", count: path.count - 1 - index) + (count > 0 ? "," : "")
            expected.insert(contentsOf: text.utf8, at: start)
        }
        if count > 0 { space() }
        emit("}")
    }

    private mutating func separator(_ text: String) {
        space()
        emit(text)
        space()
    }

    private mutating func name(_ text: String) { string(text) }

    /// The text with some of its characters escaped in one of the ways there are.
    private mutating func string(_ text: String) {
        emit("\"")
        for scalar in text.unicodeScalars {
            let mustEscape = scalar == "\"" || scalar == "\\" || scalar.value < 0x20
            guard mustEscape || random.chance(15) else { emit(String(scalar)); continue }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16, uppercase: random.chance(50))
                emit("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            }
        }
        emit("\"")
    }

    private mutating func value(_ depth: Int) {
        switch random.below(depth > 0 ? 8 : 6) {
        case 0: emit(["true", "false", "null"][random.below(3)])
        case 1: emit(["0", "-0", "12", "-3.25", "1e5", "1E-2", "9007199254740993", "0.1e+1"][random.below(8)])
        case 2: string(["", "user", "a\nb", "tab\t \"quoted\" \\ slash", "model"][random.below(5)])
        case 3: string(["人工智能是计算机科学的一个分支", "Съешь же ещё этих мягких булок", "a😀b🎉", "é"][random.below(4)])
        case 4: string(String(repeating: "The quick brown fox. ", count: random.below(8)))
        case 5: emit(["[]", "{}", "[ ]", "{\n}"][random.below(4)])
        case 6: list("[", "]") { $0.value(depth - 1) }
        default:
            list("{", "}") {
                $0.name($0.random.chance(30) ? $0.path[0] : "k\($0.random.below(10))")
                $0.separator(":")
                $0.value(depth - 1)
            }
        }
    }

    private mutating func list(_ open: String, _ close: String, _ element: (inout BodyGenerator) -> Void) {
        emit(open)
        space()
        for index in 0..<random.below(5) {
            if index > 0 { separator(",") }
            element(&self)
        }
        space()
        emit(close)
    }
}

@Suite("Body patch: random bodies, jansson as referee")
struct BodyPatchRandomTests {
    /// Both accept or both refuse, but for the differences that are known; what is accepted differs in `model` only.
    private func compare(_ body: [UInt8], _ patcher: Patcher, _ comment: @autoclosure () -> Comment) {
        let jansson = Jansson(body)
        switch patcher.patch(body) {
        case .refused(let fault, let offset):
            if let document = jansson.document, document.isObject {
                // jansson passes a number that a NUL follows.
                #expect(offset < body.count && body[offset] == 0, "\(comment()): refused (\(fault) at \(offset)): \(body.shown)")
            }
        case .patched(let patched):
            guard let document = jansson.document else {
                #expect(jansson.isKnownRefusal, "\(comment()): accepted \(body.shown)")
                return
            }
            document.set("model", to: "new")
            let after = Jansson(patched).document
            #expect(after.map(document.equals) == true, "\(comment()): \(body.shown) became \(patched.shown)")
        }
    }

    @Test("generated bodies become exactly what was generated with them", arguments: [["model"], ["a", "b"], ["m", "m", "m"]])
    func generated(path: [String]) throws {
        let patcher = try Patcher(path)
        var generator = BodyGenerator(random: SplitMix64(state: bodyPatchSeed), path: path, literal: "\"new\"")
        for round in 0..<4_000 {
            generator.body()
            let outcome = patcher.patch(generator.original)
            #expect(outcome == .patched(generator.expected), "seed \(bodyPatchSeed) round \(round): \(generator.original.shown)")
            #expect(Jansson(generator.original).document != nil && Jansson(generator.expected).document != nil)
        }
    }

    @Test("mutated bodies")
    func mutated() throws {
        let patcher = try Patcher()
        var generator = BodyGenerator(random: SplitMix64(state: bodyPatchSeed), path: ["model"], literal: "\"new\"")
        var random = SplitMix64(state: bodyPatchSeed &+ 1)
        let fragments = ["\"", "\\", "{", "}", "[", "]", ",", ":", "0", "1e", ".", "-", "\\u00", "\\ud800", "\u{0}", "\u{1F}", "é", "\u{FEFF}", "null", " "].map { Array($0.utf8) }
        for round in 0..<12_000 {
            generator.body()
            var body = generator.original
            for _ in 0...random.below(2) {
                let at = random.below(body.count)
                switch random.below(5) {
                case 0: body[at] = UInt8(random.below(256))
                case 1: body[at] ^= 1 << UInt8(random.below(8))
                case 2: body.remove(at: at)
                case 3: body.insert(contentsOf: fragments[random.below(fragments.count)], at: at)
                default: body.swapAt(at, random.below(body.count))
                }
                if body.isEmpty { break }
            }
            compare(body, patcher, "seed \(bodyPatchSeed) round \(round)")
        }
    }

    static let samples = [
        #"{"model":"gpt-4o","messages":[{"role":"user","content":"Hi \"you\"\n\u00e9 人工 😀"}],"n":-1.5e+3,"b":[true,false,null,{}]}"#,
        "{ \"a\" : { \"mod\\u0065l\" : [ 0 , 10 , 0.5 ] } ,\n\t\"mod\\u0065l\" : { } , \"model\":\"\" }",
    ]

    @Test("every truncation is refused", arguments: samples)
    func truncated(sample: String) throws {
        let patcher = try Patcher()
        let body = Array(sample.utf8)
        #expect(!patcher.patch(body).isRefused)
        for count in 0..<body.count { #expect(patcher.patch(Array(body.prefix(count))).isRefused, "\(count) bytes") }
    }

    @Test("every byte with every value", arguments: samples)
    func everyByte(sample: String) throws {
        let patcher = try Patcher()
        for at in sample.utf8.indices {
            var body = Array(sample.utf8)
            let index = sample.utf8.distance(from: sample.utf8.startIndex, to: at)
            for value in 0...UInt8.max {
                body[index] = value
                compare(body, patcher, "byte \(index) is \(value)")
            }
        }
    }

    @Test("every byte inserted and every byte removed", arguments: samples)
    func everyEdit(sample: String) throws {
        let patcher = try Patcher()
        let bytes = Array(sample.utf8)
        for index in bytes.indices {
            var body = bytes
            body.remove(at: index)
            compare(body, patcher, "without byte \(index)")
            for value in Array("\"\\{}[],:0-.eEtn \u{0}\u{1}".utf8) + [0x80, 0xC3, 0xE4, 0xF0, 0xFF] {
                body = bytes
                body.insert(value, at: index)
                compare(body, patcher, "\(value) before byte \(index)")
            }
        }
    }
}
