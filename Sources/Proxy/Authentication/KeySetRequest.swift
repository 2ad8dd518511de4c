import CFetch
import Glibc
import RoutingTable

/// Why a key set could not be fetched, for people.
struct FetchFault: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// One fetch of a key set, from connecting to the last byte of its body. It blocks, for at most
/// `Limits.keySetFetchSeconds` and the time of a look-up of the host's name.
@safe
struct KeySetRequest {
    let url: BackendURL
    /// With the query.
    private let target: String
    /// PEM, to verify the host with; nil: the system's.
    let trust: [UInt8]?

    /// - Returns: nil if `text` is no URL of http or https.
    init?(_ text: String, trust: [UInt8]?) {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let url = BackendURL(String(parts[0])), !text.utf8.contains(UInt8(ascii: "#")) else { return nil }
        let path = text.dropFirst(url.isTLS ? 8 : 7).drop { $0 != "/" && $0 != "?" }
        self.url = url
        target = path.hasPrefix("/") ? String(path) : "/\(path)"
        self.trust = trust
    }

    /// The body of a 200 answer.
    func body() throws(FetchFault) -> [UInt8] {
        var problem = [CChar](repeating: 0, count: Int(CF_PROBLEM_BYTES))
        let anchors = trust.map { $0.map { CChar(bitPattern: $0) } }
        let connection = unsafe cf_connect(
            url.host, url.port, url.isTLS ? 1 : 0, anchors, anchors?.count ?? 0, Limits.keySetFetchSeconds, &problem)
        guard let connection = unsafe connection else {
            throw FetchFault(String(decoding: problem.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        defer { unsafe cf_close(connection) }
        let request = Array("GET \(target) HTTP/1.1\r\nHost: \(url.hostHeader)\r\nAccept: application/json\r\nUser-Agent: roundtable\r\nConnection: close\r\n\r\n".utf8)
        let sent = unsafe cf_send(connection, request, request.count)
        guard sent == 0 else { throw FetchFault("cannot send: \(systemMessage(sent))") }
        var received: [UInt8] = []
        var head = ResponseHead()
        let headBytes = unsafe try receiveHead(connection, &received, &head)
        guard head.statusCode == 200 else { throw FetchFault("it answers with status \(head.statusCode)") }
        return unsafe try receiveBody(connection, Array(received.dropFirst(headBytes)), head.framing)
    }

    /// - Returns: its length; what was received behind it is in `received` too.
    private func receiveHead(_ connection: OpaquePointer, _ received: inout [UInt8], _ head: inout ResponseHead) throws(FetchFault) -> Int {
        var progress = HeadProgress()
        while true {
            guard unsafe try receive(connection, &received) else { throw FetchFault("the connection ended before the answer") }
            switch unsafe head.parse(received.span.bytes, requestMethod: .get, progress: &progress) {
            case .done(let bytes): return bytes
            case .bad(let fault): throw FetchFault("the answer is not HTTP: \(Bytes(fault.text).text)")
            case .needMore: break
            }
        }
    }

    private func receiveBody(_ connection: OpaquePointer, _ begun: [UInt8], _ framing: BodyFraming) throws(FetchFault) -> [UInt8] {
        var body = begun
        var chunks = ChunkDecoder()
        var decoded = 0 // of a chunked body: what is content already
        while true {
            switch framing {
            case .none: return []
            case .length(let length):
                guard length <= UInt64(Limits.keySetBytes) else { throw FetchFault("it is larger than \(Limits.keySetBytes) bytes") }
                if body.count >= Int(length) { return Array(body.prefix(Int(length))) }
            case .chunked:
                let step = unsafe body.withUnsafeMutableBytes { unsafe chunks.decode(UnsafeMutableRawBufferPointer(rebasing: $0[decoded...])) }
                body.removeSubrange((decoded + step.produced)..<(decoded + step.consumed))
                decoded += step.produced
                switch step.outcome {
                case .done: return Array(body.prefix(decoded))
                case .bad(let fault): throw FetchFault("the answer is not HTTP: \(Bytes(fault.text).text)")
                case .needMore: break
                }
            case .untilClose: break
            }
            // A chunk's framing may come on top.
            guard body.count <= Limits.keySetBytes else { throw FetchFault("it is larger than \(Limits.keySetBytes) bytes") }
            guard unsafe try receive(connection, &body) else {
                guard framing == .untilClose else { throw FetchFault("the connection ended inside the answer") }
                return body
            }
        }
    }

    /// - Returns: false at the end.
    private func receive(_ connection: OpaquePointer, _ into: inout [UInt8]) throws(FetchFault) -> Bool {
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        let count = unsafe cf_receive(connection, &piece, piece.count)
        guard count >= 0 else { throw FetchFault("cannot receive: \(systemMessage(Int32(count)))") }
        into += piece.prefix(count)
        return count > 0
    }
}
