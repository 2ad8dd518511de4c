/// What reads bytes of others. Each takes any input, and says what it found wrong with its own answer.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// Policies to diagnostics, and where they compile to a table that opens and says the same.
    case yaml
    /// The same for an apk-conf.
    case apkConf = "apk-conf"
    /// The intermediate representation's reader, and the table that is made of what it accepts.
    case irJSON = "ir-json"
    /// The table's reader, with and without a digest that fits, and everything that reads a table.
    case table
    /// First line: a pattern. The rest: a text. All forms of the automaton, and a naive matcher.
    case regex
    /// A client's stream, whole and in pieces.
    case requestHead = "request-head"
    /// A backend's stream, whole and in pieces.
    case responseHead = "response-head"
    /// The chunked coding, whole and in pieces, and a naive decoder.
    case chunks
    /// A JSON body, jansson and a naive patch.
    case bodyPatch = "body-patch"
    /// An answer's token counts, whole and in pieces.
    case usage
    /// A caller's token, and the key sets that tokens are verified with.
    case jwt

    /// - Returns: what runs one input; it may keep memory from one to the next.
    package func makeBody() -> FuzzRun {
        switch self {
        case .yaml: boxed(PolicyFuzz(fileName: "fuzz.yaml"))
        case .apkConf: boxed(PolicyFuzz(fileName: "fuzz.apk-conf"))
        case .irJSON: boxed(RepresentationFuzz())
        case .table: boxed(TableFuzz())
        case .regex: boxed(RegexFuzz())
        case .requestHead: boxed(RequestHeadFuzz())
        case .responseHead: boxed(ResponseHeadFuzz())
        case .chunks: boxed(ChunkFuzz())
        case .bodyPatch: boxed(BodyPatchFuzz())
        case .usage: boxed(UsageFuzz())
        case .jwt: boxed(TokenFuzz())
        }
    }
}

/// Runs one input. A trap, an access out of bounds, and a time or memory out of proportion are found by who calls it.
package typealias FuzzRun = (_ input: [UInt8]) throws(Finding) -> Void

/// A wrong answer.
package struct Finding: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

func check(_ holds: Bool, _ message: @autoclosure () -> String) throws(Finding) {
    if !holds { throw Finding(message()) }
}

extension [UInt8] {
    /// For messages.
    var shown: String { String(decoding: self, as: UTF8.self).debugDescription }
}

// MARK: - Memory kept between inputs

protocol FuzzBody: ~Copyable {
    mutating func run(_ input: [UInt8]) throws(Finding)
}

private final class Box<Body: FuzzBody & ~Copyable> {
    var body: Body
    init(_ body: consuming Body) { self.body = body }
}

private func boxed<Body: FuzzBody & ~Copyable>(_ body: consuming Body) -> FuzzRun {
    let box = Box(body)
    return { input throws(Finding) in try box.body.run(input) }
}

/// How a stream is cut: differently from input to input, but the same way each time.
struct Cuts {
    /// In two.
    let place: Int
    /// Behind every byte: of one input in eight, and of the short ones, for it takes a hundred times as long.
    let isByteByByte: Bool

    init(_ input: [UInt8]) {
        let hash = input.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } // FNV-1a
        place = Int(hash % UInt64(input.count + 1))
        isByteByByte = input.count <= 300 && (input.count <= 32 || hash >> 32 & 7 == 0)
    }
}
