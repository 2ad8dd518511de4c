import Proxy

/// What became of a client's stream.
package struct RequestStreamResult: Equatable {
    /// Method and target of the requests that arrived whole, bodies included.
    package var requests: [String] = []
    package var bodies: [[UInt8]] = []
    package var fault: HTTPFault?
    /// A whole request said that none follows it.
    package var isClosed = false
    /// Nothing of a further request has arrived.
    package var isAtBoundary = true
}

/// Reads requests off a stream as a gateway does, message by message, from bytes that arrive in pieces.
package struct RequestStream: ~Copyable {
    private enum Phase { case head, length(UInt64), chunked(ChunkDecoder), over }

    private let bytes: [UInt8]
    private var head = RequestHead()
    private var progress = HeadProgress()
    private var phase = Phase.head
    private var start = 0
    private var end = 0
    private var current = ""
    private var body: [UInt8] = []
    private var persists = true
    package private(set) var result = RequestStreamResult()
    /// Another connection's head, parsed with the same storage between two pieces of this one.
    private let interloper: [UInt8]? 

    package init(_ bytes: [UInt8], interloper: [UInt8]? = nil) {
        self.bytes = bytes
        self.interloper = interloper
    }

    /// The outcome when the bytes arrive in pieces that end at these offsets.
    package static func drive(_ bytes: [UInt8], arriving ends: [Int], interloper: [UInt8]? = nil) -> RequestStreamResult {
        var stream = RequestStream(bytes, interloper: interloper)
        for end in ends { stream.receive(upTo: end) }
        stream.finish()
        return stream.result
    }

    private mutating func receive(upTo newEnd: Int) {
        end = newEnd
        if let interloper {
            var progress = HeadProgress()
            _ = head.parse(interloper.span.raw, progress: &progress)
        }
        while step() {}
    }

    private mutating func finish() {
        if case .head = phase {
            result.isAtBoundary = bytes[start...].allSatisfy { $0 == 13 || $0 == 10 }
        } else if case .over = phase {
        } else {
            result.isAtBoundary = false
        }
    }

    /// One part of a message; false: nothing more to do with what is there.
    private mutating func step() -> Bool {
        switch phase {
        case .head: return stepHead()
        case .length(let left):
            let count = min(Int(left), end - start)
            body += bytes[start..<start + count]
            start += count
            if left > UInt64(count) {
                phase = .length(left - UInt64(count))
                return false
            }
            endMessage()
            return true
        case .chunked(var decoder):
            var piece = Array(bytes[start..<end])
            let step = unsafe piece.withUnsafeMutableBytes { unsafe decoder.decode($0) }
            body += piece[..<step.produced]
            start += step.consumed
            phase = .chunked(decoder)
            switch step.outcome {
            case .needMore: return false
            case .done: endMessage()
            case .bad(let fault): refuse(fault)
            }
            return true
        case .over: return false
        }
    }

    private mutating func stepHead() -> Bool {
        guard start < end else { return false }
        let bytes = self.bytes
        switch head.parse(bytes.span.extracting(start..<end).raw, progress: &progress) {
        case .needMore: return false
        case .bad(let fault):
            refuse(fault)
            return false
        case .done(let count):
            let name = bytes[start..<end][(start + head.methodName.lowerBound)..<(start + head.methodName.upperBound)]
            let target = bytes[(start + head.target.lowerBound)..<(start + head.target.upperBound)]
            current = String(decoding: name, as: UTF8.self) + " " + String(decoding: target, as: UTF8.self)
            progress = HeadProgress()
            start += count
            persists = head.keepAlive
            phase = head.isChunked ? .chunked(ChunkDecoder()) : .length(head.contentLength ?? 0)
            return true
        }
    }

    private mutating func refuse(_ fault: HTTPFault) {
        result.fault = fault
        phase = .over
    }

    private mutating func endMessage() {
        result.requests.append(current)
        result.bodies.append(body)
        body = []
        result.isClosed = !persists
        phase = persists ? .head : .over
    }
}

/// What became of a backend's answer, whose stream ends with its bytes.
package enum ResponseStreamResult: Equatable {
    case whole(status: UInt16, body: [UInt8], interim: Int)
    /// Nothing could be passed on: 502.
    case refused(HTTPFault?)
    /// The head was good, the body broken or cut short.
    case aborted(status: UInt16)
}

/// Reads one answer off a stream, interim ones before it included.
package func driveResponse(_ bytes: [UInt8], method: HTTPMethod, arriving ends: [Int]) -> ResponseStreamResult {
    var head = ResponseHead()
    var progress = HeadProgress()
    var start = 0
    var interim = 0
    var isWhole = false
    for end in ends where !isWhole {
        while start < end {
            let outcome = head.parse(bytes.span.extracting(start..<end).raw, requestMethod: method, progress: &progress)
            if case .bad(let fault) = outcome { return .refused(fault) }
            guard case .done(let count) = outcome else { break }
            progress = HeadProgress()
            start += count
            if head.statusCode == 101 { return .refused(nil) }
            isWhole = head.statusCode >= 200
            if isWhole { break }
            interim += 1
        }
    }
    guard isWhole else { return .refused(nil) }
    var rest = Array(bytes[start...])
    switch head.framing {
    case .none: return .whole(status: head.statusCode, body: [], interim: interim)
    case .untilClose: return .whole(status: head.statusCode, body: rest, interim: interim)
    case .length(let length):
        guard UInt64(rest.count) >= length else { return .aborted(status: head.statusCode) }
        return .whole(status: head.statusCode, body: Array(rest[..<Int(length)]), interim: interim)
    case .chunked:
        var decoder = ChunkDecoder()
        let step = unsafe rest.withUnsafeMutableBytes { unsafe decoder.decode($0) }
        guard step.outcome == .done else { return .aborted(status: head.statusCode) }
        return .whole(status: head.statusCode, body: Array(rest[..<step.produced]), interim: interim)
    }
}
