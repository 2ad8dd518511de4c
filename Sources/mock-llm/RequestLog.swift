import NIOCore
import Synchronization

/// The last requests as they were received, for `GET /requests`.
final class RequestLog: Sendable {
    struct Record {
        var number = 0
        let connection: Int
        let bytes: ByteBuffer
        /// Bytes received; more than `bytes` holds where the request alone passed the limit.
        let length: Int
        /// False: the connection ended, or the request was refused, before its end.
        let isComplete: Bool
    }

    private struct State {
        var records: [Record] = []
        var bytes = 0
        var count = 0
        var connections = 0
    }

    private let state = Mutex(State())

    func nextConnection() -> Int {
        state.withLock { state in
            state.connections += 1
            return state.connections
        }
    }

    func add(_ record: Record) {
        state.withLock { state in
            state.count += 1
            state.records.append(record)
            state.records[state.records.count - 1].number = state.count
            state.bytes += record.bytes.readableBytes
            var surplus = 0
            while state.records.count - surplus > Limits.recordedRequests || state.bytes > Limits.recordedBytes {
                state.bytes -= state.records[surplus].bytes.readableBytes
                surplus += 1
            }
            state.records.removeFirst(surplus)
        }
    }

    var records: [Record] { state.withLock(\.records) }

    func clear() {
        state.withLock { state in
            state.records = []
            state.bytes = 0
        }
    }
}
