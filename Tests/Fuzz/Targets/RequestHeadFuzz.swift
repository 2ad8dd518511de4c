import Proxy
import TestSupport

/// A client's stream: the same however it is cut, and what is accepted has no doubt about its framing.
struct RequestHeadFuzz: FuzzBody, ~Copyable {
    private let memory = GuardedBytes(capacity: 1 << 20)
    private var head = RequestHead()

    /// Another connection's head, parsed with the same storage between two pieces.
    private static let interloper = Array("GET /other HTTP/1.0\r\nA: b\r\nTransfer-Encodin: x\r\n\r\n".utf8)

    mutating func run(_ input: [UInt8]) throws(Finding) {
        try checkHead(input)
        let whole = RequestStream.drive(input, arriving: [input.count])
        let cuts = Cuts(input)
        let halves = RequestStream.drive(input, arriving: [cuts.place, input.count])
        try check(halves == whole, "cut at \(cuts.place): \(halves), whole: \(whole)")
        guard !input.isEmpty, cuts.isByteByByte else { return }
        let single = RequestStream.drive(input, arriving: Array(1...input.count), interloper: Self.interloper)
        try check(single == whole, "byte by byte: \(single), whole: \(whole)")
    }

    private mutating func checkHead(_ input: [UInt8]) throws(Finding) {
        guard input.count <= 1 << 20 else { return }
        var progress = HeadProgress()
        guard case .done(let count) = unsafe head.parse(UnsafeRawBufferPointer(memory.placed(input[...])).bytes, progress: &progress) else { return }
        try check(!head.isChunked || head.contentLength == nil, "both Transfer-Encoding and Content-Length are accepted")
        try NaiveHead.check(input, count)
        let names = (0..<head.fields.count).map { head.fields[$0].name.indices }
        let values = (0..<head.fields.count).map { head.fields[$0].value.indices }
        try check(NaiveHead.fields(input, count).elementsEqual(zip(names, values), by: ==), "other fields than the lines have")
        try check(head.minorVersion == 0 || NaiveHead.count("host", input, names) == 1, "accepted without exactly one Host")
        try check(NaiveHead.count("content-length", input, names) <= 1, "two Content-Length are accepted")
    }
}
