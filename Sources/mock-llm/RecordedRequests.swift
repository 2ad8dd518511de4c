import NIOCore
import NIOHTTP1

/// `GET /requests` and `DELETE /requests`.
struct RecordedRequests {
    let log: RequestLog

    /// One title line, the request's bytes as they are, one line feed.
    func text() -> Answer {
        var body: [UInt8] = []
        for record in log.records {
            let faults = (record.isComplete ? "" : ", incomplete") + (record.length > record.bytes.readableBytes ? ", cut to \(record.bytes.readableBytes)" : "")
            body += Array("=== request \(record.number), connection \(record.connection), \(record.length) bytes\(faults)\n".utf8)
            body += record.bytes.readableBytesView
            body += Array("\n".utf8)
        }
        return Answer(status: .ok, headers: ["Content-Type": "text/plain; charset=utf-8"], body: .whole(body))
    }

    func json() -> Answer {
        .json([
            "requests": .array(
                log.records.map {
                    [
                        "number": .integer($0.number), "connection": .integer($0.connection), "length": .integer($0.length),
                        "complete": .bool($0.isComplete), "base64": .string(Base64.encode(Array($0.bytes.readableBytesView))),
                    ]
                })
        ])
    }

    func clear() -> Answer {
        log.clear()
        return Answer(status: .noContent, headers: [:], body: .whole([]))
    }
}
